"""Where journals hold which row, in a temporary file, so that a restore needs no memory for all of them.

It has ids, dates and places only: what was decided, and by whom, is opened again in the journals, part by part.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from portal.core import journal_records
from portal.core.iys_protocol import Status
from portal.core.journal_records import Record, Row
from portal.core.vault import Vault

TABLES = """
CREATE TABLE decision (id INTEGER PRIMARY KEY, brand_id INTEGER, recorded_at TEXT, is_refusal INTEGER,
                       file INTEGER, offset INTEGER);
CREATE TABLE receipt (id INTEGER PRIMARY KEY, file INTEGER, offset INTEGER);
CREATE TABLE gateway_event (id INTEGER PRIMARY KEY, step INTEGER, file INTEGER, offset INTEGER);
CREATE TABLE refusing_link (id INTEGER, nonce INTEGER, file INTEGER, offset INTEGER, PRIMARY KEY (id, nonce));
CREATE TABLE closed_line (id INTEGER PRIMARY KEY, file INTEGER, offset INTEGER);
CREATE TABLE annulment (decision_id INTEGER PRIMARY KEY, provider_id INTEGER, at TEXT, user_id INTEGER);
"""
LAST_STEP = """
INSERT INTO gateway_event VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
SET step = excluded.step, file = excluded.file, offset = excluded.offset
WHERE excluded.step >= step
"""
IN_ORDER = "CREATE INDEX in_order ON decision (brand_id, recorded_at, id)"


@dataclass(frozen=True)
class IndexedRow:
    """A row of a journal's record."""

    id: int
    is_refusal: bool
    file: int
    offset: int
    nonce: int = 0  # Of a link.


