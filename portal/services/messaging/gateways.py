"""Adapters of message gateways, one method each: `send(messages)` says whether the gateway took them.

A gateway takes an id once, so that a repeated call sends nothing twice.
"""

from dataclasses import asdict, dataclass

import requests

TIMEOUT = (3.05, 6.0)  # Seconds to connect, and to wait for the answer.


@dataclass(frozen=True)
class OutgoingMessage:
    """One message for a gateway. `to` is canonical and in clear; a mail has a subject and the URL of one-click
    unsubscribe (RFC 8058)."""

    id: int
    to: str
    text: str
    subject: str = ""
    one_click: str = ""

    def as_json(self) -> dict[str, int | str]:
        """Its fields without the empty ones."""
        return {name: value for name, value in asdict(self).items() if value}


class DemoGateway:
    """HTTP client of demo_gateway.py, which shows messages like a phone."""

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
