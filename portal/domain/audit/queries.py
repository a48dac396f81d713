"""Reading what was done: the entries of a provider, or of the whole house, by person, act, days and subject."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import Row, Select, and_, select, tuple_
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.models import Actor, AuditEntry, Membership, SignIn, User

AT_ONCE = 1000  # Rows a statement, where all are wanted: no cursor stays open while somebody reads slowly.


class ActorKind(StrEnum):
    """Who acted, where no single person is meant."""

    RECIPIENTS = "recipients"
    SYSTEM = "system"
    OPERATOR = "operator"  # People who never belonged to the provider.


@dataclass(frozen=True)
class EntryFilter:
    """Which entries. What is None asks for nothing; without a provider it is the whole house."""

    provider_id: int | None
    who: int | ActorKind | None = None  # A person by id, or a kind.
    act: str | None = None
    since: date | None = None  # Days as Istanbul counts them, both included.
    until: date | None = None
    subject: str | None = None
    subject_id: int | None = None


def find_page(session: Session, wanted: EntryFilter, *, before: int | None = None, limit: int = 50) -> list[Row]:
    """Entries, newest first, from after the one with the id `before`: rows of (AuditEntry, SignIn, User), of which
    the last two may be None."""
    entries = _entries(wanted)
    last = session.get(AuditEntry, before) if before else None
    if last is not None and wanted.provider_id in (None, last.provider_id):
        order = _order(wanted)
        entries = entries.where(tuple_(*order) < tuple(getattr(last, column.key) for column in order))
    return list(session.execute(entries.limit(limit)))


def iterate_entries(session: Session, wanted: EntryFilter) -> Iterator[Row]:
    """All of them, for a file."""
    before = None
    while rows := find_page(session, wanted, before=before, limit=AT_ONCE):
        yield from rows
        before = rows[-1].AuditEntry.id


def list_people(session: Session, provider_id: int) -> list[User]:
    """Everybody who belongs or belonged to a provider, by name."""
    theirs = select(User).join(Membership, Membership.user_id == User.id)
    return list(session.scalars(theirs.where(Membership.provider_id == provider_id).order_by(User.name, User.id)))


def _entries(wanted: EntryFilter) -> Select:
    person = and_(User.id == AuditEntry.actor_id, AuditEntry.actor == Actor.USER)
    return (
        select(AuditEntry, SignIn, User)
        .outerjoin(SignIn, SignIn.id == AuditEntry.sign_in_id)
        .outerjoin(User, person)
        .where(*_conditions(wanted))
        .order_by(*(column.desc() for column in _order(wanted)))
    )


def _order(wanted: EntryFilter) -> tuple:
    """By time; over the whole house by id, which is in the order of time as well and needs no sorting of all."""
    return (AuditEntry.id,) if wanted.provider_id is None else (AuditEntry.at, AuditEntry.id)


def _conditions(wanted: EntryFilter) -> Iterator:
    if wanted.provider_id is not None:
        yield AuditEntry.provider_id == wanted.provider_id
    if wanted.who is not None:
        yield from _by(wanted)
    if wanted.act is not None:
        yield AuditEntry.act == wanted.act
    if wanted.since is not None:
        yield AuditEntry.at >= clock.start_of_day(wanted.since)
    if wanted.until is not None:
        yield AuditEntry.at < clock.start_of_day(wanted.until + timedelta(days=1))
    if wanted.subject is not None:
        yield AuditEntry.subject == wanted.subject
    if wanted.subject_id is not None:
        yield AuditEntry.subject_id == wanted.subject_id


def _by(wanted: EntryFilter) -> Iterator:
    if wanted.who == ActorKind.RECIPIENTS:
        yield AuditEntry.actor == Actor.RECIPIENT
    elif wanted.who == ActorKind.SYSTEM:
        yield AuditEntry.actor == Actor.SYSTEM
    else:
        yield AuditEntry.actor == Actor.USER
        yield _strangers(wanted) if wanted.who == ActorKind.OPERATOR else AuditEntry.actor_id == wanted.who


def _strangers(wanted: EntryFilter):
    people = select(Membership.user_id)
    if wanted.provider_id is not None:
        people = people.where(Membership.provider_id == wanted.provider_id)
    return AuditEntry.actor_id.not_in(people)
