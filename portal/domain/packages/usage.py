"""How a provider stands with its package: what it holds, what İYS would price, how long both last."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Consent, Package, PackageOrder, Provider, ProviderKind, Recipient
from portal.domain.packages.periods import A_DAY, list_confirmed, covered_until, find_running

FREE = 1000  # Addresses while a provider practises.
GRACE = timedelta(days=30)  # How long new lists are taken after a package is full or over.
NEAR = 0.8  # Of the records: from here on it is said aloud.
SOON = timedelta(days=30)  # Before the last day: likewise.
LOOK_BACK = timedelta(days=30)  # The forecast goes on as these days went.
SHORTEST_LOOK = 7  # Days; or the first list of a young provider would foretell too much.
FARTHEST = 730  # Days; a package lasts one year, and a forecast far beyond says nothing.


class Level(StrEnum):
    """How pressing it is."""

    FINE = "fine"
    NEAR = "near"
    GRACE = "grace"  # Full or over; new lists are still taken for a while.
    SHUT = "shut"  # New lists are not taken.


class Cause(StrEnum):
    """Why it is pressing."""

    RECORDS = "records"
    END = "end"
    NONE = "none"  # It goes to İYS, and never had a package.
    PRACTICE = "practice"


class PackageFull(Exception):
    """New addresses are not taken; `standing` says why, and what would help."""

    def __init__(self, standing: "PackageUsage"):
        super().__init__(standing.cause)
        self.standing = standing


@dataclass(frozen=True)
class PackageUsage:
    """How a provider stands. `records` and `ratio` are None without a package, `iys_count` where İYS counts nobody
    of it (or nobody asked)."""

    package: Package | None
    records: int | None
    used: int  # Addresses held.
    iys_count: int | None  # What İYS would price.
    ratio: float | None
    ends_on: date | None  # The last day, with what was confirmed to follow.
    runs_out_on: date | None  # If it goes on as in the last days.
    level: Level
    cause: Cause | None = None
    grace_until: datetime | None = None


def measure_usage(session: Session, provider: Provider, at: datetime, *, with_iys: bool = True) -> PackageUsage:
    """How a provider stands with its package. Counting what İYS prices reads every consent: leave it out of pages
    that do not show it."""
    today = clock.day(at)
    confirmed = list_confirmed(session, provider.id)
    running = find_running(confirmed, today)
    used = count_held(session, provider.id)
    records = FREE if provider.in_sandbox_mode else running.records if running else None
    ends_on = covered_until(confirmed, running)
    level, cause, grace_until = _level(session, provider, confirmed, used, at)
    return PackageUsage(
        package=session.get_one(Package, running.package_id) if running else None,
        records=records,
        used=used,
        iys_count=count_iys_grants(session, provider) if with_iys else None,
        ratio=used / records if records else None,
        ends_on=ends_on,
        runs_out_on=_runs_out_on(session, provider, records, used, at),
        level=level,
        cause=cause,
        grace_until=grace_until,
    )


def count_held(session: Session, provider_id: int) -> int:
    """How many addresses a provider holds: what the brochure calls records."""
    return session.scalar(select(func.count()).select_from(Recipient).where(Recipient.provider_id == provider_id))


def count_iys_grants(session: Session, provider: Provider) -> int | None:
    """What İYS prices: of each brand the ONAY of its largest channel, added up. None for who is exempt."""
    if provider.kind == ProviderKind.EXEMPT:
        return None
    brands = select(Brand.id).where(Brand.provider_id == provider.id)
    if not provider.in_sandbox_mode:
        brands = brands.where(Brand.is_sandbox.is_(False))
    granted = (
        select(Consent.brand_id, func.count())
        .where(Consent.brand_id.in_(brands), Consent.status == Status.GRANTED)
        .group_by(Consent.brand_id, Consent.channel)
    )
    largest: dict[int, int] = {}
    for brand_id, count in session.execute(granted):
        largest[brand_id] = max(count, largest.get(brand_id, 0))
    return sum(largest.values())


def require_capacity(session: Session, provider: Provider, new: int, at: datetime) -> None:
    """Let so many new addresses come in. Practising it is free up to FREE; otherwise the package and its grace
    decide. Raises PackageFull."""
    stands = measure_usage(session, provider, at, with_iys=False)
    too_many = provider.in_sandbox_mode and new > 0 and stands.used + new > FREE
    if too_many or (stands.level == Level.SHUT and not provider.in_sandbox_mode):
        raise PackageFull(stands)


def _level(session: Session, provider: Provider, confirmed: list[PackageOrder], used: int, at: datetime) -> tuple:
    if provider.in_sandbox_mode:
        level = Level.SHUT if used >= FREE else Level.NEAR if used >= NEAR * FREE else Level.FINE
        return level, Cause.PRACTICE, None
    running = find_running(confirmed, clock.day(at))
    if running is None:
        return _without(session, provider, confirmed, at)
    if used > running.records:
        since = max(_went_over(session, provider.id, running.records), clock.start_of_day(running.starts_on))
        return _in_grace(Cause.RECORDS, since, at)
    if used >= NEAR * running.records:
        return Level.NEAR, Cause.RECORDS, None
    if covered_until(confirmed, running) - clock.day(at) <= SOON:
        return Level.NEAR, Cause.END, None
    return Level.FINE, None, None


def _without(session: Session, provider: Provider, confirmed: list[PackageOrder], at: datetime) -> tuple:
    ended = [each.ends_on for each in confirmed if each.ends_on < clock.day(at)]
    if ended:
        return _in_grace(Cause.END, clock.start_of_day(max(ended) + A_DAY), at)
    listed_at = session.scalar(select(func.min(Package.created_at)))
    if listed_at is None:  # Where nothing was ever sold, nobody need buy.
        return Level.FINE, None, None
    return _in_grace(Cause.NONE, max(provider.admitted_at, listed_at), at)


def _in_grace(cause: Cause, since: datetime, at: datetime) -> tuple:
    until = since + GRACE
    return (Level.GRACE if at < until else Level.SHUT), cause, until


def _went_over(session: Session, provider_id: int, records: int) -> datetime:
    """When the first address came that the package does not cover. Ids are ordered in time."""
    theirs = select(Recipient.created_at).where(Recipient.provider_id == provider_id)
    return session.scalar(theirs.order_by(Recipient.id).offset(records).limit(1))


def _runs_out_on(session: Session, provider: Provider, records: int | None, used: int, at: datetime) -> date | None:
    if records is None or used >= records:
        return None
    since = at - LOOK_BACK
    recent = select(func.count()).where(Recipient.provider_id == provider.id, Recipient.created_at > since)
    grown = session.scalar(recent)
    days = min(LOOK_BACK.days, max((at - provider.created_at).days, SHORTEST_LOOK))
    left = (records - used) * days // grown if grown else FARTHEST
    return clock.day(at) + timedelta(days=left) if left < FARTHEST else None
