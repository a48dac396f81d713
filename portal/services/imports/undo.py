"""Undoing: what a file brought is annulled piece by piece, as far as nobody has claimed it for sending."""

import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.iys_protocol import Status
from portal.core.models import BatchState, Decision, ImportBatch, ImportChunk, Submission
from portal.domain.consents import annulments
from portal.services.imports.batch_lease import Hand

AT_ONCE = 2000
APART = timedelta(minutes=1)  # By so much two machines' clocks may differ.


@dataclass(frozen=True)
class Undoable:
    """How many decisions of a batch can still be taken back, and how many are too late for that."""

    free: int
    gone: int


def undoable(session: Session, batch: ImportBatch) -> Undoable:
    """What nobody has begun to send, and what needs no sending. Reads the batch's submissions that wait."""
    of_batch = Submission.batch_id == batch.id
    may_go = and_(annulments.is_untouched(), ~and_(Submission.status == Status.REFUSED, _is_relied_on(batch)))
    told, free = session.execute(select(func.count(), func.count().filter(may_go)).where(of_batch)).one()
    written = session.scalar(select(func.count()).select_from(Decision).where(Decision.batch_id == batch.id))
    return Undoable(free=max(0, written - told) + free, gone=told - free)


class Undoing:
    """One batch being taken back, for the length of a slice."""

    def __init__(self, hand: Hand):
        self.hand = hand
        batch = read_session().get_one(ImportBatch, hand.batch_id, populate_existing=True)
        self.place, self.user_id = batch.position, batch.undone_by
        self.stays = and_(Decision.status == Status.REFUSED, _is_relied_on(batch))

    def go(self, seconds: float) -> bool:
        """Annul for about so long; whether more is to do. Raises Lost."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            lines = self._lines_of(self.place)
            if lines is None:
                return self._end()
            self._annul(*lines)
            self.place += 1
            self.hand.keep(db.session, clock.now(), position=self.place)
            db.session.commit()
        return True

    def _lines_of(self, place: int) -> tuple[int, int | None] | None:
        """From which line to which a piece goes, within its sheet; another sheet's of that number are taken along."""
        pieces = select(ImportChunk.sheet, ImportChunk.first_line).where(ImportChunk.batch_id == self.hand.batch_id)
        two = (
            read_session().execute(pieces.where(ImportChunk.place >= place).order_by(ImportChunk.place).limit(2)).all()
        )
        if not two:
            return None
        has_next = len(two) == 2 and two[1].sheet == two[0].sheet
        return two[0].first_line, two[1].first_line if has_next else None

    def _annul(self, first: int, end: int | None) -> None:
        theirs = select(Decision.id).where(Decision.batch_id == self.hand.batch_id, Decision.line >= first)
        if end is not None:
            theirs = theirs.where(Decision.line < end)
        after = 0
        while (
            ids := read_session().scalars(theirs.where(Decision.id > after).order_by(Decision.id).limit(AT_ONCE)).all()
        ):
            at, after = clock.now(), ids[-1]
            void = annulments.annul(db.session, ids, self.user_id, at, stays=self.stays)
            self.hand.keep(db.session, at, annulled=ImportBatch.annulled + len(void) - _besides(void))
            db.session.commit()

    def _end(self) -> bool:
        at = clock.now()
        self.hand.end(db.session, BatchState.UNDONE, at, undone_at=at)
        db.session.commit()
        return False


def _besides(ids: list[int]) -> int:
    """How many of these decisions are no entries of the file: refusals of another type, which their line meant too."""
    told = select(func.count()).select_from(Submission)
    return db.session.scalar(told.where(Submission.decision_id.in_(ids), Submission.batch_id.is_(None)))


def _is_relied_on(batch: ImportBatch) -> ColumnElement[bool]:
    """The condition that another file of the brand was written since this one began. It may have said the same
    refusals, of which no second one was written: they stay."""
    other = aliased(ImportBatch)
    is_over = other.ended_at < batch.started_at - APART
    others = select(other.id).where(
        other.brand_id == batch.brand_id, other.id != batch.id, other.started_at.is_not(None),
        or_(other.ended_at.is_(None), ~is_over),
    )  # fmt: skip
    return others.exists()
