"""What firms hold of one's mailbox by other spellings of its address: a code to one reached them all."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from portal.core import address_holders
from portal.core.models import Recipient
from portal.core.vault import Vault
from portal.domain.consents import recipients
from portal.domain.consents.refusals import MOST_SPELLINGS
from portal.web.my_consents.holdings import HeldBrand, Holdings, hold

MOST_KNOWN = 5000  # Recipients that are looked at.
MOST_NAMED = 20


@dataclass(frozen=True)
class OtherSpellings:
    brands: list[HeldBrand]
    shown: list[HeldBrand]
    not_known: int = 0  # Recipients beyond MOST_KNOWN.

    @cached_property
    def names(self) -> list[str]:
        return sorted({each.name for each in self.shown}, key=str.casefold)

    @property
    def named(self) -> str:
        return ", ".join(self.names[:MOST_NAMED])

    @property
    def not_named(self) -> int:
        return len(self.names[MOST_NAMED:])

    @property
    def recipients(self) -> set[Recipient]:
        return {each.recipient for each in self.brands}

    @cached_property
    def waiting(self) -> list[Recipient]:
        """Whom something is not refused of yet."""
        return address_holders.take_turns({each.recipient for each in self.brands if not each.is_refused})

    @property
    def left(self) -> int:
        """How many of them one more act leaves, and those that are not known."""
        return len(self.waiting[MOST_SPELLINGS:]) + self.not_known

    @property
    def takes_several_acts(self) -> bool:
        return bool(self.waiting) and len(self.recipients) > MOST_SPELLINGS

    def next_brands(self) -> list[HeldBrand]:
        """What one act refuses: first what is not refused yet."""
        refused = self.recipients.difference(self.waiting)
        chosen = set([*self.waiting, *address_holders.take_turns(refused)][:MOST_SPELLINGS])
        return [each for each in self.brands if each.recipient in chosen]


def find_other_spellings(session: Session, vault: Vault, held: Holdings, at: datetime) -> OtherSpellings:
    """By every other spelling that a firm has; none of a telephone."""
    own = {each.id for each in held.recipients}
    holders = address_holders.find_mailbox_holders(session, vault, held.address)
    others = address_holders.take_turns(each for each in holders if each.id not in own)
    if not others:
        return OtherSpellings([], [])
    found = recipients.read_addresses(vault, others[:MOST_KNOWN])
    of_all = hold(session, held.address, found, held.since, at)
    return OtherSpellings(of_all.brands, of_all.shown, len(others[MOST_KNOWN:]))
