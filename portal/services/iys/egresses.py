"""Egresses: the IP addresses that calls to İYS leave by. İYS limits and judges each by itself.

A thread works for one egress at a time (`using`). What is counted meanwhile (rate_limit, circuit_breaker, success_rate)
is that one's, since its names begin with the egress's id; those of the default one are plain.
"""

import contextlib
from collections.abc import Collection, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, not_, or_, select, true, update
from sqlalchemy.orm import Session

from portal.core import leases
from portal.core.models import Connection, Egress, EgressState
from portal.core.models.inserts import insert_missing

LEASE = timedelta(seconds=10)  # A killed forwarder's egresses are taken over then.
LARGEST_POLLING_SHARE = 0.25
USUAL_POLLING_SHARE = 0.2


@dataclass(frozen=True)
class EgressFacts:
    """An egress as a thread uses it."""

    id: int = Egress.DEFAULT
    name: str = "default"
    source_ip: str | None = None
    per_second: float | None = None
    polling_share: float = USUAL_POLLING_SHARE
    state: EgressState = EgressState.ON
    lease_until: datetime | None = None

    @property
    def pace(self) -> float:
        """Calls a second; 0 is unlimited."""
        usual: float = current_app.config["IYS_REQUESTS_PER_SECOND"]
        return usual if self.per_second is None else self.per_second


COLUMNS = [getattr(Egress, name) for name in EgressFacts.__dataclass_fields__]
_in_use: ContextVar[EgressFacts | None] = ContextVar("egress", default=None)


def in_use() -> EgressFacts:
    """The egress that this thread works for; the default one where none was chosen."""
    return _in_use.get() or EgressFacts()


@contextlib.contextmanager
def using(egress: EgressFacts | None) -> Iterator[None]:
    """Work for an egress inside the block; with None for all of them, and what is counted is shared by all."""
    token = _in_use.set(egress)
    try:
        yield
    finally:
        _in_use.reset(token)


def own_name(name: str) -> str:
    """The name of a rate or a tally, of the egress in use."""
    egress_id = in_use().id
    return str(name) if egress_id == Egress.DEFAULT else f"{egress_id}/{name}"


def is_of_egress() -> ColumnElement[bool]:
    """The condition that a provider (Connection) is served by the egress in use; any is where none was chosen."""
    egress = _in_use.get()
    if egress is None:
        return true()
    is_assigned = Connection.egress_id == egress.id
    return or_(is_assigned, Connection.egress_id.is_(None)) if egress.id == Egress.DEFAULT else is_assigned


def of_provider(session: Session, provider_id: int) -> EgressFacts:
    """The egress of a provider's calls; the default one for a provider without a connection."""
    assigned = select(Connection.egress_id).where(Connection.provider_id == provider_id).scalar_subquery()
    rows = session.execute(select(*COLUMNS).where(or_(Egress.id == assigned, Egress.id == Egress.DEFAULT)))
    return max((EgressFacts(*row) for row in rows), key=lambda each: each.id != Egress.DEFAULT, default=EgressFacts())


def list_all(session: Session) -> list[EgressFacts]:
    return [EgressFacts(*row) for row in session.execute(select(*COLUMNS).order_by(Egress.id))] or [EgressFacts()]


def served_ids(session: Session, at: datetime) -> set[int]:
    """Those that a forwarder serves."""
    return set(session.scalars(select(Egress.id).where(not_(leases.is_free(Egress, at)))))


def add_default(session: Session) -> None:
    """Add the row of the default egress where it is missing. Part of the caller's transaction."""
    facts = {"id": Egress.DEFAULT, "name": EgressFacts.name, "polling_share": USUAL_POLLING_SHARE}
    insert_missing(session, Egress, [facts | {"state": EgressState.ON}])


def claim_free(session: Session, names: Collection[str], at: datetime) -> list[EgressFacts]:
    """Lease the egresses that nobody serves and that are not off: these, or any where none is named. Commits."""
    which = [Egress.state != EgressState.OFF, *([Egress.name.in_(names)] if names else [])]
    if session.scalar(select(Egress.id).where(*which, leases.is_free(Egress, at)).limit(1)) is None:
        session.rollback()
        return []
    claimed = leases.claim(session, Egress, *which, at=at, lease=LEASE, returning=COLUMNS)
    session.commit()
    return [EgressFacts(*row) for row in claimed]


def renew(session: Session, served: EgressFacts, at: datetime) -> EgressFacts | None:
    """Renew the lease and read the facts anew; None where another has the lease, or it is off. Commits."""
    try:
        leases.renew(session, Egress, served, Egress.state != EgressState.OFF, at=at, lease=LEASE)
    except leases.LeaseLost:
        session.rollback()
        return None
    row = session.execute(select(*COLUMNS).where(Egress.id == served.id)).one()
    session.commit()
    return EgressFacts(*row)


def release(session: Session, served: EgressFacts) -> None:
    """Another forwarder may serve it at once. Commits."""
    leases.release(session, Egress, [served])
    session.commit()


def assign(session: Session, egress_id: int, provider_ids: Collection[int]) -> None:
    """Let providers' calls leave by an egress. Part of the caller's transaction."""
    moved = update(Connection).where(Connection.provider_id.in_(provider_ids))
    session.execute(moved.values(egress_id=egress_id).execution_options(synchronize_session=False))
