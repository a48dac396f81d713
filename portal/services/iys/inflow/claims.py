"""Taking a due row in hand, so that a killed process's work comes back, and giving it back with what came of it."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select

from portal.core import leases
from portal.core.extensions import db, read_session
from portal.core.models import Brand, Connection, Provider
from portal.domain.providers import sandbox_mode

LONGEST_PAUSE = timedelta(minutes=10)


def select_with_brand(model) -> Select:
    """Rows with their brand's code and its provider's, of those that may ask İYS."""
    return (
        select(model, Brand, Provider.iys_code)
        .join(Brand, Brand.id == model.brand_id)
        .join(Provider, Provider.id == model.provider_id)
        .join(Connection, Connection.provider_id == model.provider_id)
        .where(sandbox_mode.brand_still_speaks())
    )


def may_ask(at: datetime) -> list[ColumnElement[bool]]:
    """Nothing is asked for a provider that is blocked, or whose title was not compared yet."""
    return [
        Connection.forwarding_enabled_at <= at,
        or_(Connection.blocked_until.is_(None), Connection.blocked_until <= at),
    ]


def claim_first(query: Select, model, at: datetime, lease: timedelta):
    """The first row of the query, leased and in a reading session of its own; None where another was first. Commits."""
    row = read_session().execute(query.limit(1)).first()
    if row is None:
        return None
    thing = row[0]
    was_first = leases.claim(db.session, model, model.id == thing.id, model.due_at <= at, at=at, lease=lease)
    db.session.commit()
    if not was_first:
        return None
    read_session().refresh(thing)
    return row


def release(thing, **values) -> bool:
    """Write what came of a claimed row, in this transaction; False where its lease ran out and another has it."""
    return bool(leases.release(db.session, type(thing), [thing], **values))


def backoff(attempts: int) -> timedelta:
    """How long to wait after that many failures in a row."""
    return min(LONGEST_PAUSE, timedelta(seconds=5 * 2 ** min(attempts, 10)))
