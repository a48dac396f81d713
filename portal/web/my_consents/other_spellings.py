"""What firms hold of one's mailbox by other spellings of its address: a code to one reached them all."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from portal.core import address_holders
from portal.core.models import Recipient
from portal.core.vault import Vault
from portal.domain.consents import recipients, spellings
from portal.web.my_consents.holdings import HeldBrand, Holdings, hold

MOST_NAMED = 20


@dataclass(frozen=True)
class OtherSpellings:
    brands: list[HeldBrand]
    shown: list[HeldBrand]
    beyond: int = 0  # Further recipients, which are not looked at.

    @cached_property
    def names(self) -> list[str]:
        return sorted({each.name for each in self.shown}, key=str.casefold)

    @property
    def named(self) -> str:
        return ", ".join(self.names[:MOST_NAMED])

    @property
    def not_named(self) -> int:
        return len(self.names[MOST_NAMED:])

    @cached_property
    def recipients(self) -> Counter[Recipient]:
        """With how many consents would be refused at each."""
        return Counter(held.recipient for held in self.brands for _ in held.channels)

    @cached_property
    def waiting(self) -> list[Recipient]:
        """Whom something is not refused of yet."""
        return address_holders.take_turns({each.recipient for each in self.brands if not each.has_refused_all})

    @cached_property
    def next(self) -> list[Recipient]:
        """Where one more act refuses: first what is not refused yet."""
        refused = set(self.recipients).difference(self.waiting)
        return spellings.take_first([*self.waiting, *address_holders.take_turns(refused)], self.recipients)

    @property
    def left(self) -> int:
        """At how many of them it leaves something, and those that are not looked at."""
        return len(set(self.waiting).difference(self.next)) + self.beyond

    @property
    def takes_several_acts(self) -> bool:
        return bool(self.waiting) and len(self.recipients) > len(self.next)

    def next_brands(self) -> list[HeldBrand]:
        """What it refuses there."""
        chosen = set(self.next)
        return [each for each in self.brands if each.recipient in chosen]


def find_other_spellings(session: Session, vault: Vault, held: Holdings, at: datetime) -> OtherSpellings:
    """By every other spelling that a firm has; none of a telephone."""
    others, beyond = spellings.find_everywhere(session, vault, held.address, held.recipients)
    if not others:
        return OtherSpellings([], [])
    of_all = hold(session, held.address, recipients.read_addresses(vault, others), held.since, at)
    return OtherSpellings(of_all.brands, of_all.shown, beyond)
