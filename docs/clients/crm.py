"""A small CRM that keeps consents in step with İzinlink: a table of its own, refusals told at once, the feed read, and
a check before each sending. One file holds all brands of a firm, and several calls may use it at a time.

    IZINLINK_URL=… IZINLINK_KEY=… python crm.py 700001 copy
    python crm.py 700001 refuse +905321234567 MESAJ
    python crm.py 700001 follow
    python crm.py 700001 send MESAJ +905321234567 +905321234568
"""

import os
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from izinlink_client import Izinlink, Problem, new_key

TABLES = """
CREATE TABLE IF NOT EXISTS consent (
  brand INTEGER, recipient TEXT, type TEXT, recipient_type TEXT, status TEXT,
  reference TEXT, -- Whom the address belongs to at the brand: the same in all its rows there.
  PRIMARY KEY (brand, recipient, type, recipient_type)
);
CREATE INDEX IF NOT EXISTS consent_recipient ON consent (recipient);
CREATE TABLE IF NOT EXISTS feed (brand INTEGER PRIMARY KEY, cursor TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
  key TEXT PRIMARY KEY, recipient TEXT NOT NULL, type TEXT NOT NULL, consent_date TEXT NOT NULL,
  problem TEXT, -- What a person has to look at.
  brand INTEGER -- NULL: noted by an earlier version, which did not write it down.
);
"""
# What files of earlier versions lack, by table.
ADDED = {
    "consent": {"reference": "TEXT"},
    "outbox": {"consent_date": "TEXT NOT NULL DEFAULT ''", "problem": "TEXT", "brand": "INTEGER"},
}
TURKEY, DATE = timedelta(hours=3), "%Y-%m-%d %H:%M:%S"
JUST_NOW = timedelta(minutes=5)  # By this program's clock.
LONGEST_WAIT = 600.0  # Seconds that a call waits for another one's writing, rather than lose a refusal.
MAIL, CHANNELS = "EPOSTA", ("EPOSTA", "MESAJ", "ARAMA")
GRANT_IS_NEWER = "A grant seems newer than the refusal, which does not stand: ask the person."


class PersonNeeded(Exception):
    """Nobody is messaged until a person has looked at noted refusals."""


class BrandMissing(PersonNeeded):
    """Refusals of an earlier version wait, and nobody but a person knows whose they are."""


class RefusalNotTaken(PersonNeeded):
    """Refusals were set aside, and nobody but a person knows whom they mean."""


def open_file(file: str) -> sqlite3.Connection:
    """The file with its tables, also one of any earlier version, whose feed and outbox knew no brands."""
    database = sqlite3.connect(file, timeout=LONGEST_WAIT)
    with suppress(sqlite3.OperationalError):  # Another call has the file open just now: a later one does it.
        database.execute("PRAGMA journal_mode = WAL")  # Who reads keeps nobody from noting a refusal.
    with database:
        database.execute("BEGIN IMMEDIATE")
        for table, added in ADDED.items():
            columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
            for name in [each for each in added if columns and each not in columns]:
                database.execute(f"ALTER TABLE {table} ADD COLUMN {name} {added[name]}")
                if name == "consent_date":  # The first version told each as of when it was told.
                    database.execute("UPDATE outbox SET consent_date = ?", [f"{datetime.now(UTC) + TURKEY:{DATE}}"])
                if name == "brand":  # The feed passed over the other brands' events: each is copied anew.
                    database.execute("DROP TABLE feed")
    database.executescript(TABLES)
    return database


def plain(recipient: str) -> str:
    """An address as it may be compared, however it is spelled."""
    return recipient.strip().lower() if "@" in recipient else re.sub(r"\D", "", recipient)[-10:]


def may_mean(channel: str, noted: str, recipient: str) -> bool:
    """Whether a refusal that was noted of an address may be of mail, where `channel` is, or of telephones. The noted
    type may be the slip as well as the address."""
    return noted not in CHANNELS or (channel == MAIL) in (noted == MAIL, "@" in recipient)


