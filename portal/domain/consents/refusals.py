"""Refusing for somebody who asked for it by telephone or at a counter: obeyed at once, told to İYS like any other.

Staff refuse; nobody grants for somebody else. Nothing here commits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.business_days import holiday_calendar
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Brand, Consent, Decision, DecisionOrigin, Provider, Recipient
from portal.core.vault import Vault
from portal.domain.consents import annulments, locking, writer

__all__ = ["SOURCES", "NothingToRefuse", "Refused", "refuse", "refuse_all"]

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


@dataclass
class Spoken:
    """The decisions of an act: those that were made, and those that stood and say the same."""

    made: list[int] = field(default_factory=list)
    stood: list[int] = field(default_factory=list)


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
    nothing, unless the first stood in a file: files may be taken back, a person's word not. Raises NothingToRefuse."""
    sources = {brand: source for brand in brands}
    spoken = refuse_all(
        session,
        vault,
        recipient,
        sources,
        channels,
        address=address,
        origin=DecisionOrigin.STAFF,
        user_id=user_id,
        at=at,
    )
    return Refused(len(spoken.made), len(spoken.stood))


def refuse_all(
    session: Session, vault: Vault, recipient: Recipient, sources: dict[Brand, str], channels: Iterable[Channel],
    *, address: Address, origin: DecisionOrigin, at: datetime, user_id: int | None = None,
) -> Spoken:  # fmt: skip
    """The same by any way, with what İYS is told of where it was said, brand by brand."""
    chosen = [channel for channel in channels if channel in address.channels]
    if not chosen or not sources:
        raise NothingToRefuse
    holiday_calendar.keep_current(session, at)
    spoken = Spoken()
    iys_code = session.scalar(select(Provider.iys_code).where(Provider.id == recipient.provider_id))
    for brand in sorted(sources, key=lambda brand: brand.id):
        locked = locking.lock(session, _Whose(recipient.provider_id, brand.id, recipient.id), chosen)
        brought = _brought(session, locked)
        moving = [head for head in locked if head.status != Status.REFUSED or head.decision_id in brought]
        spoken.stood += [head.decision_id for head in locked if head not in moving]
        annulments.overtake(session, moving, at)
        decisions = [_move(session, head, sources[brand], origin, user_id, at) for head in moving]
        session.flush()
        codes = {"iys_code": iys_code, "brand_code": brand.brand_code}
        told = [writer.submission_of(vault, each, address=address.text, at=at, **codes) for each in decisions]
        writer.insert_decisions(session, decisions, told)
        spoken.made += [each["id"] for each in decisions]
    return spoken


def _brought(session: Session, heads: Iterable[Consent]) -> set[int]:
    """Which of the heads' decisions stood in a file."""
    ids = [head.decision_id for head in heads if head.status == Status.REFUSED]
    theirs = select(Decision.id).where(Decision.id.in_(ids), Decision.batch_id.is_not(None))
    return set(session.scalars(theirs)) if ids else set()


def _move(
    session: Session, head: Consent, source: str, origin: DecisionOrigin, user_id: int | None, at: datetime
) -> dict:
    consent_date = locking.next_consent_date(head.consent_date, at, is_refusal=True)
    decision = writer.decision(
        head, Status.REFUSED, consent_date=consent_date, effective_at=consent_date, recorded_at=at, source=source,
        origin=origin, user_id=user_id,
    )  # fmt: skip
    session.add(head)
    head.decision_id, head.status = decision["id"], Status.REFUSED
    head.consent_date = head.effective_at = consent_date
    return decision
