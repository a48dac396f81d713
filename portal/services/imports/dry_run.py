"""Dry run: the effect of each entry of a file, found before anything is written to consents.

Duplicates are found over the whole file, so a dry run that was killed begins again from the first line. Of the entries
of one key the newest wins, a refusal at the same moment, and of equal ones the first. Where a line that may refuse
cannot be written, a second pass leaves the grants of its address out, wherever they stand; others may count then.
"""

import sqlite3
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator

from sqlalchemy import bindparam, update

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import RecipientType, Source, Status
from portal.core.models import BatchState, Brand, ImportBatch, ImportChunk
from portal.core.vault import CannotOpen
from portal.domain.consents import bulk_import, recipients
from portal.domain.consents.bulk_import import Entry
from portal.domain.consents.import_plan import GRANTS, Effect
from portal.services.imports.batches import BatchLease
from portal.services.imports.brand_names import BrandNames
from portal.services.imports.chunk_parser import ParsedChunk, chunk_parser
from portal.services.imports.first_grants import FirstGrants
from portal.services.imports.row_results import BYTE_OF, SLOTS, RowProblem, SkipReason, tally_of
from portal.services.imports.store import DAMAGED, ChunkRow, chunk_at, header_of, layout_of, outline_of
from portal.services.imports.unused_columns import OLDER, CellCounter

SAVED_EVERY = 0.5  # Seconds.
REPEATED = BYTE_OF[SkipReason.REPEATED.value]
SENT_GRANTS = bytes(BYTE_OF[each] for each in GRANTS)
HELD = BYTE_OF[RowProblem.REFUSED_ELSEWHERE.value]
CACHE = 32 * 1024  # kB
CHANNEL_SUFFIX = {channel: bytes((number,)) for number, channel in enumerate(SLOTS)}
NUMBER_OF = {recipient_type: number for number, recipient_type in enumerate(RecipientType)}
TABLES = (
    "CREATE TABLE seen (key BLOB, type INTEGER, weight INTEGER, place INTEGER, line INTEGER, PRIMARY KEY (key, type))"
    " WITHOUT ROWID",
    "CREATE TABLE new (address BLOB PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE held (key BLOB PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE lost (place INTEGER PRIMARY KEY, key BLOB, line INTEGER)",
)
# Lines with a refusal, as whatever type, where the last word of the file is a grant or a refusal that gives way itself.
OLDER_LINES = """
    SELECT min(place), line
    FROM (SELECT * FROM lost UNION ALL SELECT place, key, line FROM seen WHERE weight % 2) AS refusal
    WHERE (
        SELECT weight % 2 = 0 OR place IN (SELECT place FROM lost) FROM seen WHERE seen.key = refusal.key
        ORDER BY weight DESC LIMIT 1
    )
    GROUP BY place / ? ORDER BY 1
"""

# Key of address and channel, number of the type, weight, slot in the whole file, and number of the line.
SeenEntry = tuple[bytes, int, int, int, int]


