"""The days that İYS still reports, from yesterday back to seven days (H502) in Istanbul time, and the next to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.core import clock, leases
from portal.core.ids import new_id
from portal.core.models import Brand, Connection, DayState, Feed, Provider, ReconciledDay
from portal.core.models.inserts import insert_missing
from portal.services.iys import circuit_breaker, holds

DAYS_BACK = 7
AFTER_MIDNIGHT = timedelta(hours=3)  # İYS has made the files of the day by then.
DAY = timedelta(days=1)
LEASE = timedelta(minutes=15)  # Longer than the largest file takes; a killed process's day is free then.
BRANDS_AT_ONCE = 200  # Per transaction.


@dataclass(frozen=True)
class BrandDay:
    """A day of a brand."""

    provider_id: int
    brand_id: int
    day: date


@dataclass(frozen=True)
class ClaimedDay(BrandDay):
    """A leased day of a brand."""

    id: int
    iys_code: int
    brand_code: int
    state: DayState
    attempts: int
    lease_until: datetime

    @property
    def codes(self) -> tuple[int, int, date]:
        """The arguments that each path of İYS begins with."""
        return self.iys_code, self.brand_code, self.day


NewBrand = Row[int, int, datetime]  # id, provider_id and the connection's created_at.


def latest_day(at: datetime) -> date:
    """The newest day that is over."""
    return clock.day(at) - DAY


def oldest_day(at: datetime) -> date:
    """The oldest day that can still be fetched."""
    return clock.day(at) - DAYS_BACK * DAY


def is_open(day: date, at: datetime) -> bool:
    """Whether İYS still gives that day's file and accepts its confirmation."""
    return oldest_day(at) <= day <= latest_day(at)


def days_left(day: date, at: datetime) -> int:
    """How many days are left to fetch it, today included; 0 if it is too late."""
    return max(0, (day - oldest_day(at)).days + 1)


def first_attempt_at(day: date) -> datetime:
    """When a day is first reconciled: in the night after it."""
    return clock.start_of_day(day + DAY) + AFTER_MIDNIGHT


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The start of a day and of the next one."""
    return clock.start_of_day(day), clock.start_of_day(day + DAY)


def next_due_day(session: Session, at: datetime) -> int | None:
    """The id of a day to reconcile now: of those that are due, the one that leaves the window first."""
    days = (
        select(ReconciledDay.id)
        .join(Connection, Connection.provider_id == ReconciledDay.provider_id)
        .where(leases.is_due(ReconciledDay, at), *holds.may_pull(at))
    )
    days = days.order_by(ReconciledDay.day, ReconciledDay.id)
    row = circuit_breaker.first_row(session, days, ReconciledDay.provider_id, at)
    return row[0] if row else None


def claim_day(session: Session, at: datetime, day_id: int) -> ClaimedDay | None:
    """Claim a day, due or not; None where another process holds it."""
    row = session.execute(
        select(
            ReconciledDay.provider_id, ReconciledDay.brand_id, ReconciledDay.day, ReconciledDay.id, Provider.iys_code,
            Brand.brand_code,
        )
        .join(Brand, Brand.id == ReconciledDay.brand_id)
        .join(Provider, Provider.id == ReconciledDay.provider_id)
        .join(Connection, Connection.provider_id == ReconciledDay.provider_id)
        .where(ReconciledDay.id == day_id)
    ).one_or_none()  # fmt: skip
    leased = row and leases.claim(
        session, ReconciledDay, ReconciledDay.id == day_id, at=at, lease=LEASE,
        returning=[ReconciledDay.state, ReconciledDay.attempts], attempts=ReconciledDay.attempts + 1,
    )  # fmt: skip
    if not row or not leased:
        return None
    [(state, attempts)] = leased
    return ClaimedDay(*row, state, attempts, at + LEASE)


def brands_without_yesterday(session: Session, at: datetime) -> Sequence[NewBrand]:
    """Brands whose yesterday is not added yet, once its night has come."""
    yesterday = latest_day(at)
    if at < first_attempt_at(yesterday):
        return []
    has_it = select(ReconciledDay.id).where(ReconciledDay.brand_id == Brand.id, ReconciledDay.day == yesterday)
    brands = (
        select(Brand.id, Brand.provider_id, Connection.created_at)
        .join(Connection, Connection.provider_id == Brand.provider_id)
        .where(Connection.forwarding_enabled_at <= at, Connection.created_at < day_bounds(yesterday)[1])
        .where(~has_it.exists(), Brand.has_not_ended())
    )
    return session.execute(brands.limit(BRANDS_AT_ONCE)).all()


def add_days(session: Session, brands: Sequence[NewBrand], at: datetime) -> None:
    """Add the days of the window, from the one on which the provider was connected; existing days stay as they are."""
    days = [latest_day(at) - back * DAY for back in range(DAYS_BACK)]
    rows = [
        _day_row(brand.provider_id, brand.id, day, at)
        for brand in brands
        for day in days
        if day >= clock.day(brand.created_at)
    ]
    insert_missing(session, ReconciledDay, rows)


def add_day(session: Session, brand: Brand, day: date, at: datetime) -> int:
    """Add one day of a brand, whether or not its night has come; its id."""
    insert_missing(session, ReconciledDay, [_day_row(brand.provider_id, brand.id, day, at)])
    mine = select(ReconciledDay.id).where(ReconciledDay.brand_id == brand.id, ReconciledDay.day == day)
    return session.scalars(mine).one()


def are_feeds_behind(session: Session, claimed: ClaimedDay) -> bool:
    """Whether the feeds have not yet brought all of that day: a pull tells nothing of the last hour.

    Compared earlier, every movement that people made at İYS would look like a difference.
    """
    _, end = day_bounds(claimed.day)
    complete_at = end + timedelta(minutes=65)
    feeds = select(Feed.pulled_at).where(Feed.brand_id == claimed.brand_id)
    return any(pulled is None or pulled < complete_at for pulled in session.scalars(feeds))


def _day_row(provider_id: int, brand_id: int, day: date, at: datetime) -> dict[str, object]:
    return {
        "id": new_id(), "provider_id": provider_id, "brand_id": brand_id, "day": day, "state": DayState.WAITING,
        "due_at": at, "attempts": 0, "created_at": at,
    }  # fmt: skip
