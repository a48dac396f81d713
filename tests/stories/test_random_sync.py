"""A long random walk in both directions: people decide here and at İYS, other senders write, İYS fails, forwarders die
at any commit or call, days pass. In the end İYS's record is our head, or the difference is listed and explained.

SEED=… replays a walk, STEPS=… makes it longer.
"""

import json
import os
import random
import threading
from collections import defaultdict
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import codes_in_path
from portal.core.models import (
    Brand,
    Consent,
    Decision,
    Difference,
    Lane,
    Movement,
    Outcome,
    Recipient,
    Submission,
    Sweep,
)
from portal.domain.consents.may_send import may_send
from portal.services.iys import forwarder
from portal.services.iys.client import Client
from tests import databases, make
from tests.make import Person
from tests.stories import ledger_check

pytestmark = [pytest.mark.long, pytest.mark.lengthy]

STEPS = int(os.environ.get("STEPS", 1000))
SEEDS = [int(os.environ["SEED"])] if os.environ.get("SEED") else [3, 4] if databases.SERVER else [1, 2]
STARTS = datetime.fromisoformat("2026-11-23 08:00:00+00:00")  # A Monday.
PEOPLE = "0532 123 45 01\n0532 123 45 02\n0532 123 45 03\n0212 345 67 89\nayse@example.com\nburak@example.com\n"
PASSING = ["500", "500-after-apply", "503", "429", "reset", "reset-after-apply", "cut", "empty", "html", "H123"]
ENDPOINTS = ["add", "bulk_add", "bulk_result", "multi_status", "status", "changes"]
ANOTHERS = "HS_CAGRI_MERKEZI"  # What another program of the provider sends.
WAYS_AT_IYS = ["IYS_WEB", "IYS_MOBIL", "IYS_KISAMESAJ", "IYS_CM", "IYS_SOMETHING_NEW"]
# A submission that ended so is a difference that somebody is told of, on the forwarding page.
LISTED = (Outcome.PARKED, Outcome.EXPIRED, Outcome.BLOCKED)


class Killed(BaseException):
    """The process is gone, as by kill -9: nothing of its own runs any more."""


class Mortal(Client):
    """A client whose process may die just before a call leaves, or before its answer is read; it notes what it sent."""

    def __init__(self, base_url: str, dice: random.Random):
        super().__init__(base_url)
        self.dice, self.sent = dice, []
        self.chance = 0.0

    def ask(self, method, path, *, body=None, **more):
        self._perhaps_die()
        if body and path.startswith("/v2"):
            self.sent.append((path, body))
        answer = super().ask(method, path, body=body, **more)
        self._perhaps_die()
        return answer

    def _perhaps_die(self) -> None:
        if self.dice.random() < self.chance:
            raise Killed


