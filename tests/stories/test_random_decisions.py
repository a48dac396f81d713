"""A long random walk: people decide in every good and bad way, İYS fails in every way, forwarders die, time passes.

A model of the rules, written apart from them, says which decisions must stand; after all is mended İYS must hold them.
SEED=… replays a walk, STEPS=… makes it longer.
"""

import os
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Decision, Receipt, Submission
from portal.services.iys import forwarder, tokens
from portal.services.iys.forwarding import claims
from tests import make
from tests.make import Person
from tests.stories import ledger_check

pytestmark = pytest.mark.long

STEPS = int(os.environ.get("STEPS", 1500))
SEEDS = [int(os.environ["SEED"])] if os.environ.get("SEED") else [1, 2, 3]
SECOND = timedelta(seconds=1)
PEOPLE = "0532 123 45 01\n0532 123 45 02\n0532 123 45 03\n0212 345 67 89\nayse@example.com\nburak@example.com\n"
STARTS = datetime.fromisoformat("2026-11-23 08:00:00+00:00")  # A Monday: no weekend brings a deadline nearer.

PASSING = ["500", "500-after-apply", "503", "429", "reset", "reset-after-apply", "cut", "empty", "html", "H123", "H195"]
ENDPOINTS = ["add", "multi_status", "status"]
OF_TOKEN = ["500", "reset", "empty", "html"]


@dataclass
class Model:
    """What must stand after what people did: (status, consentDate) by address and channel, oldest first."""

    decided: dict[tuple[str, str], list] = field(default_factory=lambda: defaultdict(list))

    def take(self, address: str, choices: dict[str, str], at: datetime) -> bool:
        """Decide; whether all of it could be. A grant waits where its key would run more than a second ahead of the
        clock, alone beside a refusal, or with all other grants; a refusal never waits."""
        made, too_soon = {}, False
        for channel, status in choices.items():
            so_far = self.decided[address, channel]
            if so_far and status == "RET" == so_far[-1][0]:
                continue
            date = max(at.replace(microsecond=0), so_far[-1][1] + SECOND) if so_far else at.replace(microsecond=0)
            if status == "ONAY" and date > at + SECOND:
                too_soon = True
            else:
                made[address, channel] = (status, date)
        if not too_soon or "RET" in choices.values():
            for key, decision in made.items():
                self.decided[key].append(decision)
        return not too_soon

    def still_refused(self, address: str, choices: dict[str, str]) -> bool:
        """Whether what was refused among the choices is refused now: a refusal that was undone counts again."""
        refused = [channel for channel, status in choices.items() if status == "RET"]
        return all(self.decided[address, channel][-1][0] == "RET" for channel in refused)


@dataclass
class Someone:
    """A person of the walk, with the forms they still have open."""

    address: str
    person: Person
    channels: list[str]
    used: list[tuple[str, dict[str, str], datetime]] = field(default_factory=list)  # Form, choices, served at.


