"""People are asked for the first time, and many say no: İYS is asked what it holds, and counts (next to) no failure."""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
import time_machine

from portal.core.models import Consent, Outcome, Submission
from tests import grants, make
from tests.make import Person

STARTS = datetime.fromisoformat("2026-11-23 08:00:00+00:00")  # A Monday.
ANEW = 0.05  # How many say something else a while later.
MOST_FAILURES = 0.01
MANY = 1300  # More of them refuse than one question to İYS may hold.


def say(app, browser, codes: dict[str, str], choose) -> None:
    """Each person opens their link and chooses."""
    for address, code in codes.items():
        status = choose(address)
        if status:
            Person(browser, code).decides(MESAJ=status)


def forward_until(app, iys, start: datetime, end: datetime, step: timedelta) -> None:
    at = start
    while at <= end:
        with time_machine.travel(at, tick=True):
            make.forward_all(app, iys, rounds=100_000)
        at += step


@pytest.mark.slow
@pytest.mark.parametrize(
    ("people", "no"), [pytest.param(MANY, 0.8, marks=[pytest.mark.long, pytest.mark.lengthy]), (60, 0.4)]
)
def test_a_first_no_costs_no_failure_at_iys(app, browser, sandbox, iys, rows, people, no):
    dice = random.Random(people)
    browser.checks_pages = False  # They open one and the same page.
    with time_machine.travel(STARTS, tick=False):
        codes = make.codes(app, "\n".join(grants.phones(people)), expires=timedelta(days=365))
        addresses = list(codes)
        refusing = set(dice.sample(addresses, int(people * no)))
        say(app, browser, codes, lambda address: "RET" if address in refusing else "ONAY")

    forward_until(app, iys, STARTS + timedelta(seconds=5), STARTS + timedelta(minutes=1), timedelta(seconds=25))
    changed = set(dice.sample(addresses, int(people * ANEW)))
    with time_machine.travel(STARTS + timedelta(minutes=2), tick=False):
        say(app, browser, {each: codes[each] for each in changed}, lambda a: "ONAY" if a in refusing else "RET")
    forward_until(
        app, iys, STARTS + timedelta(minutes=2, seconds=5), STARTS + timedelta(minutes=30), timedelta(minutes=3)
    )

    ledger = sandbox.ledger()
    calls = sum(ledger["requests"].values())
    assert ledger["failures"] <= MOST_FAILURES * calls, (ledger["failures"], calls)
    outcomes = Counter((each.status.value, each.outcome) for each in rows(Submission))
    assert {outcome for _, outcome in outcomes} == {Outcome.ACCEPTED, Outcome.NOT_NEEDED}
    assert outcomes["RET", Outcome.NOT_NEEDED] == len(refusing)
    wanted = Counter("RET" if (each in refusing) != (each in changed) else "ONAY" for each in addresses)
    assert Counter(each.status.value for each in rows(Consent)) == wanted
    held = {movement["recipient"]: movement["status"] for movement in ledger["movements"]}
    assert Counter(held.values())["ONAY"] == wanted["ONAY"]