class Walk:
    """The steps; each is one thing that may happen."""

    def __init__(self, app, browser, sandbox, rows, traveller, seed: int):
        self.app, self.sandbox, self.rows, self.traveller = app, sandbox, rows, traveller
        self.dice = random.Random(seed)
        self.client = Mortal(sandbox.url, self.dice)
        codes = make.codes(app, PEOPLE, expires=timedelta(days=365))
        self.people = [(address, Person(browser, code), _channels(address)) for address, code in codes.items()]
        self.deaths = 0
        self._let_commits_kill()
        self.steps = {
            self.decide_here: 30,
            self.act_at_iys: 10,
            self.close_a_line: 1,
            self.another_sender_writes: 3,
            self.put_grants_in_bulk: 4,
            self.work: 40,
            self.work_and_die: 6,
            self.iys_fails: 5,
            self.iys_forgets_a_token: 1,
            self.iys_mends: 5,
            self.time_passes: 25,
            self.an_hour_passes: 3,
            self.a_day_passes: 1,
        }

    def take(self, count: int) -> None:
        """That many steps."""
        for step in self.dice.choices(list(self.steps), list(self.steps.values()), k=count):
            step()

    def decide_here(self) -> None:
        _, person, channels = self._anyone()
        chosen = self.dice.sample(channels, self.dice.randrange(1, len(channels) + 1))
        answer = person.posts(person.form(), **{channel: self.dice.choice(["ONAY", "RET"]) for channel in chosen})
        assert answer.status_code in (303, 409)

    def act_at_iys(self) -> None:
        address, _, channels = self._anyone()
        self.sandbox.acts(
            address, self.dice.choice(channels), self.dice.choice(["ONAY", "RET"]), source=self.dice.choice(WAYS_AT_IYS)
        )

    def close_a_line(self) -> None:
        address, _, _ = self._anyone()
        if address.startswith("+"):
            self.sandbox.acts(address, close_line=True)

    def another_sender_writes(self) -> None:
        """The provider's call centre uses another program, with the same account."""
        address, _, channels = self._anyone()
        status = self.dice.choice(["ONAY", "RET"])
        self.sandbox.acts(address, self.dice.choice(channels), status, source=ANOTHERS)

    def put_grants_in_bulk(self) -> None:
        """As an import would: what waits unsent goes by list."""
        with self.app.app_context():
            waiting = Submission.outcome == Outcome.WAITING
            unsent = (Submission.attempts == 0, Submission.code.is_(None), Submission.lane == Lane.PEOPLE)
            change = update(Submission).where(waiting, *unsent, Submission.lease_until.is_(None))
            endpoint = Submission.endpoint + "/request"
            db.session.execute(change.values(lane=Lane.BULK, endpoint=endpoint))
            db.session.commit()

    def work(self) -> None:
        self._work(self.dice.randrange(1, 12))

    def work_and_die(self) -> None:
        self.client.chance = 0.15
        try:
            self._work(self.dice.randrange(3, 25))
        except Killed:
            self.deaths += 1
        finally:
            self.client.chance = 0.0

    def iys_fails(self) -> None:
        rate, count = self.dice.choice([0.3, 0.6, 1.0]), self.dice.choice([1, 2, 3, 10])
        seed = self.dice.randrange(1000)
        self.sandbox.fault(self.dice.choice(ENDPOINTS), self.dice.choice(PASSING), rate, seed=seed, count=count)

    def iys_forgets_a_token(self) -> None:
        self.sandbox.fault(self.dice.choice(ENDPOINTS), "H351", count=1)

    def iys_mends(self) -> None:
        self.sandbox.mend()

    def time_passes(self) -> None:
        self._jump(seconds=self.dice.choice([0.3, 1.0, 1.5, 2.0, 5.0, 16.0, 61.0]))

    def an_hour_passes(self) -> None:
        self._jump(minutes=self.dice.choice([6, 11, 70]))
        self._work(60)

    def a_day_passes(self) -> None:
        self._jump(hours=self.dice.choice([20, 30]))
        self._work(100)

    def mend_everything(self) -> None:
        """İYS is well again and our processes run until nothing is left to do, in either direction."""
        self.sandbox.mend()
        for round_ in range(40):
            self._jump(minutes=7)
            self._work(400)
            if round_ > 20 and ledger_check.count_open_submissions(self.app) == 0:
                break
        self._sweep()

    def _sweep(self) -> None:
        """The weekly look at every head, by which what the feeds cannot show is listed."""
        self._jump(days=8)
        for _ in range(12):
            self._work(300)
            self._jump(minutes=11)
        assert any(sweep.ended_at for sweep in self.rows(Sweep))

    def _work(self, rounds: int) -> None:
        """As the forwarder's threads would, one after the other, in any order."""
        loops = [*forwarder.egress_loops(self.client), *forwarder.shared_loops(self.client, self.client)]
        for _ in range(rounds):
            self.dice.shuffle(loops)
            with self.app.app_context():
                try:
                    if not any(loop.step() for loop in loops):
                        return
                except Killed:
                    db.session.rollback()
                    raise

    def _let_commits_kill(self) -> None:
        with self.app.app_context():
            engine, walker = db.engine, threading.get_ident()

        @event.listens_for(engine, "commit")
        def perhaps(_connection) -> None:
            if threading.get_ident() == walker and self.dice.random() < self.client.chance / 3:
                raise Killed

    def _jump(self, **by) -> None:
        self.traveller.shift(timedelta(**by))

    def _anyone(self):
        return self.dice.choice(self.people)


def _channels(address: str) -> list[str]:
    if "@" in address:
        return ["EPOSTA"]
    return ["MESAJ", "ARAMA"] if address.startswith("+905") else ["ARAMA"]


