"""Usage of packages: the confirmed years, addresses held, what İYS would charge for, and how long both last."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.ids import first_id
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    Brand,
    Package,
    PackageOrder,
    Provider,
    ProviderKind,
    Recipient,
    Tallied,
    count_rows,
    is_sandbox_recipient,
)

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


FREE = 1000  # Addresses in sandbox mode.
GRACE = timedelta(days=30)  # How long new lists are accepted after a package is full or over.
NEAR = 0.8  # Of the records; from here on the provider is warned.
SOON = timedelta(days=30)  # Before the last day; from then on the provider is warned.
LOOK_BACK = timedelta(days=30)  # The forecast extrapolates these days.
SHORTEST_LOOK = 7  # Days, so that a new provider's first list does not distort the forecast.
FARTHEST = 730  # Days of the forecast; a package lasts one year.


class Level(StrEnum):
    FINE = "fine"
    NEAR = "near"
    GRACE = "grace"  # Full or over; new lists are still accepted for a while.
    SHUT = "shut"  # New lists are refused.


class Cause(StrEnum):
    """Why it is urgent."""

    RECORDS = "records"
    END = "end"
    NONE = "none"  # Live at İYS without any package so far.
    SANDBOX = "sandbox"


LevelOf = tuple[Level, Cause | None, datetime | None]  # With the end of the grace period.


class PackageFull(Exception):
    """New addresses are refused; the argument is the Cause."""


@dataclass(frozen=True)
class PackageUsage:
    """A provider's usage. `records` and `ratio` are None without a package, `iys_count` for exempt providers or where
    it was not requested."""

    package: Package | None
    records: int | None
    used: int  # Addresses held.
    iys_count: int | None  # What İYS would charge for.
    ratio: float | None
    ends_on: date | None  # The last day, with confirmed renewals.
    runs_out_on: date | None  # Forecast.
    level: Level
    cause: Cause | None = None
    grace_until: datetime | None = None


def measure_usage(session: Session, provider: Provider, at: datetime, *, with_iys: bool = True) -> PackageUsage:
    """Measure a provider's usage; what İYS charges for only where it is shown."""
    today = clock.day(at)
    confirmed = list_confirmed(session, provider.id)
    running = find_running(confirmed, today)
    used = count_held(session, provider)
    records = FREE if provider.in_sandbox_mode else running.records if running else None
    ends_on = covered_until(confirmed, running) if running else None
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


def find_fitting(session: Session, addresses: int) -> Package | None:
    """The smallest package on offer for so many addresses."""
    offered = select(Package).where(Package.withdrawn_at.is_(None), Package.records >= addresses)
    return session.scalar(offered.order_by(Package.records, Package.id).limit(1))


def count_held(session: Session, provider: Provider) -> int:
    """How many addresses a provider holds ("records" in the price list). Those of sandbox mode cost nothing."""
    held = count_rows(session, Tallied.RECIPIENTS, provider.id).total()
    return held - _count_sandbox_addresses(session, provider)


def _count_sandbox_addresses(session: Session, provider: Provider) -> int:
    """Addresses that an admitted provider knows from its sandbox mode only: they are among its first ones."""
    if provider.in_sandbox_mode:
        return 0
    first = select(Recipient.id).where(Recipient.provider_id == provider.id).order_by(Recipient.id).limit(2 * FREE)
    in_sandbox = select(func.count()).select_from(Recipient).where(Recipient.id.in_(first))
    return session.scalars(in_sandbox.where(is_sandbox_recipient(provider.id))).one()


def count_iys_grants(session: Session, provider: Provider) -> int | None:
    """What İYS charges for: the sum over brands of the ONAYs of the largest channel. None for exempt providers."""
    if provider.kind == ProviderKind.EXEMPT:
        return None
    brands = select(Brand.id).where(Brand.provider_id == provider.id)
    if not provider.in_sandbox_mode:
        brands = brands.where(Brand.is_sandbox.is_(False))
    granted: Counter[tuple[int, str]] = Counter()
    for (brand_id, channel, _type, status), count in count_rows(session, Tallied.CONSENTS, provider.id).items():
        if status == Status.GRANTED:
            granted[int(brand_id), channel] += count
    return sum(max(granted[brand_id, each] for each in Channel) for brand_id in session.scalars(brands))


def require_capacity(session: Session, provider: Provider, new: int, at: datetime) -> None:
    """Raise PackageFull where so many new addresses do not fit: beyond FREE in sandbox mode, otherwise after the
    package's grace period."""
    usage = measure_usage(session, provider, at, with_iys=False)
    too_many = provider.in_sandbox_mode and new > 0 and usage.used + new > FREE
    if too_many or (usage.level == Level.SHUT and not provider.in_sandbox_mode):
        raise PackageFull(usage.cause)


def _level(
    session: Session, provider: Provider, confirmed: Sequence[ConfirmedYear], used: int, at: datetime
) -> LevelOf:
    if provider.in_sandbox_mode:
        level = Level.SHUT if used >= FREE else Level.NEAR if used >= NEAR * FREE else Level.FINE
        return level, Cause.SANDBOX, None
    running = find_running(confirmed, clock.day(at))
    if running is None:
        return _level_without_package(session, provider, confirmed, at)
    if used > running.records:
        since = max(_exceeded_at(session, provider, running.records, at), clock.start_of_day(running.starts_on))
        return _grace_level(Cause.RECORDS, since, at)
    if used >= NEAR * running.records:
        return Level.NEAR, Cause.RECORDS, None
    if covered_until(confirmed, running) - clock.day(at) <= SOON:
        return Level.NEAR, Cause.END, None
    return Level.FINE, None, None


def _level_without_package(
    session: Session, provider: Provider, confirmed: Sequence[ConfirmedYear], at: datetime
) -> LevelOf:
    ended = [each.ends_on for each in confirmed if each.ends_on < clock.day(at)]
    if ended:
        return _grace_level(Cause.END, clock.start_of_day(max(ended) + A_DAY), at)
    listed_at = session.scalar(select(func.min(Package.created_at)))
    if listed_at is None:  # The operator sells no packages.
        return Level.FINE, None, None
    return _grace_level(Cause.NONE, max(cast(datetime, provider.admitted_at), listed_at), at)


def _grace_level(cause: Cause, since: datetime, at: datetime) -> LevelOf:
    until = since + GRACE
    return (Level.GRACE if at < until else Level.SHUT), cause, until


def _exceeded_at(session: Session, provider: Provider, records: int, at: datetime) -> datetime:
    """When the first address beyond the package was added. Ids are ordered in time, so those of its day are passed."""
    place = records + _count_sandbox_addresses(session, provider)
    begins = at
    for (day,), count in sorted(count_rows(session, Tallied.RECIPIENTS, provider.id).items()):
        begins = clock.start_of_day(date.fromisoformat(day))
        if place < count:
            break
        place -= count
    theirs = select(Recipient.created_at).where(
        Recipient.provider_id == provider.id, Recipient.id >= first_id(begins), Recipient.created_at >= begins
    )
    return session.scalar(theirs.order_by(Recipient.id).offset(place).limit(1)) or begins


def _runs_out_on(session: Session, provider: Provider, records: int | None, used: int, at: datetime) -> date | None:
    if records is None or used >= records:
        return None
    grown = count_rows(session, Tallied.RECIPIENTS, provider.id, since=clock.day(at - LOOK_BACK)).total()
    days = min(LOOK_BACK.days, max((at - provider.created_at).days, SHORTEST_LOOK))
    left = (records - used) * days // grown if grown else FARTHEST
    return clock.day(at) + timedelta(days=left) if left < FARTHEST else None
