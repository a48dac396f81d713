"""Programs that a story runs and kills: writers who decide over each other by every way in, and readers of the feed."""

import contextlib
import json
import os
import random
import sys
import time
from pathlib import Path

import requests
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.app import create_app
from portal.core import addresses, clock
from portal.core.extensions import db, limiter, vault
from portal.core.iys_protocol import Channel, Source
from portal.core.models import Receipt, Recipient
from portal.domain.consents import recipients, refusals
from tests import make
from tests.portal.api.programs import CONSENTS, Program, grant, refusal

MOST_ROWS, MOST_EVENTS = 30, 200


class Writer:
    """Decides for a few people without an end: by their links, by the API, as staff, and taking grants back."""

    def __init__(self, seed: str):
        self.app, self.dice = create_app(), random.Random(seed)
        self.codes: dict[str, str] = json.loads(os.environ["FEED_CODES"])
        limiter.enabled = False

    def run(self) -> None:
        """Until it is killed."""
        acts = (self._decide, self._report, self._refuse, self._undo)
        while True:
            with self.app.app_context(), contextlib.suppress(OperationalError):  # SQLite: all others were faster.
                self.dice.choice(acts)()

    def _decide(self) -> None:
        status = self.dice.choice(["ONAY", "RET"])
        make.Person(self.app.test_client(), self.dice.choice(list(self.codes.values()))).decides(MESAJ=status)

    def _report(self) -> None:
        make_row = self.dice.choice([grant, refusal])
        rows = [make_row(each) for each in self.dice.sample(list(self.codes), self.dice.randint(1, MOST_ROWS))]
        Program(self.app, os.environ["FEED_KEY"]).post(f"{CONSENTS}/bulk", {"consents": rows})

    def _refuse(self) -> None:
        brand, address = make.brand(), addresses.parse(self.dice.choice(list(self.codes)))
        theirs = recipients.find(db.session, vault(), brand.provider_id, address)
        refusals.refuse(
            db.session, vault(), theirs, [brand], [Channel.SMS], address=address, source=Source.CALL_CENTRE,
            user_id=self.dice.randrange(100), at=clock.now(),
        )  # fmt: skip
        db.session.commit()

    def _undo(self) -> None:
        people = select(Recipient.id).order_by(Recipient.id).limit(len(self.codes))
        theirs = select(Receipt).where(Receipt.recipient_id == self.dice.choice(db.session.scalars(people).all()))
        newest = db.session.scalars(theirs.order_by(Receipt.decided_at.desc()).limit(1)).first()
        if newest is not None:
            told = {"language": "tr", "request_metadata": "", "at": clock.now()}
            refusals.take_back_grants(db.session, vault(), newest, **told)
        db.session.commit()


class Reader:
    """Follows the feed. A page and its cursor are one line of a file, so that a kill loses both or none."""

    def __init__(self, file: str):
        self.file, self.pages = Path(file), read_pages(Path(file))
        self.cursor = self.pages[-1]["nextCursor"] if self.pages else None
        kept = "".join(json.dumps(each) + "\n" for each in self.pages)
        self.file.with_suffix(".new").write_text(kept)
        self.file.with_suffix(".new").replace(self.file)  # Without the line that a kill tore.

    def run(self) -> None:
        """Until it is killed."""
        while True:
            with contextlib.suppress(requests.RequestException):  # A server that was killed is back soon.
                self._read()
            time.sleep(random.uniform(0.1, 0.2))  # Below the limit of its key.

    def _read(self) -> None:
        query = {"limit": random.randint(1, MOST_EVENTS)} | ({"cursor": self.cursor} if self.cursor else {})
        key = {"Authorization": f"Bearer {os.environ['FEED_KEY']}"}
        answer = requests.get(f"{os.environ['FEED_URL']}/api/v1/events", query, headers=key, timeout=30)
        answer.raise_for_status()
        with self.file.open("ab", buffering=0) as file:
            file.write(json.dumps(answer.json()).encode() + b"\n")
        self.cursor = answer.json()["nextCursor"]


def read_pages(file: Path) -> list[dict]:
    """The pages that a reader has kept."""
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [json.loads(each) for each in lines]


if __name__ == "__main__":
    {"write": Writer, "read": Reader}[sys.argv[1]](sys.argv[2]).run()
