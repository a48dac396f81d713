"""A small CRM that keeps consents in step with İzinlink: a table of its own, refusals told at once, the feed read, and
a check before each sending.

    IZINLINK_URL=… IZINLINK_KEY=… python crm.py 700001 copy
    python crm.py 700001 refuse +905321234567 MESAJ
    python crm.py 700001 follow
    python crm.py 700001 send MESAJ +905321234567 +905321234568
"""

import os
import sqlite3
import sys
from collections.abc import Iterable
from typing import Any

from izinlink_client import Izinlink, Problem, new_key

TABLES = """
CREATE TABLE IF NOT EXISTS consent (
  brand INTEGER, recipient TEXT, type TEXT, recipient_type TEXT, status TEXT,
  PRIMARY KEY (brand, recipient, type, recipient_type)
);
CREATE TABLE IF NOT EXISTS feed (id INTEGER PRIMARY KEY CHECK (id = 1), cursor TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
  key TEXT PRIMARY KEY, recipient TEXT NOT NULL, type TEXT NOT NULL, problem TEXT -- What a person has to look at.
);
"""


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

    def refuse(self, recipient: str, channel: str) -> None:
        """Note a refusal here, then tell it; what cannot be told now is told by the next call."""
        with self.database:
            self.database.execute("INSERT INTO outbox VALUES (?, ?, ?, NULL)", (new_key(), recipient, channel))
        self.tell()

    def tell(self) -> None:
        """Tell all refusals that wait, each with the key that it got when it was noted: told twice, it is one. One
        that is not taken is set aside with its problem, and holds up no other."""
        waiting = self.database.execute("SELECT key, recipient, type FROM outbox WHERE problem IS NULL").fetchall()
        for key, recipient, channel in waiting:
            row = {"recipient": recipient, "type": channel, "status": "RET"}
            try:
                self.izinlink.add_consent(self.brand, row, idempotency_key=key)
                done, values = "DELETE FROM outbox WHERE key = ?", [key]
            except Problem as problem:
                if problem.status != 422:  # The key or the brand: of all of them.
                    raise
                done, values = "UPDATE outbox SET problem = ? WHERE key = ?", [str(problem), key]
            with self.database:
                self.database.execute(done, values)

    def may_send(self, channel: str, recipients: list[str]) -> list[str]:
        """Those who may be messaged now; nobody whose refusal is still to be told."""
        untold = dict(self.database.execute("SELECT recipient, key FROM outbox WHERE type = ?", (channel,)))
        answer = self.izinlink.check(self.brand, channel, [each for each in recipients if each not in untold])
        return [each["recipient"] for each in answer["results"] if each["verdict"] == "may"]

    def _write(self, consents: Iterable[dict[str, Any]]) -> int:
        rows = [
            (each["brandCode"], each["recipient"], each["type"], each["recipientType"], each["status"])
            for each in consents
            if each["recipient"] is not None and each["brandCode"] == self.brand
        ]
        self.database.executemany("INSERT OR REPLACE INTO consent VALUES (?, ?, ?, ?, ?)", rows)
        return len(rows)

    def _keep_cursor(self, cursor: str) -> None:
        self.database.execute("INSERT OR REPLACE INTO feed VALUES (1, ?)", (cursor,))


def main() -> None:
    brand, act, *rest = sys.argv[1:]
    with Izinlink(os.environ["IZINLINK_URL"], os.environ["IZINLINK_KEY"]) as izinlink:
        crm = Crm(os.environ.get("CRM_FILE", "crm.sqlite"), izinlink, int(brand))
        match act, rest:
            case "copy", []:
                done = f"{crm.copy()} consents"
            case "follow", []:
                done = f"{crm.follow()} events"
            case "refuse", [recipient, channel]:
                crm.refuse(recipient, channel)
                done = "told"
            case "send", [channel, *recipients]:
                done = "\n".join(crm.may_send(channel, recipients))
            case _:
                done = __doc__ or ""
    sys.stdout.write(f"{done}\n")


if __name__ == "__main__":
    main()
