"""Refusing for somebody who asked for it by telephone or at a counter: obeyed at once, told to İYS like any other.

Staff refuse; nobody grants for somebody else. Nothing here commits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.addresses import Address
from portal.consents import facts, heads
from portal.consents.heads import TooSoon
from portal.models import Brand, Consent, Decision, Provider, Recipient, Way
from portal.registry import Channel, Source, Status
from portal.vault import Vault

__all__ = ["SOURCES", "NothingToRefuse", "Refused", "TooSoon", "refuse"]

# How a person may have told the provider; HS_KARAR where nobody asked and the provider itself decided so.
SOURCES = (
    Source.CALL_CENTRE, Source.EMAIL, Source.SMS, Source.PHYSICAL_PLACE, Source.SIGNED_FORM, Source.SOCIAL_MEDIA,
    Source.WEB, Source.ELECTRONIC, Source.EVENT, Source.PROVIDER_DECISION,
)  # fmt: skip


class NothingToRefuse(ValueError):
    """None of the channels that were chosen is one of this address."""


@dataclass(frozen=True)
class Refused:
    """What came of it: how many keys are refused anew, and how many were so already."""

    made: int
    stood: int


@dataclass(frozen=True)
class _Whose:
    """Whose heads are to be locked, as heads.lock asks."""

    provider_id: int
    brand_id: int
    recipient_id: int


def refuse(
    session: Session, vault: Vault, recipient: Recipient, brands: Iterable[Brand], channels: Iterable[Channel],
    *, address: Address, source: Source, user_id: int, at: datetime,
) -> Refused:  # fmt: skip
    """Stop messages of these brands on these channels, for every recipient type that is held. A second refusal changes
    nothing, unless the first stood in a file: files may be taken back, a person's word not. Raises NothingToRefuse and
    TooSoon."""
    chosen = [channel for channel in channels if channel in address.channels]
    brands = sorted(brands, key=lambda brand: brand.id)
    if not chosen or not brands:
        raise NothingToRefuse
    made = stood = 0
    iys_code = session.scalar(select(Provider.iys_code).where(Provider.id == recipient.provider_id))
    for brand in brands:
        locked = heads.lock(session, _Whose(recipient.provider_id, brand.id, recipient.id), chosen)
        brought = _brought(session, locked)
        moving = [head for head in locked if head.status != Status.REFUSED or head.decision_id in brought]
        decisions = [_move(session, head, source, user_id, at) for head in moving]
        session.flush()
        codes = {"iys_code": iys_code, "brand_code": brand.brand_code}
        told = [facts.submission_of(vault, each, address=address.text, at=at, **codes) for each in decisions]
        facts.insert_decisions(session, decisions, told)
        made, stood = made + len(moving), stood + len(locked) - len(moving)
    return Refused(made, stood)


def _brought(session: Session, heads: Iterable[Consent]) -> set[int]:
    """Which of the heads' decisions stood in a file."""
    ids = [head.decision_id for head in heads if head.status == Status.REFUSED]
    theirs = select(Decision.id).where(Decision.id.in_(ids), Decision.batch_id.is_not(None))
    return set(session.scalars(theirs)) if ids else set()


def _move(session: Session, head: Consent, source: Source, user_id: int, at: datetime) -> dict:
    consent_date = heads.next_consent_date(head.consent_date, at, is_refusal=True)
    decision = facts.decision(
        head, Status.REFUSED, consent_date=consent_date, effective_at=consent_date, recorded_at=at, source=source,
        way=Way.STAFF, user_id=user_id,
    )  # fmt: skip
    session.add(head)
    head.decision_id, head.status = decision["id"], Status.REFUSED
    head.consent_date = head.effective_at = consent_date
    return decision
