"""Refuse for somebody who asked for it by telephone or at a counter: obeyed at once, told to İYS like any other.

Staff refuse; nobody grants for somebody else. Nothing here commits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.business_days import holiday_calendar
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Brand, Decision, DecisionOrigin, Provider, Recipient
from portal.core.vault import Vault
from portal.domain.consents import annulments, locking, writer
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.writer import BrandEndpoints, DecisionRows

__all__ = ["SOURCES", "NothingToRefuse", "Refusals", "refuse", "refuse_brands"]

# How a person may have told the provider; HS_KARAR where nobody asked and the provider itself decided so.
SOURCES = (
    Source.CALL_CENTRE, Source.EMAIL, Source.SMS, Source.PHYSICAL_PLACE, Source.SIGNED_FORM, Source.SOCIAL_MEDIA,
    Source.WEB, Source.ELECTRONIC, Source.EVENT, Source.PROVIDER_DECISION,
)  # fmt: skip


class NothingToRefuse(ValueError):
    """None of the channels that were chosen is one of this address."""


@dataclass
class Refusals:
    """What came of it, as decision ids: keys that are refused anew, and those that were so already."""

    made: list[int] = field(default_factory=list)
    stood: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _BrandRecipient:
    provider_id: int
    brand_id: int
    recipient_id: int


def refuse(
    session: Session, vault: Vault, recipient: Recipient, brands: Iterable[Brand], channels: Iterable[Channel],
    *, address: Address, source: Source, user_id: int, at: datetime,
) -> Refusals:  # fmt: skip
    """Stop messages of these brands on these channels, for every recipient type that is held. A second refusal changes
    nothing, unless the first stood in a file: files may be taken back, a person's word not. Raises NothingToRefuse."""
    sources = dict.fromkeys(brands, source)
    return refuse_brands(
        session, vault, recipient, sources, channels, address=address, origin=DecisionOrigin.STAFF, user_id=user_id,
        at=at,
    )  # fmt: skip


def refuse_brands(
    session: Session, vault: Vault, recipient: Recipient, sources: Mapping[Brand, str], channels: Iterable[Channel],
    *, address: Address, origin: DecisionOrigin, at: datetime, user_id: int | None = None,
) -> Refusals:  # fmt: skip
    """The same by any origin, with what İYS is told of where it was said, brand by brand."""
    chosen = [channel for channel in channels if channel in address.channels]
    if not chosen or not sources:
        raise NothingToRefuse
    holiday_calendar.refresh_corrections(session, at)
    refusals = Refusals()
    iys_code = session.scalars(select(Provider.iys_code).where(Provider.id == recipient.provider_id)).one()
    for brand in sorted(sources, key=lambda brand: brand.id):
        whose = _BrandRecipient(recipient.provider_id, brand.id, recipient.id)
        consents = locking.lock_channels(session, whose, chosen)
        imported = _imported_refusals(session, consents)
        moving = [each for each in consents if each.status != Status.REFUSED or each.decision_id in imported]
        refusals.stood += [each.decision_id for each in consents if each not in moving and each.decision_id is not None]
        annulments.void_waiting_grants(session, moving, at)
        endpoints, rows = BrandEndpoints.of(iys_code, brand.brand_code), DecisionRows()
        for consent in moving:
            decision = writer.decide_now(
                consent, Status.REFUSED, source=sources[brand], origin=origin, user_id=user_id, at=at
            )
            rows.add(decision, writer.submission_row(vault, decision, endpoints, address=address.text))
        writer.write_decisions(session, moving, rows)
        refusals.made += [decision["id"] for decision in rows.decisions]
    return refusals


def _imported_refusals(session: Session, consents: Iterable[LockedConsent]) -> set[int]:
    """Which of the consents' decisions stood in a file."""
    ids = [consent.decision_id for consent in consents if consent.status == Status.REFUSED]
    theirs = select(Decision.id).where(Decision.id.in_(ids), Decision.batch_id.is_not(None))
    return set(session.scalars(theirs)) if ids else set()
