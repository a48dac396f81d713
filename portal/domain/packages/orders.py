"""Orders of a package: a provider asks, the operator confirms or declines. Nothing is paid here."""

from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.models import OrderKind, Package, PackageOrder, Provider
from portal.domain.packages.periods import A_DAY, list_confirmed, covered_until, last_day, find_running
from portal.domain.packages.usage import count_held

EARLIEST_START, LATEST_START = timedelta(days=31), timedelta(days=366)  # Around the day of confirming.


class NotOnOffer(Exception):
    """The package was withdrawn."""


class TooSmall(Exception):
    """The provider holds more addresses than the package covers."""


class AlreadyOrdered(Exception):
    """An earlier order still waits for the operator."""


class AlreadyClosed(Exception):
    """The order was confirmed, declined or taken back before."""


class WrongStart(ValueError):
    """A year may begin at most a month before it is confirmed, and a year after."""


def list_offered(session: Session) -> list[Package]:
    """The price list, from the smallest."""
    listed = select(Package).where(Package.withdrawn_at.is_(None))
    return list(session.scalars(listed.order_by(Package.records, Package.id)))


def place_order(session: Session, provider: Provider, package: Package, by: int, at: datetime) -> PackageOrder:
    """Ask the operator for a package, at the price of today. Raises NotOnOffer, TooSmall, AlreadyOrdered."""
    one_at_a_time = select(Provider.id).where(Provider.id == provider.id).with_for_update(key_share=True)
    session.execute(one_at_a_time)
    session.refresh(package)  # The price list may have changed since the page was read.
    if package.withdrawn_at is not None:
        raise NotOnOffer
    if package.records < count_held(session, provider.id):
        raise TooSmall
    if session.scalar(_waiting().where(PackageOrder.provider_id == provider.id).limit(1)):
        raise AlreadyOrdered
    made = PackageOrder(
        provider_id=provider.id, package_id=package.id, kind=order_kind(session, provider.id, package, at),
        records=package.records, price=package.price, ordered_by=by, ordered_at=at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def order_kind(session: Session, provider_id: int, package: Package, at: datetime) -> OrderKind:
    """What an order of that package would be: the first, more than now runs, or another year."""
    confirmed = list_confirmed(session, provider_id)
    if not confirmed:
        return OrderKind.FIRST
    running = find_running(confirmed, clock.day(at))
    return OrderKind.UPGRADE if running and package.records > running.records else OrderKind.RENEWAL


def suggest_start(session: Session, asked: PackageOrder, at: datetime) -> date:
    """The day an order would best begin: a renewal after what runs, everything else today."""
    today = clock.day(at)
    confirmed = list_confirmed(session, asked.provider_id)
    last = covered_until(confirmed, find_running(confirmed, today))
    return last + A_DAY if last and asked.kind == OrderKind.RENEWAL else today


def confirm(session: Session, asked: PackageOrder, by: int, starts_on: date, at: datetime) -> None:
    """Let an ordered year begin on that day. Raises AlreadyClosed, WrongStart."""
    today = clock.day(at)
    if not today - EARLIEST_START <= starts_on <= today + LATEST_START:
        raise WrongStart
    _settle(session, asked, confirmed_at=at, settled_by=by, starts_on=starts_on, ends_on=last_day(starts_on))


def decline(session: Session, asked: PackageOrder, by: int, note: str, at: datetime) -> None:
    """The operator says no, and why. Raises AlreadyClosed."""
    _settle(session, asked, declined_at=at, settled_by=by, note=note)


def cancel(session: Session, asked: PackageOrder, by: int, at: datetime) -> None:
    """The provider thinks better of it. Such an order was declined without a note. Raises AlreadyClosed."""
    _settle(session, asked, declined_at=at, settled_by=by)


def list_waiting_orders(session: Session) -> list[PackageOrder]:
    """What the operator still has to settle, the oldest first."""
    return list(session.scalars(_waiting().order_by(PackageOrder.ordered_at, PackageOrder.id)))


def list_orders(session: Session, provider_id: int) -> list[tuple[PackageOrder, Package]]:
    """Every order of a provider, newest first, each with its package."""
    theirs = select(PackageOrder, Package).join(Package, Package.id == PackageOrder.package_id)
    mine = theirs.where(PackageOrder.provider_id == provider_id)
    newest_first = mine.order_by(PackageOrder.ordered_at.desc(), PackageOrder.id.desc())
    return [tuple(row) for row in session.execute(newest_first)]


def _waiting():
    return select(PackageOrder).where(PackageOrder.confirmed_at.is_(None), PackageOrder.declined_at.is_(None))


def _settle(session: Session, asked: PackageOrder, **values) -> None:
    still_waits = (PackageOrder.confirmed_at.is_(None), PackageOrder.declined_at.is_(None))
    mine = update(PackageOrder).where(PackageOrder.id == asked.id, *still_waits)
    if session.execute(mine.values(**values), execution_options={"synchronize_session": False}).rowcount == 0:
        raise AlreadyClosed
    session.refresh(asked)
