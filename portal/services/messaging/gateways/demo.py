"""HTTP client of the fake gateway's own interface, which shows messages like a phone. It takes an id once, so that a
repeated call sends nothing twice."""

from typing import Any

import requests

from portal.services.messaging.gateways.protocol import (
    Batch,
    Capabilities,
    ErrorClass,
    Gateway,
    Reason,
    SendError,
    SendResult,
)

TIMEOUT = (3.05, 6.0)  # Seconds to connect, and to wait for the answer.
FIELDS = ("id", "to", "text", "subject", "one_click")
FAILED = SendError(ErrorClass.TEMPORARY, Reason.UNREACHABLE)


class DemoGateway(Gateway):
    """The gateway of development and of sandbox mode. It reports nothing."""

    capabilities = Capabilities(most_messages=1000, may_repeat=True)

    def __init__(self, url: str):
        self.url = url

    def check(self) -> SendError | None:
        return None

    def send(self, batch: Batch) -> list[SendResult]:
        messages = batch.messages
        shown = [{name: value for name in FIELDS if (value := getattr(each, name))} for each in messages]
        try:
            error = None if post_messages(self.url, shown) == 202 else FAILED
        except requests.RequestException:
            error = FAILED
        return [SendResult(each.id, error=error) for each in messages]


def post_messages(url: str, messages: list[dict[str, Any]]) -> int:
    """Show messages; the HTTP status. Raises requests.RequestException."""
    answer = requests.post(f"{url}/messages", json={"messages": messages}, timeout=TIMEOUT, allow_redirects=False)
    return answer.status_code
