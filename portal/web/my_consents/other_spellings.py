"""What firms hold of one's mailbox by other spellings of its address: a code to one reached them all."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core import address_holders
from portal.core.addresses import AddressKind, read_canonical
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import recipients
from portal.web.my_consents.holdings import Holdings, find_holdings

MOST_SPELLINGS = 50  # Each is looked for at every firm.


def find_other_spellings(session: Session, vault: Vault, held: Holdings, at: datetime) -> list[Holdings]:
    """By each other spelling that a firm has; none of a telephone."""
    if held.address.kind != AddressKind.EMAIL:
        return []
    texts = set()
    for each in address_holders.find_mailbox_holders(session, vault, held.address):
        with suppress(CannotOpen):
            texts.add(recipients.address_of(vault, each))
    others = sorted(texts - {held.address.text})[:MOST_SPELLINGS]
    return [find_holdings(session, vault, read_canonical(text), held.since, at) for text in others]
