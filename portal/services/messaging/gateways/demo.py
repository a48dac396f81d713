"""Adapter of the demo gateway, which shows messages like a phone."""

import requests

from portal.services.messaging.gateways import OutgoingMessage

TIMEOUT = (3.05, 6.0)


class DemoGateway:
    """HTTP client of portal.services.messaging.demo_gateway."""

    def __init__(self, url: str):
        self.url = url

    def send(self, messages: list[OutgoingMessage]) -> bool:
        """Post messages; True if the gateway took them all."""
        body = {"messages": [outgoing.as_json() for outgoing in messages]}
        try:
            answer = requests.post(f"{self.url}/messages", json=body, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return False
        return answer.status_code == 202
