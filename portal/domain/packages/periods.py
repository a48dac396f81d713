"""Confirmed package years: which one runs, and until when a provider is covered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import PackageOrder

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ConfirmedYear:
    """A confirmed order, whose days are known."""

    package_id: int
    records: int
    starts_on: date
    ends_on: date


def list_confirmed(session: Session, provider_id: int) -> list[ConfirmedYear]:
    """A provider's confirmed years, by their start."""
    theirs = select(PackageOrder).where(PackageOrder.provider_id == provider_id, PackageOrder.confirmed_at.is_not(None))
    return [
        ConfirmedYear(order.package_id, order.records, cast(date, order.starts_on), cast(date, order.ends_on))
        for order in session.scalars(theirs.order_by(PackageOrder.starts_on, PackageOrder.id))
    ]


def find_running(confirmed: Sequence[ConfirmedYear], today: date) -> ConfirmedYear | None:
    """The largest running year: an upgrade counts from its first day, while the smaller one still runs."""
    running = [each for each in confirmed if each.starts_on <= today <= each.ends_on]
    return max(running, key=lambda each: (each.records, each.ends_on), default=None)


def covered_until(confirmed: Sequence[ConfirmedYear], running: ConfirmedYear) -> date:
    """The last day without a gap."""
    last = running.ends_on
    for each in confirmed:  # By their start.
        if each.starts_on <= last + A_DAY:
            last = max(last, each.ends_on)
    return last


def last_day(starts_on: date) -> date:
    """The last day of a year that begins on that day."""
    if (starts_on.month, starts_on.day) == (2, 29):
        return date(starts_on.year + 1, 2, 28)
    return starts_on.replace(year=starts_on.year + 1) - A_DAY