class Crm:
    """The consents of one brand as the CRM knows them."""

    def __init__(self, file: str, izinlink: Izinlink, brand: int):
        self.database, self.izinlink, self.brand = open_file(file), izinlink, brand

    def copy(self) -> int:
        """Begin anew with a copy of all consents; how many they were. The pages come into a temporary table, which
        holds up nobody who notes a refusal meanwhile; at the end they take the former ones' place."""
        cursor, consents = self.izinlink.consents(self.brand)
        self.database.execute("CREATE TEMP TABLE IF NOT EXISTS copied AS SELECT * FROM consent LIMIT 0")
        with self.database:
            self.database.execute("DELETE FROM copied")
            copied = self.database.executemany("INSERT INTO copied VALUES (?, ?, ?, ?, ?, ?)", self._rows(consents))
            self.database.execute("DELETE FROM consent WHERE brand = ?", [self.brand])
            self._write(self.database.execute("SELECT * FROM copied"))
            self.database.execute("INSERT OR REPLACE INTO feed VALUES (?, ?)", (self.brand, cursor))
        return copied.rowcount

    def follow(self) -> int:
        """Obey what happened since; the number of events. Each page is written together with its cursor, and only
        where no other call has read on or copied anew meanwhile."""
        found = self.database.execute("SELECT cursor FROM feed WHERE brand = ?", [self.brand]).fetchone()
        if found is None:
            return self.copy()
        number, (kept,) = 0, found
        moved = "UPDATE feed SET cursor = ? WHERE brand = ? AND cursor = ?"
        try:
            for cursor, events in self.izinlink.events(kept):
                with self.database:
                    if not self.database.execute(moved, (cursor, self.brand, kept)).rowcount:
                        break
                    self._write(self._rows(event["consent"] for event in events if event["consent"]))
                kept, number = cursor, number + len(events)
        except Problem as problem:
            if problem.code != "cursor_lost":
                raise
            return self.copy()
        return number

    def refuse(self, recipient: str, channel: str) -> str | None:
        """Note a refusal here, then tell it; what cannot be told now is told by the next call. What is wrong with one
        that is not taken: a person has to look at it."""
        key, date = new_key(), f"{datetime.now(UTC) + TURKEY:{DATE}}"
        noted = "INSERT INTO outbox (key, brand, recipient, type, consent_date) VALUES (?, ?, ?, ?, ?)"
        with self.database:
            self.database.execute(noted, (key, self.brand, recipient, channel, date))
        self.tell()
        left = self.database.execute("SELECT problem FROM outbox WHERE key = ?", (key,)).fetchone()
        return left and left[0]

    def tell(self) -> None:
        """Tell all refusals of the brand that wait, each with the key that it got when it was noted: told twice, it is
        one. One that is not taken is set aside with its problem, and holds up no other."""
        waiting = "SELECT key, recipient, type, consent_date FROM outbox WHERE brand = ? AND problem IS NULL"
        for key, recipient, channel, date in self.database.execute(waiting, [self.brand]).fetchall():
            row = {"recipient": recipient, "type": channel, "status": "RET"}
            try:
                problem = self._tell_one(key, row, date)
            except Problem as refused:
                if refused.status not in (409, 422):  # The key or the brand: of all of them. A grant may get 409.
                    raise
                problem = str(refused)
            with self.database:
                if problem:
                    self.database.execute("UPDATE outbox SET problem = ? WHERE key = ?", [problem, key])
                else:
                    self.database.execute("DELETE FROM outbox WHERE key = ?", [key])
        (number,) = self.database.execute("SELECT COUNT(*) FROM outbox WHERE brand IS NULL").fetchone()
        if number:
            raise BrandMissing(
                f"{number} refusals in the outbox are of an earlier version, which did not note their brand. Look at "
                "each and write it down: UPDATE outbox SET brand = 700001 WHERE key = '…'. Where nobody knows it, "
                "refuse for each of your brands, then delete the row. Until then nobody may be messaged."
            )

    def _tell_one(self, key: str, row: dict[str, Any], date: str) -> str | None:
        """Tell a refusal until it stands; what is wrong where it does not. Dated before a grant, as a slow clock dates
        it, it changes nothing. Noted just now, it counts as of now, without a date; else the grant may be newer: it
        gets its date by the server's clock, and a person looks where it does not stand then, either."""
        if self._does_stand(key, row | {"consentDate": date}):
            return None
        age = datetime.now(UTC) + TURKEY - datetime.strptime(date, DATE).replace(tzinfo=UTC)
        there, is_told = self.izinlink.server_time, False
        if abs(age) < JUST_NOW:
            is_told = self._does_stand(f"{key}-now", row)
        elif there is not None and age > JUST_NOW:
            date = f"{there + TURKEY - age:{DATE}}"
            is_told = self._does_stand(f"{key}-{date}", row | {"consentDate": date})
        return None if is_told else GRANT_IS_NEWER

    def _does_stand(self, key: str, row: dict[str, Any]) -> bool:
        answer = self.izinlink.add_consent(self.brand, row, idempotency_key=key)
        return bool(answer["results"][0]["stands"] == "RET")

    def may_send(self, channel: str, recipients: list[str]) -> list[str]:
        """Those who may be messaged now, when all refusals are told; nobody whose refusal was set aside as older than a
        grant. Raises PersonNeeded while one was set aside of which nobody knows whom it means."""
        self.tell()
        outbox = "SELECT recipient, type, problem FROM outbox WHERE brand = ?"
        left = self.database.execute(outbox, [self.brand]).fetchall()
        not_taken = [each for each in left if each[2] not in (None, GRANT_IS_NEWER)]
        if number := sum(may_mean(channel, noted, recipient) for recipient, noted, _ in not_taken):
            raise RefusalNotTaken(
                f"{number} refusals in the outbox were not taken, and may be of anybody: SELECT * FROM outbox "
                "WHERE problem IS NOT NULL. Refuse for each with its right address and type, then delete the row: "
                "DELETE FROM outbox WHERE key = '…'. Until then nobody may be messaged by this channel."
            )
        aside = {plain(each) for each, *_ in left}
        if not (asked := [each for each in recipients if plain(each) not in aside]):
            return []
        answer = self.izinlink.check(self.brand, channel, asked)
        return [each["recipient"] for each in answer["results"] if each["verdict"] == "may"]

    def _rows(self, consents: Iterable[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
        names = ("brandCode", "recipient", "type", "recipientType", "status", "reference")
        for each in consents:
            if each["recipient"] is not None and each["brandCode"] == self.brand:
                yield tuple(each[name] for name in names)

    def _write(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for row in rows:
            self.database.execute("INSERT OR REPLACE INTO consent VALUES (?, ?, ?, ?, ?, ?)", row)
            _, recipient, *_, reference = row  # Of the address, at its brand.
            same = "UPDATE consent SET reference = ? WHERE brand = ? AND recipient = ?"
            self.database.execute(same, (reference, self.brand, recipient))
        # Of whom no decision stands any more.
        self.database.execute("DELETE FROM consent WHERE brand = ? AND status IS NULL", [self.brand])


def main() -> None:
    match sys.argv[1:]:
        case [brand, ("copy" | "follow" | "refuse" | "send") as act, *rest] if brand.isdecimal():
            with Izinlink(os.environ["IZINLINK_URL"], os.environ["IZINLINK_KEY"]) as izinlink:
                try:
                    done = run(Crm(os.environ.get("CRM_FILE", "crm.sqlite"), izinlink, int(brand)), act, rest)
                except PersonNeeded as why:
                    sys.exit(str(why))
        case _:
            done = __doc__ or ""
    sys.stdout.write(f"{done}\n")


def run(crm: Crm, act: str, rest: list[str]) -> str:
    """Do one act; what to print of it."""
    match act, rest:
        case "copy", []:
            return f"{crm.copy()} consents"
        case "follow", []:
            return f"{crm.follow()} events"
        case "refuse", [recipient, channel]:
            return crm.refuse(recipient, channel) or "told"
        case "send", [channel, *recipients]:
            return "\n".join(crm.may_send(channel, recipients))
    return __doc__ or ""


if __name__ == "__main__":
    main()
