"""How a consent point is used: proved addresses, decisions, today's codes, and the alarms of its daily budget."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.database import changed_rows
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AddressProof,
    AudienceEntry,
    Campaign,
    ConsentPoint,
    Decision,
    DecisionOrigin,
    Receipt,
    ReceiptDecision,
    is_void,
)
from portal.domain import address_proofs
from portal.domain.consent_points.public_points import PublicPoint


@dataclass(frozen=True)
class PointStatistics:
    """What a point's page shows. Only posted forms count, never openings."""

    addresses: int  # Proved here.
    decided: dict[tuple[Channel, Status], int]  # Annulled ones excepted.
    codes_today: dict[AddressKind, int]
    proved_today: int


def count_statistics(session: Session, point: ConsentPoint, at: datetime) -> PointStatistics:
    entries = select(func.count(AudienceEntry.recipient_id.distinct()))
    entries = entries.where(AudienceEntry.campaign_id == point.campaign_id)
    today = (
        AddressProof.brand_id == point.brand_id,
        AddressProof.campaign_id == point.campaign_id,
        AddressProof.created_at >= clock.start_of_day(clock.day(at)),
    )
    proved = select(func.count()).where(*today, AddressProof.proved_at.is_not(None))
    return PointStatistics(
        addresses=session.scalars(entries).one(),
        decided=_count_decisions(session, point),
        codes_today={
            kind: address_proofs.count_today(session, point.brand_id, point.campaign_id, kind, at)
            for kind in AddressKind
        },
        proved_today=session.scalars(proved).one(),
    )


def _count_decisions(session: Session, point: ConsentPoint) -> dict[tuple[Channel, Status], int]:
    rows = session.execute(
        select(Decision.channel, Decision.status, func.count(Decision.id.distinct()))
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .join(Receipt, Receipt.id == ReceiptDecision.receipt_id)
        .join(AudienceEntry, AudienceEntry.link_id == Receipt.link_id)
        .where(AudienceEntry.campaign_id == point.campaign_id, Receipt.origin == DecisionOrigin.POINT)
        .where(~is_void())
        .group_by(Decision.channel, Decision.status)
    )
    return {(channel, status): count for channel, status, count in rows}


NEAR = 0.8  # Of a day's codes.


@dataclass(frozen=True)
class BudgetAlarm:
    """An alarm that is due to the owners."""

    kind: AddressKind
    used: int
    is_used_up: bool


def raise_budget_alarm(session: Session, place: PublicPoint, kind: AddressKind, at: datetime) -> BudgetAlarm | None:
    """The alarm that is due after one more code, marked as raised; one of two concurrent calls gets it."""
    used = address_proofs.count_today(session, place.brand_id, place.campaign_id, kind, at)
    if used < NEAR * place.daily_budget:
        return None
    today, is_used_up = clock.day(at), used >= place.daily_budget
    raised_on = ConsentPoint.alarmed_on if is_used_up else ConsentPoint.warned_on
    not_yet = update(ConsentPoint).where(
        ConsentPoint.id == place.point_id, or_(raised_on.is_(None), raised_on != today)
    )
    values = {"warned_on": today} | ({"alarmed_on": today} if is_used_up else {})
    is_new = changed_rows(session, not_yet.values(values).execution_options(synchronize_session=False)) == 1
    return BudgetAlarm(kind, used, is_used_up) if is_new else None


def list_alarmed_points(session: Session, day: date, provider_id: int | None = None) -> list[tuple[int, str, bool]]:
    """(id, name, whether used up) of points with an alarm on a day, at one provider or all."""
    alarmed = (
        select(ConsentPoint.id, Campaign.name, ConsentPoint.alarmed_on)
        .join(Campaign, Campaign.id == ConsentPoint.campaign_id)
        .where(or_(ConsentPoint.warned_on == day, ConsentPoint.alarmed_on == day))
        .order_by(ConsentPoint.id)
    )
    if provider_id is not None:
        alarmed = alarmed.where(ConsentPoint.provider_id == provider_id)
    return [(point_id, name, used_up == day) for point_id, name, used_up in session.execute(alarmed)]
