"""Gateways: who really sends. Each has an adapter of one method, `send`, that takes parcels and says whether they are
taken; an id is taken once, so that whatever is sent again arrives once."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class OutgoingMessage:
    """One message as a gateway gets it. `to` is canonical and in clear; a mail has a subject, and where a person can
    refuse by one click (RFC 8058)."""

    id: int
    to: str
    text: str
    subject: str = ""
    one_click: str = ""

    def spelled(self) -> dict[str, int | str]:
        """Its facts by name, without those that it has not."""
        return {name: value for name, value in asdict(self).items() if value}
