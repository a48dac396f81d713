"""Repeats over a whole file, with flat memory: of the entries of one key the newest wins, a refusal at the same moment,
and of those that say the same the first.

What was seen stands in a database of its own, which SQLite keeps in memory as long as it is small and in a nameless
file after that. No address is in it: a key is the blind index of its address.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from portal.core.iys_protocol import Channel, RecipientType
from portal.services.imports.row_results import SLOTS

CACHE = 32 * 1024  # kB
WHAT = {key: bytes((number,)) for number, key in enumerate(product(SLOTS, RecipientType))}
SEEN = "CREATE TABLE seen (key BLOB PRIMARY KEY, weight INTEGER, place INTEGER) WITHOUT ROWID"
NEW = "CREATE TABLE new (address BLOB PRIMARY KEY) WITHOUT ROWID"


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry: the blind index of its address, its key besides, what it weighs (Entry.weight), and its place among
    all slots."""

    index: bytes
    channel: Channel
    recipient_type: RecipientType
    date: datetime
    is_refusal: bool
    place: int

    @property
    def row(self) -> tuple[bytes, int, int]:
        weight = 2 * int(self.date.timestamp()) + self.is_refusal
        return self.index + WHAT[self.channel, self.recipient_type], weight, self.place


class Repeats:
    """The keys of one file, as far as it was read."""

    def __init__(self):
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in (f"PRAGMA cache_size=-{CACHE}", "PRAGMA journal_mode=OFF", SEEN, NEW, "BEGIN"):
            self._database.execute(statement)

    def add(self, entries: Iterable[Seen]) -> list[int]:
        """Take the entries of a piece; the places of those that lost by it, here or further up."""
        rows = [entry.row for entry in entries]
        added = self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows).rowcount
        return [] if added == len(rows) else [lost for row in rows if (lost := self._meet(*row)) is not None]

    def add_new(self, addresses: Iterable[bytes]) -> None:
        """Take addresses that are not held yet."""
        self._database.executemany("INSERT OR IGNORE INTO new VALUES (?)", [(address,) for address in addresses])

    @property
    def new(self) -> int:
        """How many addresses are not held yet."""
        return self._database.execute("SELECT count(*) FROM new").fetchone()[0]

    def close(self) -> None:
        """Forget all of it."""
        self._database.close()

    def _meet(self, key: bytes, weight: int, place: int) -> int | None:
        won, at = self._database.execute("SELECT weight, place FROM seen WHERE key = ?", (key,)).fetchone()
        if at == place:
            return None
        if weight <= won:
            return place
        self._database.execute("UPDATE seen SET weight = ?, place = ? WHERE key = ?", (weight, place, key))
        return at
