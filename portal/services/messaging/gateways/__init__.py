"""Adapters of message gateways, one method each: `send(messages)` says whether the gateway took them.

A gateway takes an id once, so that a repeated call sends nothing twice.
"""

from dataclasses import asdict, dataclass


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
