"""The run: a file's entries are written chunk by chunk, each in one transaction with the mark that it ran.

So each good entry becomes one decision, whenever the worker is killed. Opening, parsing and making the rows come before
the transaction: what recipients decide meanwhile waits for a short one.
"""

import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import select, update

from portal.core import clock
from portal.core.database import changed_rows
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Status
from portal.core.models import BatchState, Brand, ImportBatch, ImportChunk
from portal.core.vault import CannotOpen
from portal.domain.consents import bulk_import
from portal.domain.consents.bulk_import import APART, ImportRun
from portal.domain.consents.import_plan import Effect, Entry
from portal.services.imports import batches, queries
from portal.services.imports.batch_problems import SUSPENDED
from portal.services.imports.batches import BatchLease
from portal.services.imports.chunk_parser import ParsedChunk, chunk_parser
from portal.services.imports.dry_run import REPEATED, without_duplicates
from portal.services.imports.ended_mail import write_ended_mail
from portal.services.imports.row_results import BYTE_OF, SkipReason, tally_of
from portal.services.imports.store import DAMAGED, ChunkRow, chunk_at

log = structlog.get_logger()

WRITTEN_EFFECTS = frozenset(BYTE_OF[effect] for effect in Effect)
OVER_REFUSAL = BYTE_OF[Effect.OVER_REFUSAL]
LEFT_OUT = BYTE_OF[SkipReason.GRANT_LEFT_OUT.value]
SENT_ONE_BY_ONE = (Effect.REFUSAL, Effect.OLD_REFUSAL)


class Run:
    """The run of one batch, for the length of a slice."""

    def __init__(self, lease: BatchLease):
        self.lease = lease
        self.batch = read_session().get_one(ImportBatch, lease.id, populate_existing=True)
        self.brand = read_session().get_one(Brand, self.batch.brand_id, populate_existing=True)
        self.place = self.batch.position
        self.problem = self.batch.problem
        self.only_refusals = self.batch.only_refusals or self.problem == DAMAGED  # Lines that are lost may refuse.
        assert self.batch.dry_run_at and self.batch.started_at  # A run starts after a dry run only.
        self.started_at = self.batch.started_at
        # A date accepted in the dry run stays so, whatever this clock says; what has none gets one date.
        self.parse = chunk_parser(vault(), self.batch, max(self.started_at, self.batch.dry_run_at))
        sent = _tally(lease.id, self.place)  # On their way to İYS already.
        self.refusals_sent = sum(sent[effect] for effect in SENT_ONE_BY_ONE)
        self.undo_period = timedelta(seconds=current_app.config["IMPORT_UNDO_SECONDS"])

    def work(self, seconds: float) -> bool:
        """Write for about so long, one chunk at least; whether more is to do. Raises LeaseLost."""
        until = time.monotonic() + seconds
        while True:
            chunk = chunk_at(read_session(), self.lease.id, self.place)
            if chunk is None:
                self._finish(BatchState.DONE, tally=dict(_tally(self.lease.id)))  # Of the actual effects now.
                return False
            self._write_chunk(chunk)
            self.place += 1
            if time.monotonic() >= until:
                return True

    def _write_chunk(self, chunk: ChunkRow) -> None:
        """Write a chunk unless it ran before. One that cannot be opened is noted, and the others go on."""
        parsed = None
        if chunk.ran_at is None:
            try:
                parsed = self.parse(chunk)
            except CannotOpen:
                log.error("import.chunk_damaged", batch=self.lease.id, chunk=chunk.place)
        if parsed is None:
            if not chunk.ran_at:
                self._leave_grants_out(DAMAGED)
            self._renew(clock.now())
        else:
            self._write_entries(chunk, parsed)
        db.session.commit()

    def _write_entries(self, chunk: ChunkRow, parsed: ParsedChunk) -> None:
        results = bytearray(chunk.row_results)
        if not self.only_refusals and not batches.takes_grants(read_session(), self.batch):
            self._leave_grants_out(SUSPENDED)
        chosen = self._entries_to_write(results, parsed)
        entries = list(chosen.values())
        at = clock.now()
        run = ImportRun(
            batch_id=self.lease.id,
            user_id=self.batch.started_by,
            grants_due_at=max(at, self.started_at + self.undo_period),
            refusals_due_at=max(at, self.started_at + self.refusals_sent * APART),
            at=at,
        )
        prepared = bulk_import.prepare_import(read_session(), vault(), self.brand, entries, run) if entries else None
        self._renew(at)
        if entries:
            plan = bulk_import.apply_import(db.session, vault(), self.brand, entries, run, prepared)
            for slot, effect in zip(chosen, plan.effects, strict=True):
                results[slot] = BYTE_OF[effect]
        mine = update(ImportChunk).where(ImportChunk.id == chunk.id, ImportChunk.ran_at.is_(None))
        written = mine.values(row_results=bytes(results), tally=tally_of(results), ran_at=at)
        if changed_rows(db.session, written.execution_options(synchronize_session=False)) == 1:
            self.refusals_sent += sum(results.count(BYTE_OF[effect]) for effect in SENT_ONE_BY_ONE)
        else:  # Another worker wrote it while our lease had run out.
            db.session.rollback()

    def _leave_grants_out(self, problem: str) -> None:
        """Of what is not written yet."""
        self.only_refusals, self.problem = True, problem

    def _renew(self, at: datetime) -> None:
        self.lease.renew(
            db.session, at, position=self.place + 1, only_refusals=self.only_refusals, problem=self.problem
        )

    def _entries_to_write(self, results: bytearray, parsed: ParsedChunk) -> dict[int, Entry]:
        """The entries that are written, by slot; a repeat or a problem of the dry run stays one, and what is a problem
        since becomes one. Where grants are left out, a refusal that gave way counts again. Vouched for are those that
        the dry run held back: of a refusal that was heard since, the author did not know."""
        for slot, problem in parsed.problems.items():
            results[slot] = BYTE_OF[problem]
        if self.only_refusals:
            return self._refusals_to_write(results, parsed)
        chosen = {}
        vouched = OVER_REFUSAL if self.batch.after_refusal_confirmed_at else None
        for slot, entry in parsed.entries.items():
            if results[slot] in WRITTEN_EFFECTS:
                chosen[slot] = replace(entry, is_vouched=True) if results[slot] == vouched else entry
        return chosen

    def _refusals_to_write(self, results: bytearray, parsed: ParsedChunk) -> dict[int, Entry]:
        refusals = {}
        for slot, entry in parsed.entries.items():
            if entry.status == Status.REFUSED and results[slot] in (*WRITTEN_EFFECTS, REPEATED):
                refusals[slot] = entry
            elif results[slot] in WRITTEN_EFFECTS:
                results[slot] = LEFT_OUT
        return without_duplicates(refusals)

    def _finish(self, state: BatchState, **values: object) -> None:
        at, is_complete = clock.now(), state == BatchState.DONE and self.problem != DAMAGED
        self.lease.finish(db.session, state, at, ended_at=at, **values)
        tally = queries.tally_so_far(db.session, db.session.get_one(ImportBatch, self.lease.id, populate_existing=True))
        write_ended_mail(db.session, vault(), self.batch, tally, at, is_complete=is_complete)
        db.session.commit()


def _tally(batch_id: int, end: int | None = None) -> Counter[str]:
    """Entries by result, of the chunks up to a place."""
    tallies = select(ImportChunk.tally).where(ImportChunk.batch_id == batch_id)
    tally: Counter[str] = Counter()
    for each in read_session().scalars(tallies if end is None else tallies.where(ImportChunk.place < end)):
        tally.update(each or {})
    return tally
