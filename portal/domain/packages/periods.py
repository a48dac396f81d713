"""Years that were confirmed: which one runs, and until when a provider is covered."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import PackageOrder

A_DAY = timedelta(days=1)


def list_confirmed(session: Session, provider_id: int) -> list[PackageOrder]:
    """What a provider ordered and got, in the order in which it begins."""
    theirs = select(PackageOrder).where(PackageOrder.provider_id == provider_id, PackageOrder.confirmed_at.is_not(None))
    return list(session.scalars(theirs.order_by(PackageOrder.starts_on, PackageOrder.id)))


def find_running(confirmed: list[PackageOrder], today: date) -> PackageOrder | None:
    """The largest that runs: an upgrade counts from its first day, while the smaller one would run on."""
    running = [each for each in confirmed if each.starts_on <= today <= each.ends_on]
    return max(running, key=lambda each: (each.records, each.ends_on), default=None)


def covered_until(confirmed: list[PackageOrder], running: PackageOrder | None) -> date | None:
    """The last day without a gap."""
    if running is None:
        return None
    last = running.ends_on
    for each in confirmed:  # In the order in which they begin.
        if each.starts_on <= last + A_DAY:
            last = max(last, each.ends_on)
    return last


def last_day(starts_on: date) -> date:
    """The last day of a year that begins on that day."""
    if (starts_on.month, starts_on.day) == (2, 29):
        return date(starts_on.year + 1, 2, 28)
    return starts_on.replace(year=starts_on.year + 1) - A_DAY
