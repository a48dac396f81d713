"""HTTP client of the fake gateway's own interface, which shows messages like a phone. It takes an id once, so that a
repeated call sends nothing twice."""

from collections.abc import Sequence

import requests

from portal.services.messaging.gateways.protocol import OutgoingMessage

TIMEOUT = (3.05, 6.0)  # Seconds to connect, and to wait for the answer.
FIELDS = ("id", "to", "text", "subject", "one_click")


class DemoGateway:
    """The gateway of development and of sandbox mode."""

    def __init__(self, url: str):
        self.url = url

    def send(self, messages: Sequence[OutgoingMessage]) -> bool:
        """Post messages; True if the gateway took them all."""
        body = {"messages": [{name: value for name in FIELDS if (value := getattr(each, name))} for each in messages]}
        try:
            answer = requests.post(f"{self.url}/messages", json=body, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return False
        return answer.status_code == 202
