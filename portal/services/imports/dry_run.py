"""Dry run: the effect of each entry of a file, found before anything is written to consents.

Duplicates are found over the whole file, so a dry run that was killed begins again from the first line.
"""

import time
from bisect import bisect_right
from collections import Counter

from sqlalchemy import bindparam, update

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import BatchState, Brand, ImportBatch, ImportChunk
from portal.core.vault import CannotOpen
from portal.domain.consents import bulk_import
from portal.domain.consents.bulk_import import Entry
from portal.services.imports import chunks
from portal.services.imports.batch_lease import BatchLease
from portal.services.imports.chunks import DAMAGED, ChunkRow, ParsedChunk
from portal.services.imports.deduplication import SeenEntries, SeenEntry
from portal.services.imports.row_results import BYTE_OF, SLOTS, SkipReason, tally_of

SAVED_EVERY = 0.5  # Seconds.
REPEATED = BYTE_OF[SkipReason.REPEATED.value]


class DryRun:
    """The dry run of one batch; it may be paused between two chunks, within this process."""

    def __init__(self, lease: BatchLease):
        batch = read_session().get_one(ImportBatch, lease.id, populate_existing=True)
        self.lease, self.at = lease, clock.now()
        self.brand = read_session().get_one(Brand, batch.brand_id, populate_existing=True)
        self.parse = chunks.chunk_parser(vault(), batch, self.at)
        self.seen = SeenEntries()
        self.ids: list[int] = []  # Of the chunks so far,
        self.starts: list[int] = []  # the number of their first slot in the whole file,
        self.results: list[bytearray] = []  # and their row results.
        self.unsaved: set[int] = set()  # Places of chunks whose results changed.
        self.lines, self.is_damaged = 0, False

    def work(self, seconds: float) -> bool:
        """Go on for about so long; whether more is to do. Raises LeaseLost."""
        until, saved = time.monotonic() + seconds, time.monotonic()
        while chunk := chunks.chunk_at(read_session(), self.lease.id, len(self.results)):
            self._evaluate(chunk)
            now = time.monotonic()
            if now - saved > SAVED_EVERY or now > until:
                saved = now
                self._save_progress()
            if now > until:
                return True
        self._finish()
        return False

    def close(self) -> None:
        self.seen.close()

    def _evaluate(self, chunk: ChunkRow) -> None:
        results = bytearray(len(SLOTS) * chunk.lines)
        try:
            parsed = self.parse(chunk)
        except CannotOpen:
            parsed, self.is_damaged = ParsedChunk(), True
        self.lines += parsed.lines
        for slot, problem in parsed.problems.items():
            results[slot] = BYTE_OF[problem]
        self.ids.append(chunk.id)
        self.starts.append(self.starts[-1] + len(self.results[-1]) if self.starts else 0)
        self.results.append(results)
        self.unsaved.add(len(self.results) - 1)
        if parsed.entries:
            self._find_effects(results, parsed, self.starts[-1])

    def _find_effects(self, results: bytearray, parsed: ParsedChunk, start: int) -> None:
        entries = _without_duplicates(parsed.entries)
        for slot in parsed.entries.keys() - entries.keys():
            results[slot] = REPEATED
        plan = bulk_import.dry_run(read_session(), vault(), self.brand, list(entries.values()), self.at)
        index_of = {text: next(iter(indexes.values())) for text, indexes in plan.indexes.items()}
        seen, new = [], set()
        for (slot, entry), effect in zip(entries.items(), plan.effects, strict=True):
            results[slot] = BYTE_OF[effect]
            index = index_of[entry.address.text]
            seen.append(SeenEntry(index, entry.channel, entry.recipient_type, *entry.weight, start + slot))
            if entry.status == Status.GRANTED and entry.address.text in plan.new:
                new.add(index)
        self.seen.add_new_addresses(new)
        for place in self.seen.add(seen):
            self._mark_repeated(place)

    def _mark_repeated(self, place: int) -> None:
        """The entry at that slot of the whole file gives way to another of its key."""
        number = bisect_right(self.starts, place) - 1
        self.results[number][place - self.starts[number]] = REPEATED
        self.unsaved.add(number)

    def _save_progress(self) -> None:
        self._save_results()
        self.lease.renew(db.session, clock.now(), position=len(self.results))
        db.session.commit()

    def _save_results(self) -> None:
        rows = [
            {"its_id": self.ids[each], "its_row_results": bytes(self.results[each]), "its_tally": self._tally(each)}
            for each in self.unsaved
        ]
        if rows:
            db.session.execute(SAVE, rows)
        self.unsaved = set()

    def _tally(self, number: int) -> dict[str, int]:
        return tally_of(bytes(self.results[number]))

    def _finish(self) -> None:
        self._save_results()
        tally: Counter[str] = Counter()
        for number in range(len(self.results)):
            tally.update(self._tally(number))
        at = clock.now()
        self.lease.finish(
            db.session, BatchState.DRY_RUN, at, tally=dict(tally), lines=self.lines,
            new_addresses=self.seen.new_address_count, dry_run_at=at, position=len(self.results),
            problem=DAMAGED if self.is_damaged else None,
        )  # fmt: skip
        db.session.commit()


def _without_duplicates(entries: dict[int, Entry]) -> dict[int, Entry]:
    """Of the entries of one key the one that counts, by the rule of SeenEntries: one that gives way is never written,
    so it must not be known as a fact before the other."""
    slots: dict[tuple[str, Channel, RecipientType], int] = {}
    for slot, entry in entries.items():
        key = entry.address.text, entry.channel, entry.recipient_type
        if key not in slots or entry.weight > entries[slots[key]].weight:
            slots[key] = slot
    return {slot: entries[slot] for slot in sorted(slots.values())}


TABLE = ImportChunk.__table__
SAVE = update(TABLE).where(TABLE.c.id == bindparam("its_id")).values(
    {name: bindparam(f"its_{name}", type_=TABLE.c[name].type) for name in ("row_results", "tally")}
)  # fmt: skip