@pytest.mark.parametrize("seed", SEEDS)
def test_both_sides_tell_the_same_in_the_end_or_say_why_not(app, browser, sandbox, rows, seed):
    random.seed(seed)  # The forwarder's pauses are random, too.
    with time_machine.travel(STARTS, tick=False) as traveller:
        walk = Walk(app, browser, sandbox, rows, traveller, seed)
        try:
            walk.take(STEPS)
            walk.mend_everything()
            assert ledger_check.count_open_submissions(app) == 0
            assert_heads_agree_or_are_listed(app, sandbox)
            assert_order_is_kept(app, sandbox)
            assert_nothing_was_sent_in_two_ways(walk.client.sent)
            print(f"seed {seed}: {rows.count(Decision)} decisions, {rows.count(Movement)} movements heard, "
                  f"{walk.deaths} deaths, {rows.count(Difference)} differences")  # fmt: skip
        except BaseException:
            print(f"replay with SEED={seed} STEPS={STEPS}")
            raise


def assert_heads_agree_or_are_listed(app, sandbox) -> None:
    """İYS's record of each key is our head; or İYS holds none and we hold a refusal; or the difference is listed."""
    held = {}
    for movement in sandbox.movements():
        held[movement["recipient"], movement["type"], movement["recipientType"]] = movement["status"]
    wrong = {}
    with app.app_context(), Session(db.engines["reader"]) as session:
        listed = _listed(session)
        heads = select(Consent, Recipient, may_send(clock.now())).join(Recipient, Recipient.id == Consent.recipient_id)
        heads = heads.join(Brand, Brand.id == Consent.brand_id)
        for consent, recipient, is_allowed in session.execute(heads).all():
            address = vault().read(recipient.address, Recipient.PLACE, recipient.provider_id, recipient.id)
            theirs = held.pop((address, consent.channel.value, consent.recipient_type.value), None)
            agree = theirs == consent.status or (theirs is None and consent.status in (None, "RET"))
            if not agree and consent.id not in listed:
                wrong[address, consent.channel.value] = (consent.status, theirs)
            # What İYS last told us is what it holds; we may not send on a grant that it does not hold.
            assert not (is_allowed and theirs != "ONAY" and consent.id not in listed), (address, consent.channel)
    assert wrong == {}
    assert held == {}, "İYS holds keys that we never heard of"


def _listed(session: Session) -> set[int]:
    """The keys that somebody is shown a difference of."""
    ended = session.scalars(select(Submission.consent_id).where(Submission.outcome.in_(LISTED))).all()
    differ = session.scalars(select(Difference.consent_id).where(Difference.settled_at.is_(None))).all()
    return {*ended, *differ}


def assert_order_is_kept(app, sandbox) -> None:
    """What İYS holds from us is in the order of our decisions, each once, no two in one second."""
    ours = {}
    with app.app_context(), Session(db.engines["reader"]) as session:
        for transaction_id, date in session.execute(select(Submission.transaction_id, Submission.consent_date)):
            if transaction_id:
                ours[transaction_id] = date
    told, moments = defaultdict(list), defaultdict(list)
    for movement in sandbox.movements():
        key = movement["recipient"], movement["type"], movement["recipientType"]
        if movement["source"].startswith("HS_") and movement["source"] != ANOTHERS:
            assert movement["transactionId"] in ours, f"İYS holds what we hold for unsent: {movement['consentDate']}"
            told[key].append(movement["consentDate"])
            moments[key].append(movement["creationDate"])
    for key, dates in told.items():
        assert dates == sorted(set(dates)), (key, dates)
    for key, created in moments.items():
        assert len(created) == len(set(created)), f"two movements of one key in one second: {key} {created}"


def assert_nothing_was_sent_in_two_ways(sent: list[tuple[str, bytes]]) -> None:
    """One decision is one body and one path, however often it was sent."""
    bodies, paths = defaultdict(set), defaultdict(set)
    for path, body in sent:
        content = json.loads(body)
        for item in content if isinstance(content, list) else [content]:
            key = item["recipient"], item["type"], item["recipientType"], item["consentDate"]
            bodies[key].add(json.dumps(item))
            paths[key].add((path, codes_in_path(path)))
    assert [key for key, each in bodies.items() if len(each) > 1] == []
    assert [key for key, each in paths.items() if len(each) > 1] == []
