"""Which day is looked at next: every brand's yesterday each night, and the days of the window that a night missed."""

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
from portal.services.iys.reconciliation.comparison import BrandDay

LEASE = timedelta(minutes=15)  # Longer than the largest file takes; a killed process's day waits no longer.
BRANDS_AT_ONCE = 200  # That get their days in one transaction.


@dataclass(frozen=True)
class ClaimedDay:
    """A brand's day in hand until `lease_until`."""

    id: int
    side: BrandDay
    iys_code: int
    brand_code: int
    state: DayState
    attempts: int
    lease_until: datetime

    @property
    def day(self) -> date:
        return self.side.day

    @property
    def provider_id(self) -> int:
        return self.side.provider_id

    @property
    def codes(self) -> tuple[int, int, date]:
        """What each path to it begins with."""
        return self.iys_code, self.brand_code, self.day


BRAND_DAY = (
    select(
        ReconciledDay.provider_id, ReconciledDay.brand_id, ReconciledDay.day, Provider.iys_code, Brand.brand_code
    )
    .join(Brand, Brand.id == ReconciledDay.brand_id)
    .join(Provider, Provider.id == ReconciledDay.provider_id)
    .join(Connection, Connection.provider_id == ReconciledDay.provider_id)
)  # fmt: skip


def next_due_day(session: Session, at: datetime) -> int | None:
    """The day that may be looked at now, of those the one that closes first."""
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
    side = BrandDay(row.provider_id, row.brand_id, row.day)
    return ClaimedDay(day_id, side, row.iys_code, row.brand_code, state, attempts, at + LEASE)


def brands_without_yesterday(session: Session, at: datetime) -> list[Row]:
    """Brands that do not have yesterday yet, once its night has come."""
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


def add_days(session: Session, brands: list[Row], at: datetime) -> None:
    """Give those brands the days of the window; days that stand already stay as they are."""
    insert_missing(session, ReconciledDay, [day for brand in brands for day in _days_of(brand, at)])


def add_day(session: Session, brand: Brand, day: date, at: datetime) -> int:
    """One day of one brand, whether or not its night has come; its id."""
    insert_missing(session, ReconciledDay, [_day_row(brand.provider_id, brand.id, day, at)])
    return session.scalar(select(ReconciledDay.id).where(ReconciledDay.brand_id == brand.id, ReconciledDay.day == day))


def are_feeds_behind(session: Session, claimed: ClaimedDay) -> bool:
    """Whether what İYS tells of that day is still on its way to us: a pull tells nothing of the last hour.

    Compared before that, every movement that people made at İYS would look like a difference.
    """
    _, end = window.day_bounds(claimed.day)
    heard_it_all = end + timedelta(minutes=65)
    feeds = select(Feed.pulled_at).where(Feed.brand_id == claimed.side.brand_id)
    return any(pulled is None or pulled < heard_it_all for pulled in session.scalars(feeds))


def _days_of(brand: Row, at: datetime) -> list[dict]:
    """From the day on which the brand was connected; what came before is not ours to compare."""
    since = clock.day(brand.created_at)
    days = [window.latest_day(at) - back * window.DAY for back in range(window.DAYS_BACK)]
    return [_day_row(brand.provider_id, brand.id, day, at) for day in days if day >= since]


def _day_row(provider_id: int, brand_id: int, day: date, at: datetime) -> dict:
    return {
        "id": new_id(), "provider_id": provider_id, "brand_id": brand_id, "day": day, "state": DayState.WAITING,
        "due_at": at, "attempts": 0, "created_at": at,
    }  # fmt: skip
