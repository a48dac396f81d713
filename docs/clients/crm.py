"""A small CRM that keeps consents in step with İzinlink: a table of its own, refusals told at once, the feed read, and
a check before each sending.

    IZINLINK_URL=… IZINLINK_KEY=… python crm.py 700001 copy
    python crm.py 700001 refuse +905321234567 MESAJ
    python crm.py 700001 follow
    python crm.py 700001 send MESAJ +905321234567 +905321234568
"""

import os
import re
import sqlite3
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from izinlink_client import Izinlink, Problem, new_key

TABLES = """
CREATE TABLE IF NOT EXISTS consent (
  brand INTEGER, recipient TEXT, type TEXT, recipient_type TEXT, status TEXT,
  reference TEXT, -- Whom the address belongs to here: the same in all its rows.
  PRIMARY KEY (brand, recipient, type, recipient_type)
);
CREATE TABLE IF NOT EXISTS feed (id INTEGER PRIMARY KEY CHECK (id = 1), cursor TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
  key TEXT PRIMARY KEY, recipient TEXT NOT NULL, type TEXT NOT NULL, consent_date TEXT NOT NULL,
  problem TEXT -- What a person has to look at.
);
"""
TURKEY, DATE = timedelta(hours=3), "%Y-%m-%d %H:%M:%S"
JUST_NOW = timedelta(minutes=5)  # By this program's clock.


def plain(recipient: str) -> str:
    """An address as it may be compared, however it is spelled."""
    return recipient.strip().lower() if "@" in recipient else re.sub(r"\D", "", recipient)[-10:]


class Crm:
    """The consents of one brand as the CRM knows them."""

    def __init__(self, file: str, izinlink: Izinlink, brand: int):
        self.database, self.izinlink, self.brand = sqlite3.connect(file), izinlink, brand
        self.database.executescript(TABLES)

    def copy(self) -> int:
        """Begin anew with a copy of all consents; how many they were."""
        cursor, consents = self.izinlink.consents(self.brand)
        with self.database:
            self.database.execute("DELETE FROM consent")
            number = self._write(consents)
            self._keep_cursor(cursor)
        return number

    def follow(self) -> int:
        """Obey what happened since; the number of events. Each page is written together with its cursor."""
        kept = self.database.execute("SELECT cursor FROM feed").fetchone()
        if kept is None:
            return self.copy()
        number = 0
        try:
            for cursor, events in self.izinlink.events(kept[0]):
                with self.database:
                    self._write(event["consent"] for event in events if event["consent"])
                    self._keep_cursor(cursor)
                number += len(events)
        except Problem as problem:
            if problem.code != "cursor_lost":
                raise
            return self.copy()
        return number

    def refuse(self, recipient: str, channel: str) -> str | None:
        """Note a refusal here, then tell it; what cannot be told now is told by the next call. What is wrong with one
        that is not taken: a person has to look at it."""
        key, date = new_key(), f"{datetime.now(UTC) + TURKEY:{DATE}}"
        with self.database:
            self.database.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, NULL)", (key, recipient, channel, date))
        self.tell()
        left = self.database.execute("SELECT problem FROM outbox WHERE key = ?", (key,)).fetchone()
        return left and left[0]

    def tell(self) -> None:
        """Tell all refusals that wait, each with the key that it got when it was noted: told twice, it is one. One
        that is not taken is set aside with its problem, and holds up no other."""
        waiting = "SELECT key, recipient, type, consent_date FROM outbox WHERE problem IS NULL"
        for key, recipient, channel, date in self.database.execute(waiting).fetchall():
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
        return None if is_told else "A grant seems newer than the refusal, which does not stand: ask the person."

    def _does_stand(self, key: str, row: dict[str, Any]) -> bool:
        answer = self.izinlink.add_consent(self.brand, row, idempotency_key=key)
        return bool(answer["results"][0]["stands"] == "RET")

    def may_send(self, channel: str, recipients: list[str]) -> list[str]:
        """Those who may be messaged now, when all refusals are told; nobody whose refusal was set aside."""
        self.tell()
        aside = {plain(each) for (each,) in self.database.execute("SELECT recipient FROM outbox")}
        if not (asked := [each for each in recipients if plain(each) not in aside]):
            return []
        answer = self.izinlink.check(self.brand, channel, asked)
        return [each["recipient"] for each in answer["results"] if each["verdict"] == "may"]

    def _write(self, consents: Iterable[dict[str, Any]]) -> int:
        rows = [
            tuple(each[name] for name in ("brandCode", "recipient", "type", "recipientType", "status", "reference"))
            for each in consents
            if each["recipient"] is not None and each["brandCode"] == self.brand
        ]
        self.database.executemany("INSERT OR REPLACE INTO consent VALUES (?, ?, ?, ?, ?, ?)", rows)
        names = [(reference, recipient) for _, recipient, *_, reference in rows]
        self.database.executemany("UPDATE consent SET reference = ? WHERE recipient = ?", names)
        self.database.execute("DELETE FROM consent WHERE status IS NULL")  # Of whom no decision stands any more.
        return len(rows)

    def _keep_cursor(self, cursor: str) -> None:
        self.database.execute("INSERT OR REPLACE INTO feed VALUES (1, ?)", (cursor,))


def main() -> None:
    match sys.argv[1:]:
        case [brand, ("copy" | "follow" | "refuse" | "send") as act, *rest] if brand.isdecimal():
            with Izinlink(os.environ["IZINLINK_URL"], os.environ["IZINLINK_KEY"]) as izinlink:
                done = run(Crm(os.environ.get("CRM_FILE", "crm.sqlite"), izinlink, int(brand)), act, rest)
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
