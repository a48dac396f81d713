"""Undo of an import: its decisions are annulled chunk by chunk, as far as none was claimed for sending."""

import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Status
from portal.core.models import ApiRequest, BatchState, Decision, ImportBatch, ImportChunk, Submission, is_void
from portal.domain.consents import annulments
from portal.domain.consents.import_plan import Effect
from portal.services.imports.batches import BatchLease

AT_ONCE = 2000
AS_BEFORE = frozenset({Effect.SAME, Effect.KNOWN})
APART = timedelta(minutes=1)  # The difference allowed between two machines' clocks.


@dataclass(frozen=True)
class Undoable:
    """How many decisions of a batch can still be annulled, and how many it is too late for."""

    free: int
    gone: int
    relied_on: int = 0  # Refusals that nobody was told yet, and that another file may hold, too.


def count_undoable(session: Session, batch: ImportBatch) -> Undoable:
    """Count what was not claimed for sending, and what needs no sending."""
    stays = and_(Decision.status == Status.REFUSED, _is_relied_on(session, batch))
    is_free = or_(Submission.id.is_(None), annulments.was_never_claimed())
    counted = (
        select(func.count(), func.count().filter(is_free, ~stays), func.count().filter(is_free, stays))
        .select_from(Decision)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .where(Decision.batch_id == batch.id, is_entry())
    )
    decided, free, relied_on = session.execute(counted).one()
    return Undoable(free=free, gone=decided - free - relied_on, relied_on=relied_on)


def has_refusals(session: Session, batch: ImportBatch) -> bool:
    """Whether a refusal of the file stands: others may have relied on it, so no program takes it back."""
    standing = exists().where(Decision.batch_id == batch.id, Decision.status == Status.REFUSED, ~is_void())
    return bool(session.scalar(select(standing)))


def is_entry() -> ColumnElement[bool]:
    """Condition: a decision of a batch, with its submission if it has one, is an entry of the file. A refusal holds for
    the other recipient type as well, and that one is none; an entry that was told to İYS later, when the grant before
    it was undone, is one."""
    is_told_later = Submission.created_at != Decision.recorded_at
    return or_(Submission.id.is_(None), Submission.batch_id.is_not(None), is_told_later)


class Undo:
    """The undo of one batch, for the length of a slice."""

    def __init__(self, lease: BatchLease):
        self.lease = lease
        batch = read_session().get_one(ImportBatch, lease.id, populate_existing=True)
        self.place, self.user_id = batch.position, batch.undone_by
        self.stays = and_(Decision.status == Status.REFUSED, _is_relied_on(read_session(), batch))

    def work(self, seconds: float) -> bool:
        """Annul for about so long, one chunk at least; whether more is to do. Raises LeaseLost."""
        until = time.monotonic() + seconds
        while True:
            line_range = self._line_range(self.place)
            if line_range is None:
                at = clock.now()
                self.lease.finish(db.session, BatchState.UNDONE, at, undone_at=at)
                db.session.commit()
                return False
            self._annul(*line_range)
            self.place += 1
            self.lease.renew(db.session, clock.now(), position=self.place)
            db.session.commit()
            if time.monotonic() >= until:
                return True

    def _line_range(self, place: int) -> tuple[int, int | None] | None:
        """The first line of a chunk, and of the next in its sheet; other sheets' lines in that range come along."""
        chunks = select(ImportChunk.sheet, ImportChunk.first_line).where(ImportChunk.batch_id == self.lease.id)
        from_here = chunks.where(ImportChunk.place >= place).order_by(ImportChunk.place)
        two = read_session().execute(from_here.limit(2)).all()
        if not two:
            return None
        has_next = len(two) == 2 and two[1].sheet == two[0].sheet
        return two[0].first_line, two[1].first_line if has_next else None

    def _annul(self, first: int, end: int | None) -> None:
        theirs = select(Decision.id).where(Decision.batch_id == self.lease.id, Decision.line >= first)
        if end is not None:
            theirs = theirs.where(Decision.line < end)
        theirs, after = theirs.order_by(Decision.id).limit(AT_ONCE), 0
        while ids := read_session().scalars(theirs.where(Decision.id > after)).all():
            at, after = clock.now(), ids[-1]
            void = annulments.annul_decisions(db.session, vault(), ids, self.user_id, at, stays=self.stays)
            entries = (
                select(func.count()).select_from(Decision).outerjoin(Submission, Submission.decision_id == Decision.id)
            )
            count = db.session.execute(entries.where(Decision.id.in_(void), is_entry())).scalar_one()
            self.lease.renew(db.session, at, annulled=ImportBatch.annulled + count)
            db.session.commit()


def _is_relied_on(session: Session, batch: ImportBatch) -> ColumnElement[bool]:
    """The condition that another file, or a program's request, of the brand was written since this one began, and may
    hold the same refusals, of which no second one was written: they stay. One that met nothing known before holds
    none."""
    other = aliased(ImportBatch)
    assert batch.started_at  # It ran.
    is_over = other.ended_at < batch.started_at - APART
    others = select(other.id).where(
        other.brand_id == batch.brand_id, other.id != batch.id, other.started_at.is_not(None),
        or_(other.ended_at.is_(None), ~is_over),
    )  # fmt: skip
    complete = session.scalars(others.where(other.state == BatchState.DONE)).all()
    without = [each for each in complete if not _met_known_entries(session, each)]
    return or_(others.where(other.id.not_in(without)).exists(), _unwritten_requests(batch).exists())


def _unwritten_requests(batch: ImportBatch) -> Select[int]:
    """Requests that brought consents of the brand since a file began, and of which some row was not written."""
    assert batch.started_at
    lines = select(func.count(Decision.line.distinct())).where(Decision.batch_id == ApiRequest.id)
    return select(ApiRequest.id).where(
        ApiRequest.brand_id == batch.brand_id, ApiRequest.created_at >= batch.started_at - APART,
        ApiRequest.path.contains("/consents"), ApiRequest.rows > lines.correlate(ApiRequest).scalar_subquery(),
    )  # fmt: skip


def _met_known_entries(session: Session, batch_id: int) -> bool:
    """Whether entries of a batch that ran were left unwritten, since the consent stood so already."""
    tallies = session.scalars(select(ImportChunk.tally).where(ImportChunk.batch_id == batch_id))
    return any(not AS_BEFORE.isdisjoint(tally or {}) for tally in tallies)