class JournalIndex:
    """The rows of some files; of two with the same id the first one, since what a journal lacked is appended again
    together with what it had; but of a vendor's news the one of the last step. `closed`: times, from and until, of
    which the journals hold all that was committed. `last_link_id`: the highest one that any row names."""

    def __init__(self, vault: Vault, files: Iterable[Path], on_problem: Callable[[Exception], None]):
        self._vault, self._files = vault, list(files)
        self._database = sqlite3.connect("")  # SQLite deletes the file by itself.
        self._database.executescript(TABLES)
        self.closed: list[tuple[datetime, datetime]] = []
        self.last_link_id = 0
        for number, path in enumerate(self._files):
            for offset, record in journal_records.scan_file(path, vault, on_problem=on_problem):
                self._add(record, number, offset)
        self._database.execute(IN_ORDER)

    def close(self) -> None:
        self._database.close()

    def annulments(self, size: int) -> Iterator[dict[int, Row]]:
        """All of them in parts, by decision."""
        cursor = self._database.execute("SELECT * FROM annulment ORDER BY decision_id")
        while found := cursor.fetchmany(size):
            yield {row[0]: _annulment(*row) for row in found}

    def find_annulments(self, decision_ids: Iterable[int]) -> dict[int, Row]:
        """Those of these decisions, by decision."""
        one = "SELECT * FROM annulment WHERE decision_id = ?"
        found = (self._database.execute(one, (each,)).fetchone() for each in decision_ids)
        return {row[0]: _annulment(*row) for row in found if row}

    def decisions(self, size: int) -> Iterator[tuple[int, list[IndexedRow]]]:
        """Brand by brand, in parts, those of all processes in the order in which they were made."""
        brands = self._database.execute("SELECT DISTINCT brand_id FROM decision ORDER BY brand_id").fetchall()
        theirs = "SELECT id, is_refusal, file, offset FROM decision WHERE brand_id = ? ORDER BY recorded_at, id"
        for (brand_id,) in brands:
            cursor = self._database.execute(theirs, (brand_id,))
            while found := cursor.fetchmany(size):
                yield brand_id, [IndexedRow(*row) for row in found]

    def find_decisions(self, decision_ids: Iterable[int]) -> list[IndexedRow]:
        one = "SELECT id, is_refusal, file, offset FROM decision WHERE id = ?"
        found = (self._database.execute(one, (each,)).fetchone() for each in decision_ids)
        return [IndexedRow(*row) for row in found if row]

    def receipts(self, size: int) -> Iterator[list[IndexedRow]]:
        return self._in_parts("SELECT id, 0, file, offset FROM receipt ORDER BY id", size)

    def closed_lines(self, size: int) -> Iterator[list[IndexedRow]]:
        return self._in_parts("SELECT id, 0, file, offset FROM closed_line ORDER BY id", size)

    def refusing_links(self, size: int) -> Iterator[list[IndexedRow]]:
        return self._in_parts("SELECT id, 0, file, offset, nonce FROM refusing_link ORDER BY id, nonce", size)

    def news(self, size: int) -> Iterator[list[Row]]:
        """What vendors told of people, as it stood last."""
        cursor = self._database.execute("SELECT id, 0, file, offset FROM gateway_event ORDER BY id")
        while found := cursor.fetchmany(size):
            records: dict[tuple[int, int], list[IndexedRow]] = defaultdict(list)  # An earlier one has an earlier state.
            for each in (IndexedRow(*row) for row in found):
                records[each.file, each.offset].append(each)
            opened = (({one.id for one in its}, self.open_rows(its, "gateway_event")) for its in records.values())
            yield [row for ids, rows in opened for row in rows["gateway_event"] if row["id"] in ids]

    def _in_parts(self, statement: str, size: int) -> Iterator[list[IndexedRow]]:
        cursor = self._database.execute(statement)
        while found := cursor.fetchmany(size):
            yield [IndexedRow(*row) for row in found]

    def open_rows(self, indexed: Iterable[IndexedRow], *tables: str) -> Record:
        """All rows of these tables in the records in which those stand, each once."""
        opened: dict[str, dict[tuple[Any, ...], Row]] = defaultdict(dict)
        places: dict[int, set[int]] = defaultdict(set)
        for each in indexed:
            places[each.file].add(each.offset)
        for number in sorted(places):
            with self._files[number].open("rb") as file:
                for offset in sorted(places[number]):
                    for table, rows in journal_records.read_at(file, offset, self._vault, tables).items():
                        for row in rows:
                            opened[table].setdefault(_key(table, row), row)
        return defaultdict(list, {table: list(rows.values()) for table, rows in opened.items()})

    def _add(self, record: Record, file: int, offset: int) -> None:
        decisions = (
            (row["id"], row["brand_id"], row["recorded_at"], row["status"] == Status.REFUSED, file, offset)
            for row in record.get("decision", ())
        )
        receipts = ((row["id"], file, offset) for row in record.get("receipt", ()))
        closed_lines = ((row["id"], file, offset) for row in record.get("closed_line", ()))
        links = [(row["id"], row["nonce"], file, offset) for row in record.get("refusing_link", ())]
        annulments = (
            (row["decision_id"], row["provider_id"], row["at"], row["user_id"]) for row in record.get("annulment", ())
        )
        news = ((row["id"], _step(row), file, offset) for row in record.get("gateway_event", ()))
        self._database.executemany(LAST_STEP, news)
        self._database.executemany("INSERT OR IGNORE INTO decision VALUES (?, ?, ?, ?, ?, ?)", decisions)
        self._database.executemany("INSERT OR IGNORE INTO receipt VALUES (?, ?, ?)", receipts)
        self._database.executemany("INSERT OR IGNORE INTO closed_line VALUES (?, ?, ?)", closed_lines)
        self._database.executemany("INSERT OR IGNORE INTO refusing_link VALUES (?, ?, ?, ?)", links)
        self._database.executemany("INSERT OR IGNORE INTO annulment VALUES (?, ?, ?, ?)", annulments)
        named = [row.get("link_id") or 0 for row in record.get("receipt", ())]
        self.last_link_id = max([self.last_link_id, *named, *(link_id for link_id, *_ in links)])
        for gap in record.get("journal_gap", ()):
            self.closed.append((datetime.fromisoformat(gap["since"]), datetime.fromisoformat(gap["until"])))


def _key(table: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in journal_records.TABLES[table].primary_key)


def _step(news: Row) -> int:
    """How far a vendor's news has come, by the row itself, since files of several processes are read in no order of
    time. It is settled last; before that it is read, and a firm's row that only holds is given the text."""
    is_settled, is_read, has_text = (news.get(each) is not None for each in ("settled_at", "outcome", "body"))
    return 4 * is_settled + 2 * is_read + has_text


def _annulment(decision_id: int, provider_id: int, at: str, user_id: int | None) -> Row:
    return {
        "decision_id": decision_id, "provider_id": provider_id, "at": datetime.fromisoformat(at), "user_id": user_id,
    }  # fmt: skip
