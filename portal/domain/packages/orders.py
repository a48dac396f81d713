"""Orders of packages: a provider orders, the operator confirms or declines. Payment happens elsewhere."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.database import changed_rows
from portal.core.models import OrderKind, Package, PackageOrder, Provider
from portal.domain.packages.usage import A_DAY, count_held, covered_until, find_running, last_day, list_confirmed

EARLIEST_START, LATEST_START = timedelta(days=31), timedelta(days=366)  # Around the day of confirming.


class NotOnOffer(Exception):
    """The package was withdrawn."""


class TooSmall(Exception):
    """The provider holds more addresses than the package covers."""


class AlreadyOrdered(Exception):
    """An earlier order still waits for the operator."""


class AlreadyClosed(Exception):
    """The order was confirmed, declined or cancelled before."""


class WrongStart(ValueError):
    """The year would begin more than a month before its confirmation, or a year after."""


def list_offered(session: Session) -> list[Package]:
    """The price list, smallest package first."""
    listed = select(Package).where(Package.withdrawn_at.is_(None))
    return list(session.scalars(listed.order_by(Package.records, Package.id)))


def place_order(session: Session, provider: Provider, package: Package, by: int, at: datetime) -> PackageOrder:
    """Order a package at its current price. Raises NotOnOffer, TooSmall, AlreadyOrdered."""
    one_at_a_time = select(Provider.id).where(Provider.id == provider.id).with_for_update(key_share=True)
    session.execute(one_at_a_time)
    session.refresh(package)  # The price list may have changed since the page was read.
    if package.withdrawn_at is not None:
        raise NotOnOffer
    if package.records < count_held(session, provider):
        raise TooSmall
    if session.scalar(_waiting_orders().where(PackageOrder.provider_id == provider.id).limit(1)):
        raise AlreadyOrdered
    made = PackageOrder(
        provider_id=provider.id, package_id=package.id, kind=order_kind(session, provider.id, package, at),
        records=package.records, price=package.price, ordered_by=by, ordered_at=at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def order_kind(session: Session, provider_id: int, package: Package, at: datetime) -> OrderKind:
    """Whether an order would be the first, an upgrade of the running package, or a renewal."""
    confirmed = list_confirmed(session, provider_id)
    if not confirmed:
        return OrderKind.FIRST
    running = find_running(confirmed, clock.day(at))
    return OrderKind.UPGRADE if running and package.records > running.records else OrderKind.RENEWAL


def suggest_start(session: Session, order: PackageOrder, at: datetime) -> date:
    """The default start of an order: for a renewal after the current coverage, otherwise today."""
    today = clock.day(at)
    confirmed = list_confirmed(session, order.provider_id)
    running = find_running(confirmed, today)
    return covered_until(confirmed, running) + A_DAY if running and order.kind == OrderKind.RENEWAL else today


def confirm(session: Session, order: PackageOrder, by: int, starts_on: date, at: datetime) -> None:
    """Confirm an order from a day on. Raises AlreadyClosed, WrongStart."""
    today = clock.day(at)
    if not today - EARLIEST_START <= starts_on <= today + LATEST_START:
        raise WrongStart
    _close_order(session, order, confirmed_at=at, settled_by=by, starts_on=starts_on, ends_on=last_day(starts_on))


def decline(session: Session, order: PackageOrder, by: int, note: str, at: datetime) -> None:
    """Decline an order with a reason. Raises AlreadyClosed."""
    _close_order(session, order, declined_at=at, settled_by=by, note=note)


def cancel(session: Session, order: PackageOrder, by: int, at: datetime) -> None:
    """Cancel an order for the provider: it counts as declined without a note. Raises AlreadyClosed."""
    _close_order(session, order, declined_at=at, settled_by=by)


def list_waiting_orders(session: Session) -> list[PackageOrder]:
    """Orders that wait for the operator, oldest first."""
    return list(session.scalars(_waiting_orders().order_by(PackageOrder.ordered_at, PackageOrder.id)))


def list_orders(session: Session, provider_id: int) -> list[tuple[PackageOrder, Package]]:
    """All orders of a provider with their packages, newest first."""
    theirs = select(PackageOrder, Package).join(Package, Package.id == PackageOrder.package_id)
    mine = theirs.where(PackageOrder.provider_id == provider_id)
    newest_first = mine.order_by(PackageOrder.ordered_at.desc(), PackageOrder.id.desc())
    return [(row.PackageOrder, row.Package) for row in session.execute(newest_first)]


def _waiting_orders() -> Select[PackageOrder]:
    return select(PackageOrder).where(PackageOrder.confirmed_at.is_(None), PackageOrder.declined_at.is_(None))


def _close_order(session: Session, order: PackageOrder, **values: Any) -> None:
    still_waits = (PackageOrder.confirmed_at.is_(None), PackageOrder.declined_at.is_(None))
    mine = update(PackageOrder).where(PackageOrder.id == order.id, *still_waits)
    if changed_rows(session, mine.values(**values).execution_options(synchronize_session=False)) == 0:
        raise AlreadyClosed
    session.refresh(order)
