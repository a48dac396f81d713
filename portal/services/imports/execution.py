"""Running: a rehearsed file is written piece by piece, each in one transaction with the mark that it ran.

So each good entry becomes one decision, whenever the worker is killed. Opening, looking and making the rows come before
the transaction: what recipients decide meanwhile waits for a short one.
"""

import time
from collections import Counter
from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import Row, select, update

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Status
from portal.core.models import BatchState, Brand, ImportBatch, ImportChunk, Provider
from portal.core.vault import CannotOpen
from portal.domain.consents import bulk_import
from portal.domain.consents.bulk_rows import APART
from portal.domain.consents.effects import Effect
from portal.services.imports import chunks
from portal.services.imports.batch_lease import Hand
from portal.services.imports.chunks import DAMAGED, Looked
from portal.services.imports.row_results import BYTE_OF, Passed, tally_of

log = structlog.get_logger()

SUSPENDED = "suspended"  # What a batch's `problem` says where its provider was suspended while it ran.
TO_WRITE = frozenset(BYTE_OF[effect] for effect in Effect)
LEFT_OUT = BYTE_OF[Passed.GRANT_LEFT_OUT.value]
ONE_BY_ONE = (Effect.REFUSAL, Effect.OLD_REFUSAL)


class Run:
    """One batch being written, for the length of a slice."""

    def __init__(self, hand: Hand):
        self.hand = hand
        self.batch = read_session().get_one(ImportBatch, hand.batch_id, populate_existing=True)
        self.brand = read_session().get_one(Brand, self.batch.brand_id, populate_existing=True)
        self.place = self.batch.position
        # What was no date to come when it was rehearsed is none now, whatever this machine's clock says.
        self.look = chunks.looking(vault(), self.batch, max(clock.now(), self.batch.dry_run_at))
        self.told = _told(hand.batch_id, self.place)
        self.undo_for = timedelta(seconds=current_app.config["IMPORT_UNDO_SECONDS"])

    def go(self, seconds: float) -> bool:
        """Write for about so long; whether more is to do. Raises Lost."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if _is_suspended(self.batch.provider_id):
                return self._stop()
            piece = chunks.piece_at(read_session(), self.hand.batch_id, self.place)
            if piece is None:
                return self._end()
            self._write(piece)
            self.place += 1
        return True

    def _write(self, piece: Row) -> None:
        """A piece that ran before is passed by; one that cannot be opened is said to be so, and the others go on."""
        looked = None
        if piece.ran_at is None:
            try:
                looked = self.look(piece)
            except CannotOpen:
                log.error("import.piece_damaged", batch=self.hand.batch_id, piece=piece.place)
        if looked is None:
            says = {} if piece.ran_at else {"problem": DAMAGED}
            self.hand.keep(db.session, clock.now(), position=self.place + 1, **says)
        else:
            self._bring(piece, looked)
        db.session.commit()

    def _bring(self, piece: Row, looked: Looked) -> None:
        verdicts = bytearray(piece.row_results)
        slots = self._to_write(verdicts, looked)
        entries = [looked.entries[slot] for slot in slots]
        at = clock.now()
        says = {
            "batch_id": self.hand.batch_id,
            "user_id": self.batch.started_by,
            "grants_due_at": max(at, self.batch.started_at + self.undo_for),
            "refusals_due_at": max(at, self.batch.started_at + self.told * APART),
            "at": at,
        }
        ready = bulk_import.prepare(read_session(), vault(), self.brand, entries, **says) if entries else None
        self.hand.keep(db.session, at, position=self.place + 1)
        if entries:
            effects = bulk_import.bring(db.session, vault(), self.brand, entries, **says, prepared=ready)
            for slot, effect in zip(slots, effects, strict=True):
                verdicts[slot] = BYTE_OF[effect]
        if _mark(piece, bytes(verdicts), at):
            self.told += sum(verdicts.count(BYTE_OF[effect]) for effect in ONE_BY_ONE)
        else:  # Another worker wrote it while our lease had run out.
            db.session.rollback()

    def _to_write(self, verdicts: bytearray, looked: Looked) -> list[int]:
        """The slots whose entries are written; what was rehearsed as a repeat or a problem stays so."""
        slots = []
        for slot, entry in looked.entries.items():
            if verdicts[slot] not in TO_WRITE:
                continue
            if self.batch.only_refusals and entry.status != Status.REFUSED:
                verdicts[slot] = LEFT_OUT
            else:
                slots.append(slot)
        return slots

    def _stop(self) -> bool:
        at = clock.now()
        self.hand.end(db.session, BatchState.STOPPED, at, problem=SUSPENDED, ended_at=at)
        db.session.commit()
        return False

    def _end(self) -> bool:
        """The tally is now of what came to be."""
        at, tally = clock.now(), _tally(self.hand.batch_id)
        self.hand.end(db.session, BatchState.DONE, at, tally=tally, ended_at=at)
        db.session.commit()
        return False


def _mark(piece: Row, verdicts: bytes, at: datetime) -> bool:
    mine = update(ImportChunk).where(ImportChunk.id == piece.id, ImportChunk.ran_at.is_(None))
    ran = mine.values(row_results=verdicts, tally=tally_of(verdicts), ran_at=at)
    return db.session.execute(ran.execution_options(synchronize_session=False)).rowcount == 1


def _is_suspended(provider_id: int) -> bool:
    suspended = select(Provider.id).where(Provider.id == provider_id, Provider.suspended_at.is_not(None))
    return read_session().scalar(suspended) is not None


def _told(batch_id: int, place: int) -> int:
    """How many refusals of the batch İYS is being told already."""
    ran = select(ImportChunk.tally).where(ImportChunk.batch_id == batch_id, ImportChunk.place < place)
    return sum((tally or {}).get(effect, 0) for tally in read_session().scalars(ran) for effect in ONE_BY_ONE)


def _tally(batch_id: int) -> dict[str, int]:
    tally = Counter()
    for each in read_session().scalars(select(ImportChunk.tally).where(ImportChunk.batch_id == batch_id)):
        tally.update(each or {})
    return dict(tally)
