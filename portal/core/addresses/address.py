"""An address in canonical form, and the channels that it can serve."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

GMAIL = ("gmail.com", "googlemail.com")  # Two names of one house, where dots say nothing.

if TYPE_CHECKING:
    from portal.core.iys_protocol.enums import Channel


class AddressKind(StrEnum):
    """What an address is."""

    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Address:
    """One address: an E.164 number of at most 15 characters, or an e-mail of 6 to 265 in lower-case ASCII."""

    kind: AddressKind
    text: str = field(repr=False)  # A repr ends in logs.
    is_mobile: bool = False

    @property
    def reaches(self) -> str:
        """Where its messages end up: a telephone, or a mailbox. What follows a plus sign falls into the same box."""
        if self.kind != AddressKind.EMAIL:
            return self.text
        local, _, domain = self.text.rpartition("@")
        box = local.partition("+")[0] or local
        return f"{box.replace('.', '')}@{GMAIL[0]}" if domain in GMAIL else f"{box}@{domain}"

    @property
    def takes_messages(self) -> bool:
        """Whether an SMS or a mail can be sent there; a landline takes none."""
        from portal.core.iys_protocol.enums import Channel  # As below.

        return not {Channel.SMS, Channel.EMAIL}.isdisjoint(self.channels)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What may be asked for at this address: a Turkish landline gets no SMS; of numbers abroad we cannot tell."""
        from portal.core.iys_protocol.enums import (
            Channel,  # Not above: the registry checks addresses, so it imports us.
        )

        if self.kind == AddressKind.EMAIL:
            return (Channel.EMAIL,)
        if self.text.startswith("+90") and not self.is_mobile:
            return (Channel.CALL,)
        return (Channel.SMS, Channel.CALL)
