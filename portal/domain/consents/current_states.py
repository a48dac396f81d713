"""What the feed shows beside an event, and what a reader begins with: decisions, and consents as they are now."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from portal.core.models import Brand, Consent, Decision, Event, EventType, Recipient
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import recipients, references

OF_DECISIONS = (EventType.DECISION_MADE, EventType.DECISION_ANNULLED, EventType.IYS_OUTCOME)
ORDER = (Consent.recipient_id, Consent.channel, Consent.recipient_type)  # The key within a brand, which is indexed.


@dataclass(frozen=True)
class ConsentState:
    """A consent as it is now, with its address in clear."""

    consent: Consent
    brand_code: int
    address: str | None = field(repr=False)  # None: it cannot be opened.
    reference: str | None = field(repr=False)  # What the provider's programs call the recipient.


def find_decisions(session: Session, events: Iterable[Event]) -> dict[int, Decision]:
    """The decisions that events are about, by id; ≤ 5,000."""
    ids = {each.subject_id for each in events if each.type in OF_DECISIONS}
    return {each.id: each for each in session.scalars(select(Decision).where(Decision.id.in_(ids)))} if ids else {}


def find_states(session: Session, vault: Vault, consent_ids: Collection[int]) -> dict[int, ConsentState]:
    """Consents as they are now, by id; ≤ 5,000. Whoever asks after reading an event sees that one or a later one."""
    rows = session.execute(_states().where(Consent.id.in_(consent_ids))) if consent_ids else ()
    return {consent.id: _state(vault, consent, *rest) for consent, *rest in rows}


def list_states(
    session: Session, vault: Vault, brand_id: int, *, after: Consent | None, limit: int
) -> list[ConsentState]:
    """A brand's consents that anything is known of, here or at İYS, after this one in the order of their keys.

    Who remembers the last sequence from before the first page, and goes on with the feed after it, misses nothing: a
    consent that is made or moved meanwhile, also one before this place, comes by the feed.
    """
    is_known = Consent.status.is_not(None) | Consent.iys_status.is_not(None)
    found = _states().where(Consent.brand_id == brand_id, is_known)
    if after is not None:
        found = found.where(tuple_(*ORDER) > (after.recipient_id, after.channel, after.recipient_type))
    return [_state(vault, *row) for row in session.execute(found.order_by(*ORDER).limit(limit))]


def _states() -> Select[*tuple[Any, ...]]:
    states = select(Consent, Brand, Recipient).join(Brand, Brand.id == Consent.brand_id)
    return states.join(Recipient, Recipient.id == Consent.recipient_id)


def _state(vault: Vault, consent: Consent, brand: Brand, recipient: Recipient) -> ConsentState:
    try:
        address = recipients.address_of(vault, recipient)
    except CannotOpen:  # One damaged value must not end the feed.
        address = None
    reference = references.open_reference(vault, brand.provider_id, brand.id, recipient.id, recipient.reference)
    return ConsentState(consent, brand.brand_code, address, reference)
