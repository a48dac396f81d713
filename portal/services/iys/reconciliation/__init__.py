"""Reconciliation: each night compare İYS's file of the day with our movements per brand, confirm and archive it."""

from datetime import date

from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Brand, Connection
from portal.services.iys.client import Client
from portal.services.iys.reconciliation import schedule, window
from portal.services.iys.reconciliation.day_reconciliation import reconcile

__all__ = ["find_or_add_day", "reconcile_day", "reconcile_next_day"]


def reconcile_next_day(client: Client) -> bool:
    """Reconcile one due day, or add the days of a night; False if there is nothing to do. Commits."""
    at = clock.now()
    day_id = schedule.next_due_day(read_session(), at)
    if day_id is not None:
        reconcile_day(client, day_id)
        return True
    brands = schedule.brands_without_yesterday(read_session(), at)
    if brands:
        schedule.add_days(db.session, brands, at)
        db.session.commit()
    return bool(brands)


def reconcile_day(client: Client, day_id: int, *, waits_for_feeds: bool = True) -> bool:
    """Reconcile a day now; False where another process holds it. Commits."""
    claimed = schedule.claim_day(db.session, clock.now(), day_id)
    db.session.commit()
    if claimed is not None:
        reconcile(client, claimed, waits_for_feeds=waits_for_feeds)
    return claimed is not None


def find_or_add_day(brand_code: int, day: date) -> int | None:
    """The id of a brand's day, added if missing; None where the brand was not connected on that day. Commits."""
    _, end = window.day_bounds(day)
    connected = select(Brand).join(Connection, Connection.provider_id == Brand.provider_id)
    on_that_day = (Connection.created_at < end, Connection.forwarding_enabled_at.is_not(None))
    brand = db.session.scalar(connected.where(Brand.brand_code == brand_code, *on_that_day))
    day_id = schedule.add_day(db.session, brand, day, clock.now()) if brand else None
    db.session.commit()
    return day_id
