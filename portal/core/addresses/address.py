"""A canonical address and the channels on which it can be reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

import phonenumbers

from portal.core.addresses import mail_services
from portal.core.addresses.mail_services import MailService

CODES_OF_NO_COUNTRY = tuple(  # +870, +881, +882, +883, +979 …
    f"+{code}" for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() if regions == ("001",)
)

if TYPE_CHECKING:
    from portal.core.iys_protocol.enums import Channel


class AddressKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Address:
    """One address: an E.164 number of at most 15 characters, or an e-mail of 6 to 265 in lower-case ASCII."""

    kind: AddressKind
    text: str = field(repr=False)  # A repr may end in logs.
    is_mobile: bool = False

    @property
    def reaches(self) -> str:
        """The phone or mailbox where its messages arrive: aliases after a plus sign share one mailbox."""
        return find_mailbox(self.text)

    @property
    def mail_service(self) -> MailService | None:
        """Whose mailbox it is; None of a phone."""
        domain = self.text.rpartition("@")[2]
        return mail_services.mail_service(domain) if self.kind == AddressKind.EMAIL else None

    @property
    def takes_messages(self) -> bool:
        """Whether an SMS or a mail is sent there: not to a landline, nor to a satellite or another number of no
        country, where it costs many times as much."""
        from portal.core.iys_protocol.enums import MESSAGE_CHANNELS  # See channels.

        if self.is_abroad and self.text.startswith(CODES_OF_NO_COUNTRY):
            return False
        return not set(MESSAGE_CHANNELS).isdisjoint(self.channels)

    @property
    def is_abroad(self) -> bool:
        return self.kind == AddressKind.PHONE and not self.text.startswith("+90")

    @property
    def takes_codes(self) -> bool:
        """Whether codes are sent there: SMS to Turkish mobiles only, since SMS pumping earns on messages abroad."""
        return self.takes_messages and not self.is_abroad

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Channels that may be asked for: no SMS on Turkish landlines; foreign numbers count as mobiles."""
        return _channels(self.kind, not self.is_abroad and not self.is_mobile)

    @property
    def all_channels(self) -> tuple[Channel, ...]:
        """Channels that are refused, and that İYS may list or a message may come by: of a landline SMS, too."""
        return _channels(self.kind, is_landline=False)


def find_mailbox(text: str) -> str:
    """Address.reaches of a canonical address."""
    local, at_sign, domain = text.rpartition("@")
    if not at_sign:
        return text
    return "@".join(mail_services.find_account(local, domain))


@cache
def _channels(kind: AddressKind, is_landline: bool) -> tuple[Channel, ...]:
    from portal.core.iys_protocol.enums import Channel  # Here, since iys_protocol imports this package.

    if kind == AddressKind.EMAIL:
        return (Channel.EMAIL,)
    return (Channel.CALL,) if is_landline else (Channel.SMS, Channel.CALL)
