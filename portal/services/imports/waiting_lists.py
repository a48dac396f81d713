"""Uploaded audience lists, and filters, that wait for the worker: a large workbook would hold a web process for most of
a minute."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock, leases
from portal.core.extensions import db, read_session, vault
from portal.core.models import AudienceList, Campaign
from portal.core.vault import CannotOpen, KeyMissing
from portal.domain import packages
from portal.services.imports import audience, audience_filter, audience_lines
from portal.services.imports.audience_filter import AudienceFilter
from portal.services.imports.audience_rows import ROWS, Person, pack_people, read_people, unpack_people
from portal.services.imports.intake import LEASE, MOST_ATTEMPTS
from portal.services.imports.reading import FileProblem, Unreadable, detect_kind
from portal.services.imports.reading.file_problems import START, FileKind
from portal.services.imports.unread import Mark, mark_of_name

AT_ONCE = 65_536  # Bytes of a text that the request itself reads.
WAITING = AudienceList.content.is_not(None)


def store(session: Session, campaign: Campaign, content: bytes, user_id: int | None, name: str = "") -> int:
    """Keep a list, encrypted, until it is read; its id. Commits. Raises AudienceClosed and Unreadable."""
    audience.check_size(content)
    return _store(session, campaign, content, user_id, name=name)


def store_filter(session: Session, campaign: Campaign, wanted: AudienceFilter, user_id: int | None) -> int:
    """Keep a filter until its people are in the audience; the id of its list. Commits. Raises AudienceClosed."""
    return _store(session, campaign, wanted.packed(), user_id, encoding=AudienceList.FILTER)


def insert_people(
    session: Session, campaign: Campaign, people: Sequence[Person], at: datetime, marks: Iterable[Mark] = ()
) -> int:
    """Keep people whom a program brings until they are in the audience, and marks of their fields; the id of their
    list. Nothing is committed. Raises AudienceClosed."""
    return _insert(session, campaign, pack_people(people), None, at, encoding=ROWS, marks=marks)


def _store(
    session: Session, campaign: Campaign, content: bytes, user_id: int | None, *, encoding: str = "", name: str = ""
) -> int:
    list_id = _insert(session, campaign, content, user_id, clock.now(), encoding=encoding, marks=mark_of_name(name))
    session.commit()
    return list_id


def _insert(
    session: Session, campaign: Campaign, content: bytes, user_id: int | None, at: datetime, *, encoding: str,
    marks: Iterable[Mark],
) -> int:  # fmt: skip
    row = audience.insert_list(session, campaign, user_id, at)
    audience_lines.keep_marks(session, vault(), row, marks)
    row.encoding, row.content = encoding, vault().seal(content, AudienceList.CONTENT, row.provider_id, row.id)
    session.flush()
    return row.id


def is_short(content: bytes) -> bool:
    """Whether reading takes no longer than showing the page."""
    return len(content) <= AT_ONCE and detect_kind(content[:START]) != FileKind.WORKBOOK


def unfinished() -> list[int]:
    """Ids of lists that wait and that nobody holds."""
    waiting = select(AudienceList.id).where(WAITING, leases.is_free(AudienceList, clock.now()))
    return list(read_session().scalars(waiting.order_by(AudienceList.created_at)))


def read(list_id: int) -> None:
    """Read a list into its audience, unless another worker has it. What cannot be taken keeps its problem."""
    at = clock.now()
    claimed = leases.claim(
        db.session, AudienceList, AudienceList.id == list_id, WAITING, at=at, lease=LEASE,
        attempts=AudienceList.attempts + 1,
    )  # fmt: skip
    db.session.commit()
    if not claimed:
        return
    lease = _ListLease(list_id, at + LEASE)
    try:
        _read_claimed(lease)
    except Unreadable as unreadable:
        lease.give_up(unreadable.problem)
    except CannotOpen:
        lease.give_up(FileProblem.DAMAGED)
    except KeyMissing:  # Another worker may know it; the lease ends by itself.
        db.session.rollback()
        leases.write(db.session, AudienceList, [lease], attempts=AudienceList.attempts - 1)
        db.session.commit()
    except packages.PackageFull:
        lease.give_up(AudienceList.NO_ROOM)
    except leases.LeaseLost:
        db.session.rollback()  # Another worker began anew.


@dataclass
class _ListLease:
    """The lease of a list, as the worker that claimed it knows it."""

    id: int
    lease_until: datetime | None

    def renew(self, added: int) -> None:
        """Raises LeaseLost."""
        self.lease_until = leases.renew(db.session, AudienceList, self, at=clock.now(), lease=LEASE, added=added)

    def give_up(self, problem: str) -> None:
        db.session.rollback()
        leases.release(db.session, AudienceList, [self], content=None, problem=problem)
        db.session.commit()


def _read_claimed(lease: _ListLease) -> None:
    """Raises Unreadable, CannotOpen, PackageFull and LeaseLost."""
    row = db.session.get_one(AudienceList, lease.id, populate_existing=True)
    assert row.content
    if row.attempts > MOST_ATTEMPTS:
        raise Unreadable(FileProblem.DAMAGED)
    content = vault().open(row.content, AudienceList.CONTENT, row.provider_id, row.id)
    db.session.commit()  # No transaction stays open over the reading.
    if row.encoding == AudienceList.FILTER:
        wanted = AudienceFilter.unpacked(content)
        audience_filter.fill_from_filter(db.session, vault(), row, wanted, lease.renew)
        return
    if row.encoding == ROWS:
        found = read_people(unpack_people(content), clock.day(row.created_at))
    else:
        found = audience.read_address_list(content)
    audience.admit_list(db.session, vault(), row, found, clock.now(), lease.renew)
    audience.fill_list(db.session, vault(), row, found, lease.renew)
