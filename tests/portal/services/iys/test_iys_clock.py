"""Our clock and İYS's: how far they differ is learnt, and nothing is sent that İYS would find dated in its future."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock, iys_clock_difference
from portal.core.extensions import db
from portal.core.models import IysRate, Outcome, Submission
from portal.services.iys import iys_clock
from portal.services.iys.client import ClockReading, IysAnswer
from portal.services.iys.inflow import feeds
from portal.services.iys.iys_clock import IysClock
from tests import make

SECOND = timedelta(seconds=1)


@pytest.fixture
def at(app):
    with app.app_context(), time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        yield clock.now()


def answer(asked_at, ahead, latency=0.1) -> IysAnswer:
    """An answer of an İYS whose clock is so many seconds behind ours, dated in the middle of its way."""
    iys_at = asked_at + (latency / 2 - ahead) * SECOND
    reading = ClockReading(asked_at, asked_at + latency * SECOND, iys_at.replace(microsecond=0))
    return IysAnswer(200, b"{}", clock_reading=reading)


def learn(at, ahead, answers=20) -> IysClock:
    made = IysClock()
    for number in range(answers):
        made.learn(db.session, answer(at + number * 0.37 * SECOND, ahead))
    return made


@pytest.mark.parametrize("ahead", [5, 30, 0.7])
def test_the_bounds_of_several_answers_come_close(at, ahead):
    delay = learn(at, ahead).delay(db.session, at)

    assert ahead <= delay / SECOND < ahead + 0.2
    assert abs(iys_clock_difference.ahead(db.session) - delay) <= iys_clock.SMALLEST_CHANGE


@pytest.mark.parametrize("ahead", [0, 0.02, -5, 400])
def test_clocks_that_agree_or_are_hopeless_delay_nothing(at, ahead):
    assert learn(at, ahead).delay(db.session, at) == timedelta(0)
    assert round(iys_clock_difference.ahead(db.session) / SECOND) == round(ahead)


def test_a_clock_that_was_set_is_noticed_with_the_next_answer(at):
    known = learn(at, 30)

    known.learn(db.session, answer(at, 0))

    assert known.delay(db.session, at) == timedelta(0)


def test_a_creation_date_tells_where_a_proxys_clock_is_right_and_that_of_iys_is_not(at):
    known, read = learn(at, 0), answer(at, 0)

    known.learn(db.session, read, read.clock_reading.iys_at - 600 * SECOND)
    assert known.delay(db.session, at) == timedelta(0)

    known.learn(db.session, read, read.clock_reading.iys_at - 5 * SECOND)
    assert 5 <= known.delay(db.session, at) / SECOND < 6.2


@pytest.mark.slow
def test_a_decision_waits_until_its_second_has_come_at_iys(app, browser, sandbox, iys, rows):
    people = make.codes(app)
    sandbox.move_clock(forward=-5)

    with time_machine.travel(clock.now(), tick=False) as moment:
        with app.app_context():
            while feeds.pull_next_page(iys):
                pass
        make.Person(browser, people[make.PHONE]).decides(MESAJ="ONAY", ARAMA="ONAY")
        make.forward_all(app, iys)
        assert {each.outcome for each in rows(Submission)} == {Outcome.WAITING}
        moment.shift(6)
        make.forward_all(app, iys)

    assert {each.outcome for each in rows(Submission)} == {Outcome.ACCEPTED}
    assert sandbox.ledger()["failures"] == 0
    assert 5000 <= rows.one(IysRate, IysRate.name == IysRate.CLOCK).ahead_ms < 6000