class DryRun:
    """The dry run of one batch; it may be paused between two chunks, within this process."""

    def __init__(self, lease: BatchLease):
        batch = read_session().get_one(ImportBatch, lease.id, populate_existing=True)
        self.lease, self.at = lease, clock.now()
        self.brand = read_session().get_one(Brand, batch.brand_id, populate_existing=True)
        self.seen, self.leaves_held_out = SeenEntries(), False
        self._begin(batch)

    def _begin(self, batch: ImportBatch) -> None:
        layout = layout_of(vault(), batch)
        header = header_of(outline_of(vault(), batch), layout)
        brands = BrandNames.of_brand(read_session(), self.brand, layout.other_brands)
        self.unread = CellCounter(layout, header, brands=brands)
        self.parse = chunk_parser(vault(), batch, self.at, self.unread)
        self.ids: list[int] = []  # Of the chunks so far,
        self.starts: list[int] = []  # the number of their first slot in the whole file,
        self.sheets: list[int] = []  # their sheet,
        self.results: list[bytearray] = []  # and their row results.
        self.unsaved: set[int] = set()  # Places of chunks whose results changed.
        self.first_grants = FirstGrants()
        self.lines, self.before_2015, self.is_damaged = 0, 0, False

    def work(self, seconds: float) -> bool:
        """Go on for about so long; whether more is to do. Raises LeaseLost."""
        until, saved = time.monotonic() + seconds, time.monotonic()
        while chunk := chunk_at(read_session(), self.lease.id, len(self.results)):
            self._evaluate(chunk)
            now = time.monotonic()
            if now - saved > SAVED_EVERY or now > until:
                saved = now
                self._save_results()
                self.lease.renew(db.session, clock.now(), position=len(self.results))
                db.session.commit()
            if now > until:
                return True
        if not self.leaves_held_out and self.seen.has_held_grants():
            self.leaves_held_out = True
            self.seen.clear()
            self._begin(read_session().get_one(ImportBatch, self.lease.id))
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
        self.sheets.append(chunk.sheet)
        self.results.append(results)
        self.unsaved.add(len(self.results) - 1)
        if parsed.held and not self.leaves_held_out:
            self.seen.hold(self._index_of(parsed.held).values())
        if self.leaves_held_out:
            self._leave_held_out(results, parsed.entries)
        if parsed.entries:
            self._find_effects(results, parsed, self.starts[-1])

    def _leave_held_out(self, results: bytearray, entries: dict[int, Entry]) -> None:
        grants = {slot: entry.address.text for slot, entry in entries.items() if entry.status == Status.GRANTED}
        indexes = self._index_of(grants.values())
        for slot, text in grants.items():
            if self.seen.is_held(indexes[text] + CHANNEL_SUFFIX[entries[slot].channel]):
                results[slot] = HELD
                del entries[slot]

    def _index_of(self, texts: Iterable[str]) -> dict[str, bytes]:
        indexes = recipients.blind_indexes(vault(), self.brand.provider_id, texts)
        return {text: next(iter(each.values())) for text, each in indexes.items()}

    def _find_effects(self, results: bytearray, parsed: ParsedChunk, start: int) -> None:
        entries = without_duplicates(parsed.entries)
        plan = bulk_import.dry_run(read_session(), vault(), self.brand, list(entries.values()), self.at)
        index_of = {text: next(iter(indexes.values())) for text, indexes in plan.indexes.items()}
        new, seen, older = set(), list[SeenEntry](), set[int]()
        for (slot, entry), effect in zip(entries.items(), plan.effects, strict=True):
            results[slot] = BYTE_OF[effect]
            self.first_grants.add(plan, entry, effect, start + slot)
            if entry.status == Status.REFUSED and plan.is_granted(entry):
                older.add(slot)
            if entry.status == Status.GRANTED and entry.address.text in plan.new:
                new.add(index_of[entry.address.text])
        for slot, entry in parsed.entries.items():
            key = index_of[entry.address.text] + CHANNEL_SUFFIX[entry.channel]
            date, is_refusal = entry.weight
            weight = 2 * int(date.timestamp()) + is_refusal
            seen.append((key, NUMBER_OF[entry.recipient_type], weight, start + slot, entry.line))
        self.seen.add_new_addresses(new)
        self.seen.add_lost(row for row in seen if row[3] - start in older)
        for place in self.seen.add(seen):  # Slots whose entries give way to another of their key.
            number = self._chunk_of(place)
            self.results[number][place - self.starts[number]] = REPEATED
            self.unsaved.add(number)
        self.before_2015 += sum(
            entry.source == Source.BEFORE_2015 and results[slot] == BYTE_OF[Effect.GRANT]
            for slot, entry in entries.items()
        )

    def _chunk_of(self, slot: int) -> int:
        return bisect_right(self.starts, slot) - 1

    def _is_granted(self, slot: int) -> bool:
        number = self._chunk_of(slot)
        return self.results[number][slot - self.starts[number]] in SENT_GRANTS

    def _save_results(self) -> None:
        rows = [
            {"its_id": self.ids[each], "its_row_results": bytes(results), "its_tally": tally_of(results)}
            for each in self.unsaved
            for results in [self.results[each]]
        ]
        if rows:
            db.session.execute(SAVE, rows)
        self.unsaved = set()

    def _finish(self) -> None:
        for place, line in self.seen.older_lines():
            self.unread.add_line(OLDER, line, self.sheets[self._chunk_of(place)])
        tally: Counter[str] = Counter()
        for results in self.results:
            tally.update(tally_of(results))
        self._save_results()  # From here on the database has no other writer.
        at = clock.now()
        self.lease.finish(
            db.session, BatchState.DRY_RUN, at, tally=dict(tally), lines=self.lines,
            new_addresses=self.seen.new_address_count, dry_run_at=at, position=len(self.results),
            before_2015=self.before_2015,
            first_grants=self.first_grants.count(read_session(), self.brand, self._is_granted),
            problem=DAMAGED if self.is_damaged else None, unused_columns=self.unread.counts(),
        )  # fmt: skip
        db.session.commit()


