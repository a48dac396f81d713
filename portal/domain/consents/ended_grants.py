"""End grants by what was heard before: no new movement of İYS's says so."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.address_holders import find_holders
from portal.core.addresses import Address
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Consent, ReceivedVia
from portal.core.vault import Vault
from portal.domain.consents import late_refusals, locking, reassigned_addresses
from portal.domain.consents.movements import MovementBatch
from portal.domain.consents.recipients import chunks

AT_ONCE = 1_000


def close_lines_again(session: Session, vault: Vault, lines: Iterable[tuple[Address, datetime]], at: datetime) -> None:
    """Note closed lines that a journal restored, with when they were closed, at every recipient with the number: it may
    be somebody else's since, and older grants ended. Done twice, it changes nothing; at most 1,000 at once."""
    closed_at: dict[int, datetime] = {}
    addresses: dict[int, str] = {}
    for address, moment in lines:
        for holder in find_holders(session, vault, address):
            closed_at[holder.id] = max(moment, closed_at.get(holder.id, moment))
            addresses[holder.id] = address.text
    locking.lock_recipients(session, closed_at)
    reassigned_addresses.note_closures(session, closed_at)
    granted = locking.read_consents(session, Consent.recipient_id.in_(closed_at), Consent.status == Status.GRANTED)
    batch = MovementBatch(session, None, granted, {}, by=ReceivedVia.FILE, feed=None, at=at)
    batch.end_further_grants(vault, addresses)
    batch.write(vault, addresses)


def end_earlier_grants(session: Session, vault: Vault, brand: Brand, recipient_id: int, at: datetime) -> None:
    """End what the brand heard of an earlier holder's grants before movements did so. Done twice, it changes nothing.
    Raises CannotOpen."""
    consents = list(locking.lock_consents(session, brand.id, [recipient_id]).values())
    batch = MovementBatch(session, brand.id, consents, {}, by=ReceivedVia.PULL, feed=None, at=at)
    batch.end_further_grants(vault, {})
    batch.write(vault, {})


def find_late_refused(session: Session, brand_id: int, heard_until: datetime, at: datetime) -> list[int]:
    """Recipients of a brand with grants that end_late_refused() ends. `heard_until`: all that was said until then is
    heard."""
    found: list[int] = []
    for some in chunks(late_refusals.find_candidates(session, brand_id, heard_until, at), AT_ONCE):
        theirs = locking.read_consents(session, Consent.brand_id == brand_id, Consent.recipient_id.in_(some))
        ended = late_refusals.find_ended_grants(session, theirs, heard_until)
        found += {consent.recipient_id for consent, _ in ended}
    return found


def end_late_refused(
    session: Session, vault: Vault, brand: Brand, recipient_id: int, heard_until: datetime, at: datetime
) -> int:  # fmt: skip
    """End a recipient's grants that a refusal would have held, had İYS told it before; how many. Raises CannotOpen."""
    consents = list(locking.lock_consents(session, brand.id, [recipient_id]).values())
    batch = MovementBatch(session, brand.id, consents, {}, by=ReceivedVia.PULL, feed=None, at=at)
    ended = late_refusals.find_ended_grants(session, consents, heard_until)
    batch.refuse_ended_grants(vault, ended)
    batch.write(vault, {})
    return len(ended)
