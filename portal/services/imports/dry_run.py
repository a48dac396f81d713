"""Rehearsing: what would come of each entry of a file, told before anything is written to consents.

Repeats are found over the whole file, so a rehearsal that was killed begins again from its first line.
"""

import time
from bisect import bisect_right
from collections import Counter

from sqlalchemy import Row, bindparam, update

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Status
from portal.core.models import BatchState, Brand, ImportBatch, ImportChunk
from portal.core.vault import CannotOpen
from portal.domain.consents import bulk_import
from portal.domain.consents.bulk_import import Entry
from portal.services.imports import chunks
from portal.services.imports.batch_lease import Hand
from portal.services.imports.chunks import DAMAGED, Looked
from portal.services.imports.deduplication import Repeats, Seen
from portal.services.imports.row_results import BYTE_OF, Passed, tally_of

SLOTS = 3
KEPT_EVERY = 0.5  # Seconds: so often what was seen is written down.
REPEATED = BYTE_OF[Passed.REPEATED.value]


class Rehearsal:
    """One batch being rehearsed: it may be put aside between two pieces, within this process."""

    def __init__(self, hand: Hand):
        batch = read_session().get_one(ImportBatch, hand.batch_id, populate_existing=True)
        self.hand, self.at = hand, clock.now()
        self.brand = read_session().get_one(Brand, batch.brand_id, populate_existing=True)
        self.look = chunks.looking(vault(), batch, self.at)
        self.repeats, self.results, self.starts = Repeats(), [], []
        self.lines, self.unwritten, self.is_damaged = 0, {}, False
        self.ids: list[int] = []

    def go(self, seconds: float) -> bool:
        """Rehearse for about so long; whether more is to do. Raises Lost."""
        until, kept = time.monotonic() + seconds, time.monotonic()
        while piece := chunks.piece_at(read_session(), self.hand.batch_id, len(self.results)):
            self._take(piece)
            now = time.monotonic()
            if now - kept > KEPT_EVERY or now > until:
                kept = now
                self._keep()
            if now > until:
                return True
        self._end()
        return False

    def close(self) -> None:
        """Forget what was seen."""
        self.repeats.close()

    def _take(self, piece: Row) -> None:
        verdicts = bytearray(SLOTS * piece.lines)
        try:
            looked = self.look(piece)
        except CannotOpen:
            looked, self.is_damaged = Looked(), True
        self.lines += looked.lines
        for slot, word in looked.words.items():
            verdicts[slot] = BYTE_OF[word]
        self.ids.append(piece.id)
        self.starts.append(self.starts[-1] + len(self.results[-1]) if self.starts else 0)
        self.results.append(verdicts)
        self.unwritten[len(self.results) - 1] = True
        if looked.entries:
            self._judge(verdicts, looked, self.starts[-1])

    def _judge(self, verdicts: bytearray, looked: Looked, start: int) -> None:
        entries = _foremost(looked.entries)
        for slot in looked.entries.keys() - entries.keys():
            verdicts[slot] = REPEATED
        plan = bulk_import.look(read_session(), vault(), self.brand, list(entries.values()), self.at)
        index_of = {text: next(iter(indexes.values())) for text, indexes in plan.indexes.items()}
        seen, new = [], set()
        for (slot, entry), effect in zip(entries.items(), plan.effects, strict=True):
            verdicts[slot] = BYTE_OF[effect]
            index = index_of[entry.address.text]
            seen.append(Seen(index, entry.channel, entry.recipient_type, *entry.weight, start + slot))
            if entry.status == Status.GRANTED and entry.address.text in plan.new:
                new.add(index)
        self.repeats.add_new(new)
        for place in self.repeats.add(seen):
            self._lose(place)

    def _lose(self, place: int) -> None:
        """The entry at that place of the whole file gives way to another of its key."""
        number = _last_not_above(self.starts, place)
        self.results[number][place - self.starts[number]] = REPEATED
        self.unwritten[number] = True

    def _keep(self) -> None:
        self._write()
        self.hand.keep(db.session, clock.now(), position=len(self.results))
        db.session.commit()

    def _write(self) -> None:
        rows = [
            {
                "its_id": self.ids[number],
                "its_row_results": bytes(self.results[number]),
                "its_tally": self._tally(number),
            }
            for number in self.unwritten
        ]
        if rows:
            db.session.execute(WRITE, rows)
        self.unwritten = {}

    def _tally(self, number: int) -> dict[str, int]:
        return tally_of(bytes(self.results[number]))

    def _end(self) -> None:
        self._write()
        tally = Counter()
        for number in range(len(self.results)):
            tally.update(self._tally(number))
        at = clock.now()
        self.hand.end(
            db.session, BatchState.DRY_RUN, at, tally=dict(tally), lines=self.lines, new_addresses=self.repeats.new,
            dry_run_at=at, position=len(self.results), problem=DAMAGED if self.is_damaged else None,
        )  # fmt: skip
        db.session.commit()


def _foremost(entries: dict[int, Entry]) -> dict[int, Entry]:
    """Of the entries of one key the one that counts, as Repeats finds it over the whole file: what gives way to it is
    never written, so it must not be seen as a fact before it."""
    counts: dict[tuple, int] = {}
    for slot, entry in entries.items():
        key = entry.address.text, entry.channel, entry.recipient_type
        if key not in counts or entry.weight > entries[counts[key]].weight:
            counts[key] = slot
    return {slot: entries[slot] for slot in sorted(counts.values())}


def _last_not_above(starts: list[int], place: int) -> int:
    return bisect_right(starts, place) - 1


TABLE = ImportChunk.__table__
WRITE = update(TABLE).where(TABLE.c.id == bindparam("its_id")).values(
    {name: bindparam(f"its_{name}", type_=TABLE.c[name].type) for name in ("row_results", "tally")}
)  # fmt: skip
