"""Queries of the audit log, of one provider or of all, by user, act, days and subject."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.core import clock
from portal.core.models import Actor, AuditEntry, Membership, SignIn, User

CHUNK = 1000  # Rows per statement of an export, so that no cursor stays open during a slow download.


class ActorKind(StrEnum):
    RECIPIENTS = "recipients"
    SYSTEM = "system"
    OPERATOR = "operator"  # Users who never were members of the provider.


Line = Row[AuditEntry, SignIn, User]  # SignIn and User may be None.


@dataclass(frozen=True)
class EntryFilter:
    """Which entries to find. None does not filter."""

    provider_id: int | None
    who: int | ActorKind | None = None  # A user's id, or a group.
    act: str | None = None
    since: date | None = None  # Days in Istanbul, both included.
    until: date | None = None
    subject: str | None = None
    subject_id: int | None = None


def find_page(session: Session, wanted: EntryFilter, *, before: int | None = None, limit: int = 50) -> list[Line]:
    """A page of entries, newest first, after the one with the id `before`."""
    entries = _entries(wanted)
    last = session.get(AuditEntry, before) if before else None
    if last is not None and wanted.provider_id in (None, last.provider_id):
        order = _order(wanted)
        entries = entries.where(tuple_(*order) < tuple(getattr(last, column.key) for column in order))
    return list(session.execute(entries.limit(limit)))


def iterate_entries(session: Session, wanted: EntryFilter) -> Iterator[Line]:
    before = None
    while rows := find_page(session, wanted, before=before, limit=CHUNK):
        yield from rows
        before = rows[-1].AuditEntry.id


def list_people(session: Session, provider_id: int) -> list[User]:
    """A provider's present and former members, by name."""
    theirs = select(User).join(Membership, Membership.user_id == User.id)
    return list(session.scalars(theirs.where(Membership.provider_id == provider_id).order_by(User.name, User.id)))


def _entries(wanted: EntryFilter) -> Select[AuditEntry, SignIn, User]:
    person = and_(User.id == AuditEntry.actor_id, AuditEntry.actor == Actor.USER)
    return (
        select(AuditEntry, SignIn, User)
        .outerjoin(SignIn, SignIn.id == AuditEntry.sign_in_id)
        .outerjoin(User, person)
        .where(*_conditions(wanted))
        .order_by(*(column.desc() for column in _order(wanted)))
    )


def _order(wanted: EntryFilter) -> tuple[InstrumentedAttribute[Any], ...]:
    """By time; of all providers by id, which is in the order of time too, and needs no sorting."""
    return (AuditEntry.id,) if wanted.provider_id is None else (AuditEntry.at, AuditEntry.id)


def _conditions(wanted: EntryFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.provider_id is not None:
        yield AuditEntry.provider_id == wanted.provider_id
    if wanted.who is not None:
        yield from _actor_conditions(wanted)
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


def _actor_conditions(wanted: EntryFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.who == ActorKind.RECIPIENTS:
        yield AuditEntry.actor == Actor.RECIPIENT
    elif wanted.who == ActorKind.SYSTEM:
        yield AuditEntry.actor == Actor.SYSTEM
    else:
        yield AuditEntry.actor == Actor.USER
        yield _was_never_member(wanted) if wanted.who == ActorKind.OPERATOR else AuditEntry.actor_id == wanted.who


def _was_never_member(wanted: EntryFilter) -> ColumnElement[bool]:
    people = select(Membership.user_id)
    if wanted.provider_id is not None:
        people = people.where(Membership.provider_id == wanted.provider_id)
    return AuditEntry.actor_id.not_in(people)