def without_duplicates(entries: dict[int, Entry]) -> dict[int, Entry]:
    """Of the entries of one key the one that counts: one that gives way is never written, so it must not be known as a
    fact before the other."""
    slots: dict[tuple[object, ...], int] = {}
    for slot, entry in entries.items():
        if entry.key not in slots or entry.weight > entries[slots[entry.key]].weight:
            slots[entry.key] = slot
    return {slot: entries[slot] for slot in sorted(slots.values())}


class SeenEntries:
    """The entries of one file so far, by key and type, with flat memory.

    The keys stand in a temporary SQLite database, in memory while it is small and in an unnamed file after that. It
    holds no address: a key is the blind index of its address.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in (f"PRAGMA cache_size=-{CACHE}", "PRAGMA journal_mode=OFF", *TABLES, "BEGIN"):
            self._database.execute(statement)

    def add(self, rows: list[SeenEntry]) -> list[int]:
        """Add the entries of a chunk; the slots of those that lose by it, here or further up."""
        added = self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?)", rows).rowcount
        return [] if added == len(rows) else [lost for row in rows if (lost := self._resolve(row)) is not None]

    def add_lost(self, rows: Iterable[SeenEntry]) -> None:
        """Add entries that give way to another of their type or to what is known; the refusals of them are kept."""
        refusals = [(place, key, line) for key, _, weight, place, line in rows if weight % 2]
        self._database.executemany("INSERT OR IGNORE INTO lost VALUES (?, ?, ?)", refusals)

    def older_lines(self) -> Iterator[tuple[int, int]]:
        """The lines whose refusals are older than a grant, here or known before, which stands: a slot and the number of
        each, in the order of the file."""
        yield from self._database.execute(OLDER_LINES, (len(SLOTS),))

    def add_new_addresses(self, indexes: Iterable[bytes]) -> None:
        """Add addresses of which no consent is held yet."""
        self._database.executemany("INSERT OR IGNORE INTO new VALUES (?)", [(index,) for index in indexes])

    @property
    def new_address_count(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM new").fetchone()[0])

    def hold(self, indexes: Iterable[bytes]) -> None:
        """Add addresses of lines that may refuse and cannot be written."""
        keys = [(index + suffix,) for index in indexes for suffix in CHANNEL_SUFFIX.values()]
        self._database.executemany("INSERT OR IGNORE INTO held VALUES (?)", keys)

    def is_held(self, key: bytes) -> bool:
        return self._database.execute("SELECT 1 FROM held WHERE key = ?", (key,)).fetchone() is not None

    def has_held_grants(self) -> bool:
        """Whether a grant counts of an address that is held."""
        found = self._database.execute("SELECT 1 FROM held JOIN seen USING (key) WHERE weight % 2 = 0 LIMIT 1")
        return found.fetchone() is not None

    def clear(self) -> None:
        """Forget all entries, not what is held."""
        for statement in ("DELETE FROM seen", "DELETE FROM new", "DELETE FROM lost"):
            self._database.execute(statement)

    def close(self) -> None:
        self._database.close()

    def _resolve(self, new: SeenEntry) -> int | None:
        """Keep the heavier of two entries of one key and type; the place of the other."""
        key, its_type, weight, place, _ = new
        found = self._database.execute("SELECT * FROM seen WHERE key = ? AND type = ?", (key, its_type))
        kept: SeenEntry = found.fetchone()
        if kept[3] == place:
            return None
        lost = kept if weight > kept[2] else new
        if lost is kept:
            self._database.execute("REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", new)
        self.add_lost([lost])
        return lost[3]


TABLE = ImportChunk.__table__
SAVE = update(TABLE).where(TABLE.c.id == bindparam("its_id")).values(
    {name: bindparam(f"its_{name}", type_=TABLE.c[name].type) for name in ("row_results", "tally")}
)  # fmt: skip
