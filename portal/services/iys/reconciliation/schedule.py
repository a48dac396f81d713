"""Choose the day to reconcile next: each brand's yesterday every night, and days that a night missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from portal.core import clock, leases
from portal.core.models import Brand, Connection, DayState, Feed, Provider, ReconciledDay
from portal.core.models.ids import new_id
from portal.core.models.upsert import insert_missing
from portal.domain.providers import sandbox_mode
from portal.services.iys.reconciliation import window
from portal.services.iys.reconciliation.window import BrandDay

LEASE = timedelta(minutes=15)  # Longer than the largest file takes; a killed process's day is free then.
BRANDS_AT_ONCE = 200  # Per transaction.


@dataclass(frozen=True)
class ClaimedDay:
    """A leased day of a brand."""

    id: int
    brand_day: BrandDay
    iys_code: int
    brand_code: int
    state: DayState
    attempts: int
    lease_until: datetime

    @property
    def day(self) -> date:
        return self.brand_day.day

    @property
    def provider_id(self) -> int:
        return self.brand_day.provider_id

    @property
    def codes(self) -> tuple[int, int, date]:
        """The arguments that each path of İYS begins with."""
        return self.iys_code, self.brand_code, self.day


NewBrand = Row[int, int, datetime]  # id, provider_id and the connection's created_at.

BRAND_DAY = (
    select(
        ReconciledDay.provider_id, ReconciledDay.brand_id, ReconciledDay.day, Provider.iys_code, Brand.brand_code
    )
    .join(Brand, Brand.id == ReconciledDay.brand_id)
    .join(Provider, Provider.id == ReconciledDay.provider_id)
    .join(Connection, Connection.provider_id == ReconciledDay.provider_id)
)  # fmt: skip


def next_due_day(session: Session, at: datetime) -> int | None:
    """The id of a day to reconcile now: of those that are due, the one that leaves the window first."""
    may_ask = or_(Connection.blocked_until.is_(None), Connection.blocked_until <= at)
    days = (
        select(ReconciledDay.id)
        .join(Connection, Connection.provider_id == ReconciledDay.provider_id)
        .where(leases.is_due(ReconciledDay, at), Connection.forwarding_enabled_at <= at, may_ask)
    )
    return session.scalar(days.order_by(ReconciledDay.day, ReconciledDay.id).limit(1))


def claim_day(session: Session, at: datetime, day_id: int) -> ClaimedDay | None:
    """Claim a day, due or not; None where another process holds it."""
    row = session.execute(BRAND_DAY.where(ReconciledDay.id == day_id)).one_or_none()
    leased = row and leases.claim(
        session, ReconciledDay, ReconciledDay.id == day_id, at=at, lease=LEASE,
        returning=[ReconciledDay.state, ReconciledDay.attempts], attempts=ReconciledDay.attempts + 1,
    )  # fmt: skip
    if not row or not leased:
        return None
    [(state, attempts)] = leased
    brand_day = BrandDay(row.provider_id, row.brand_id, row.day)
    return ClaimedDay(day_id, brand_day, row.iys_code, row.brand_code, state, attempts, at + LEASE)


def brands_without_yesterday(session: Session, at: datetime) -> Sequence[NewBrand]:
    """Brands whose yesterday is not added yet, once its night has come."""
    yesterday = window.latest_day(at)
    if at < window.first_attempt_at(yesterday):
        return []
    has_it = select(ReconciledDay.id).where(ReconciledDay.brand_id == Brand.id, ReconciledDay.day == yesterday)
    brands = (
        select(Brand.id, Brand.provider_id, Connection.created_at)
        .join(Connection, Connection.provider_id == Brand.provider_id)
        .where(Connection.forwarding_enabled_at <= at, Connection.created_at < window.day_bounds(yesterday)[1])
        .where(~has_it.exists(), sandbox_mode.brand_has_not_ended())
    )
    return session.execute(brands.limit(BRANDS_AT_ONCE)).all()


def add_days(session: Session, brands: Sequence[NewBrand], at: datetime) -> None:
    """Add the days of the window for these brands; existing days stay as they are."""
    insert_missing(session, ReconciledDay, [day for brand in brands for day in _days_of(brand, at)])


def add_day(session: Session, brand: Brand, day: date, at: datetime) -> int:
    """Add one day of a brand, whether or not its night has come; its id."""
    insert_missing(session, ReconciledDay, [_day_row(brand.provider_id, brand.id, day, at)])
    mine = select(ReconciledDay.id).where(ReconciledDay.brand_id == brand.id, ReconciledDay.day == day)
    return session.scalars(mine).one()


def are_feeds_behind(session: Session, claimed: ClaimedDay) -> bool:
    """Whether the feeds have not yet brought all of that day: a pull tells nothing of the last hour.

    Compared earlier, every movement that people made at İYS would look like a difference.
    """
    _, end = window.day_bounds(claimed.day)
    complete_at = end + timedelta(minutes=65)
    feeds = select(Feed.pulled_at).where(Feed.brand_id == claimed.brand_day.brand_id)
    return any(pulled is None or pulled < complete_at for pulled in session.scalars(feeds))


def _days_of(brand: NewBrand, at: datetime) -> list[dict[str, object]]:
    """The days of the window, from the day on which the provider was connected."""
    since = clock.day(brand.created_at)
    days = [window.latest_day(at) - back * window.DAY for back in range(window.DAYS_BACK)]
    return [_day_row(brand.provider_id, brand.id, day, at) for day in days if day >= since]


def _day_row(provider_id: int, brand_id: int, day: date, at: datetime) -> dict[str, object]:
    return {
        "id": new_id(), "provider_id": provider_id, "brand_id": brand_id, "day": day, "state": DayState.WAITING,
        "due_at": at, "attempts": 0, "created_at": at,
    }  # fmt: skip
