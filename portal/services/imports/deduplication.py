"""Deduplication over a whole file, with flat memory: of the entries of one key the newest wins, a refusal at the same
moment, and of equal ones the first.

The keys stand in a temporary SQLite database, in memory while it is small and in an unnamed file after that. It holds
no address: a key is the blind index of its address.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from portal.core.iys_protocol import Channel, RecipientType
from portal.services.imports.row_results import SLOTS

CACHE = 32 * 1024  # kB
KEY_SUFFIX = {key: bytes((number,)) for number, key in enumerate(product(SLOTS, RecipientType))}
SEEN = "CREATE TABLE seen (key BLOB PRIMARY KEY, weight INTEGER, place INTEGER) WITHOUT ROWID"
NEW = "CREATE TABLE new (address BLOB PRIMARY KEY) WITHOUT ROWID"


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry by the blind index of its address, with its weight (Entry.weight) and its slot in the whole file."""

    index: bytes
    channel: Channel
    recipient_type: RecipientType
    date: datetime
    is_refusal: bool
    place: int

    @property
    def row(self) -> tuple[bytes, int, int]:
        weight = 2 * int(self.date.timestamp()) + self.is_refusal
        return self.index + KEY_SUFFIX[self.channel, self.recipient_type], weight, self.place


class SeenEntries:
    """The entries of one file so far, by key."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in (f"PRAGMA cache_size=-{CACHE}", "PRAGMA journal_mode=OFF", SEEN, NEW, "BEGIN"):
            self._database.execute(statement)

    def add(self, entries: Iterable[SeenEntry]) -> list[int]:
        """Add the entries of a chunk; the places of those that lose by it, here or further up."""
        rows = [entry.row for entry in entries]
        added = self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows).rowcount
        return [] if added == len(rows) else [lost for row in rows if (lost := self._resolve(*row)) is not None]

    def add_new_addresses(self, indexes: Iterable[bytes]) -> None:
        """Add addresses of which no consent is held yet."""
        self._database.executemany("INSERT OR IGNORE INTO new VALUES (?)", [(index,) for index in indexes])

    @property
    def new_address_count(self) -> int:
        count: int = self._database.execute("SELECT count(*) FROM new").fetchone()[0]
        return count

    def close(self) -> None:
        self._database.close()

    def _resolve(self, key: bytes, weight: int, place: int) -> int | None:
        """Keep the heavier of two entries of one key; the place of the other."""
        kept_weight: int
        kept_place: int
        kept_weight, kept_place = self._database.execute(
            "SELECT weight, place FROM seen WHERE key = ?", (key,)
        ).fetchone()
        if kept_place == place:
            return None
        if weight <= kept_weight:
            return place
        self._database.execute("UPDATE seen SET weight = ?, place = ? WHERE key = ?", (weight, place, key))
        return kept_place
