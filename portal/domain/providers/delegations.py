"""Delegations: a provider lets the operator import files for it until a day, and may withdraw that at any time."""

from datetime import date, datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.models import Delegation

LONGEST = timedelta(days=366)  # Long-lived delegations are forgotten, so they must be renewed.


class InvalidEndDay(ValueError):
    """The last day is past, or further away than LONGEST."""


def delegate(session: Session, provider_id: int, user_id: int, ends_on: date, at: datetime) -> Delegation:
    """Let the operator import files until the end of a day, replacing a current delegation. Raises InvalidEndDay."""
    if not clock.day(at) <= ends_on <= clock.day(at) + LONGEST:
        raise InvalidEndDay
    withdraw(session, provider_id, user_id, at)
    given = Delegation(provider_id=provider_id, given_by=user_id, given_at=at, ends_on=ends_on)
    session.add(given)
    session.flush()
    return given


def withdraw(session: Session, provider_id: int, user_id: int, at: datetime) -> Delegation | None:
    """Withdraw the current delegation; None where there is none."""
    current = session.scalars(_current(provider_id, at).with_for_update()).all()
    for delegation in current:  # Two owners may have delegated at once.
        delegation.withdrawn_by, delegation.withdrawn_at = user_id, at
    session.flush()
    return current[0] if current else None


def find_current(session: Session, provider_id: int, at: datetime) -> Delegation | None:
    """The current delegation as the database holds it, whatever this session read before."""
    return session.scalar(_current(provider_id, at).limit(1).execution_options(populate_existing=True))


def list_delegations(session: Session, provider_id: int) -> list[Delegation]:
    """All delegations of a provider, newest first."""
    theirs = select(Delegation).where(Delegation.provider_id == provider_id)
    return list(session.scalars(theirs.order_by(Delegation.given_at.desc(), Delegation.id.desc())))


def _current(provider_id: int, at: datetime) -> Select[Delegation]:
    theirs = select(Delegation).where(
        Delegation.provider_id == provider_id, Delegation.withdrawn_at.is_(None), Delegation.ends_on >= clock.day(at)
    )
    return theirs.order_by(Delegation.given_at.desc(), Delegation.id.desc())
