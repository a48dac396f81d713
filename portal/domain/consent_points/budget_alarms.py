"""Alarms to the owners when a consent point's daily codes are nearly used up, and when they are; once a day each."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.database import changed_rows
from portal.core.models import Campaign, ConsentPoint
from portal.domain import address_proofs
from portal.domain.consent_points.lookup import PublicPoint

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
