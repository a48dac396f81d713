"""A provider's leave that the operator may bring files for it: given until a day, and taken back at any moment."""

from datetime import date, datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.models import Delegation

LONGEST = timedelta(days=366)  # Whoever wants to go on gives it anew: a leave that nobody remembers is none.


class InvalidEndDay(ValueError):
    """The last day is over, or further away than LONGEST."""


def delegate(session: Session, provider_id: int, user_id: int, ends_on: date, at: datetime) -> Delegation:
    """Let the operator bring files until the end of a day. It takes the place of one that stands. Raises InvalidEndDay."""
    if not clock.day(at) <= ends_on <= clock.day(at) + LONGEST:
        raise InvalidEndDay
    withdraw(session, provider_id, user_id, at)
    given = Delegation(provider_id=provider_id, given_by=user_id, given_at=at, ends_on=ends_on)
    session.add(given)
    session.flush()
    return given


def withdraw(session: Session, provider_id: int, user_id: int, at: datetime) -> Delegation | None:
    """Take it back from now on; what was taken back, if anything stood."""
    standing_ones = session.scalars(_standing(provider_id, at).with_for_update()).all()
    for leave in standing_ones:  # Two owners may have given one each at once.
        leave.withdrawn_by, leave.withdrawn_at = user_id, at
    session.flush()
    return standing_ones[0] if standing_ones else None


def find_current(session: Session, provider_id: int, at: datetime) -> Delegation | None:
    """The leave that stands now, as the database holds it, whatever this session read before."""
    return session.scalar(_standing(provider_id, at).limit(1).execution_options(populate_existing=True))


def list_delegations(session: Session, provider_id: int) -> list[Delegation]:
    """All that a provider ever gave, newest first."""
    theirs = select(Delegation).where(Delegation.provider_id == provider_id)
    return list(session.scalars(theirs.order_by(Delegation.given_at.desc(), Delegation.id.desc())))


def _standing(provider_id: int, at: datetime) -> Select:
    theirs = select(Delegation).where(
        Delegation.provider_id == provider_id, Delegation.withdrawn_at.is_(None), Delegation.ends_on >= clock.day(at)
    )
    return theirs.order_by(Delegation.given_at.desc(), Delegation.id.desc())