class Walk:
    """The steps; each is one thing that may happen."""

    def __init__(self, app, browser, sandbox, iys, rows, traveller, seed: int):
        self.app, self.sandbox, self.iys, self.rows, self.traveller = app, sandbox, iys, rows, traveller
        self.dice = random.Random(seed)
        self.model = Model()
        codes = make.codes(app, PEOPLE, expires=timedelta(days=365))
        self.people = [self._someone(browser, address, code) for address, code in codes.items()]
        self.steps = {
            self.decide: 30,
            self.post_again: 8,
            self.change_ones_mind_on_a_used_form: 4,
            self.post_a_damaged_form: 5,
            self.post_an_old_form: 2,
            self.choose_nothing: 2,
            self.guess_a_code: 1,
            self.forward_some: 25,
            self.die_before_the_call: 3,
            self.die_after_the_call: 4,
            self.iys_fails: 6,
            self.iys_forgets_a_token: 1,
            self.iys_gives_no_token: 1,
            self.iys_mends: 5,
            self.time_passes: 20,
            self.much_time_passes: 2,
        }

    def take(self, count: int) -> None:
        """That many steps."""
        for step in self.dice.choices(list(self.steps), list(self.steps.values()), k=count):
            step()

    def decide(self) -> None:
        someone = self._anyone()
        form, choices = someone.person.form(), self._choices(someone)
        self._post(someone, form, choices, clock.now())

    def post_again(self) -> None:
        someone = self._anyone()
        if someone.used:
            form, choices, served_at = self.dice.choice(someone.used)
            before = self.rows.count(Receipt)
            answer = someone.person.posts(form, **choices)
            is_fresh = clock.now() - served_at <= timedelta(hours=24)
            if is_fresh and self.model.still_refused(someone.address, choices):
                assert answer.status_code == 303
                assert self.rows.count(Receipt) == before, "the same form made a second receipt"
            else:
                self._refusals_only(someone, choices, answer)

    def change_ones_mind_on_a_used_form(self) -> None:
        someone = self._anyone()
        if someone.used:
            form, before, _ = self.dice.choice(someone.used)
            choices = self._choices(someone)
            if choices != before:
                self._refusals_only(someone, choices, someone.person.posts(form, **choices))

    def post_a_damaged_form(self) -> None:
        someone = self._anyone()
        form = self.dice.choice([None, "x" * 40, someone.person.form()[:-3] + "AAA"])
        choices = self._choices(someone)
        self._refusals_only(someone, choices, someone.person.posts(form, **choices))

    def post_an_old_form(self) -> None:
        someone = self._anyone()
        form = someone.person.form()
        self._let_a_day_pass()
        choices = self._choices(someone)
        self._refusals_only(someone, choices, someone.person.posts(form, **choices))

    def choose_nothing(self) -> None:
        someone = self._anyone()
        assert someone.person.posts(someone.person.form()).status_code == 422

    def guess_a_code(self) -> None:
        code = self._anyone().person.code
        guessed = code[:-1] + ("a" if code[-1] != "a" else "b")
        assert Person(self.people[0].person.browser, guessed).posts(None, MESAJ="RET").status_code == 404

    def forward_some(self) -> None:
        self._forward(self.dice.randrange(1, 12))

    def die_before_the_call(self) -> None:
        self._claim()

    def die_after_the_call(self) -> None:
        claimed = self._claim()
        if len(claimed) == 1 and claimed[0].may_be_held:
            (each,) = claimed
            with self.app.app_context():
                try:
                    bearer = tokens.access_token(self.iys, each.provider_id)
                except tokens.NoToken:
                    return
                payload = vault().open(each.payload, Submission.PLACE, each.provider_id, each.id)
                self.iys.ask("POST", each.endpoint, body=payload, bearer=bearer)

    def iys_fails(self) -> None:
        rate, count = self.dice.choice([0.3, 0.6, 1.0]), self.dice.choice([1, 2, 3, 10])
        seed = self.dice.randrange(1000)
        self.sandbox.fault(self.dice.choice(ENDPOINTS), self.dice.choice(PASSING), rate, seed=seed, count=count)

    def iys_forgets_a_token(self) -> None:
        self.sandbox.fault("add", "H351", count=1)

    def iys_gives_no_token(self) -> None:
        self.sandbox.fault("token", self.dice.choice(OF_TOKEN), count=1)

    def iys_mends(self) -> None:
        self.sandbox.mend()

    def time_passes(self) -> None:
        self._jump(timedelta(seconds=self.dice.choice([0.3, 1.0, 1.5, 2.0, 5.0, 16.0])))

    def much_time_passes(self) -> None:
        self._jump(timedelta(minutes=self.dice.choice([2, 11, 70])))
        self._forward(300)

    def mend_everything(self) -> None:
        """İYS is well again, forwarders run, and time passes until nothing is left to do."""
        self.sandbox.mend()
        for _ in range(60):
            self._jump(timedelta(seconds=61))
            self._forward(300)
            if ledger_check.count_open_submissions(self.app) == 0:
                return

    def _let_a_day_pass(self) -> None:
        """With an İYS that is well: what days without it bring is told in another story."""
        self.sandbox.mend()
        for _ in range(24):
            self._jump(timedelta(hours=1, seconds=1))
            self._forward(300)

    def _post(self, someone: Someone, form: str, choices: dict[str, str], served_at: datetime) -> None:
        answer = someone.person.posts(form, **choices)
        if self.model.take(someone.address, choices, clock.now()):
            assert answer.status_code == 303
            someone.used.append((form, choices, served_at))
        else:
            assert answer.status_code == 409

    def _refusals_only(self, someone: Someone, choices: dict[str, str], answer) -> None:
        """Such a form decides no grant, and never stops a refusal."""
        refusals = {channel: status for channel, status in choices.items() if status == "RET"}
        self.model.take(someone.address, refusals, clock.now())
        assert answer.status_code == (303 if refusals == choices else 409)

    def _forward(self, calls: int) -> None:
        with self.app.app_context():
            for _ in range(calls):
                if not forwarder.forward_one(self.iys):
                    return

    def _claim(self) -> list:
        with self.app.app_context():
            return claims.claim_due_submissions(db.session, clock.now()) or []

    def _jump(self, by: timedelta) -> None:
        self.traveller.shift(by)

    def _anyone(self) -> Someone:
        return self.dice.choice(self.people)

    def _choices(self, someone: Someone) -> dict[str, str]:
        channels = self.dice.sample(someone.channels, self.dice.randrange(1, len(someone.channels) + 1))
        return {channel: self.dice.choice(["ONAY", "RET"]) for channel in channels}

    @staticmethod
    def _someone(browser, address: str, code: str) -> Someone:
        if "@" in address:
            channels = ["EPOSTA"]
        else:
            channels = ["MESAJ", "ARAMA"] if address.startswith("+905") else ["ARAMA"]
        return Someone(address, Person(browser, code), channels)


@pytest.mark.parametrize("seed", SEEDS)
def test_iys_holds_what_people_decided_whatever_happened_on_the_way(app, browser, sandbox, iys, rows, seed):
    random.seed(seed)  # The forwarder's pauses are random, too.
    with time_machine.travel(STARTS, tick=False) as traveller:
        walk = Walk(app, browser, sandbox, iys, rows, traveller, seed)
        try:
            walk.take(STEPS)
            walk.mend_everything()
            keys = ledger_check.decisions_by_key(app)
            decided = {(key[0], key[1]): [(d.status, d.consent_date) for d in ds] for key, ds in keys.items()}
            assert decided == {key: decisions for key, decisions in walk.model.decided.items() if decisions}
            outcomes = ledger_check.assert_ledger_matches(keys, sandbox.movements(), may_be_overtaken=True)
            assert ledger_check.count_open_submissions(app) == 0
            print(f"seed {seed}: {rows.count(Decision)} decisions, {dict(outcomes)}")
        except BaseException:
            print(f"replay with SEED={seed} STEPS={STEPS}")
            raise
