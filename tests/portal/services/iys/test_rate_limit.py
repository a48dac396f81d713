"""The rate limit of an IP address, and that of a process."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Operation
from portal.core.models import CallTally, IysRate
from portal.services.iys import rate_limit
from portal.services.iys.rate_limit import Priority

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def at(app):
    with app.app_context(), time_machine.travel(clock.now(), tick=False):
        yield clock.now()


def test_no_second_holds_more_than_eight_slots(at):
    slots = [rate_limit.take_slot(db.session, at, 8) for _ in range(40)]

    assert all(later - earlier >= SECOND for earlier, later in zip(slots, slots[8:], strict=False))


def test_polls_take_a_fifth_of_any_minute_and_delay_nobody(at):
    polls = [rate_limit.take_slot(db.session, at, 8, Priority.POLLING) for _ in range(100)]
    minutes = [sum(start <= each < start + 60 * SECOND for each in polls) for start in polls]

    assert max(minutes) == 60 * 8 / 5
    assert rate_limit.take_slot(db.session, at + HOUR, 8, Priority.POLLING) == at + HOUR
    assert rate_limit.take_slot(db.session, at + HOUR, 8) == at + HOUR + SECOND / 8


def test_who_waited_gets_no_slot_of_the_past(at):
    rate_limit.take_slot(db.session, at, 8)

    assert rate_limit.take_slot(db.session, at + HOUR, 8) == at + HOUR


def test_a_hold_is_everybodys_and_ends(at):
    rate_limit.pause_calls(db.session, at + SECOND)

    assert rate_limit.take_slot(db.session, at, 8) == at + SECOND
    assert rate_limit.take_slot(db.session, at + 2 * SECOND, 0) == at + 2 * SECOND


def test_a_shorter_hold_shortens_no_longer_one(at):
    rate_limit.pause_calls(db.session, at + HOUR, Operation.STATUS)
    rate_limit.pause_calls(db.session, at + SECOND, Operation.STATUS)

    assert rate_limit.paused_until(db.session, Operation.STATUS, at) == at + HOUR


def test_a_clock_that_was_set_back_stops_nothing_for_long(at):
    rate_limit.take_slot(db.session, at + timedelta(days=30), 8)
    rate_limit.pause_calls(db.session, at + timedelta(days=30), Operation.TOKEN)

    assert rate_limit.take_slot(db.session, at, 8) == at
    assert rate_limit.paused_until(db.session, Operation.TOKEN, at) is None
    assert not db.session.scalar(select(rate_limit.are_tokens_paused(at, Priority.POLLING)))
    rate_limit.pause_calls(db.session, at + HOUR, Operation.TOKEN)
    assert rate_limit.paused_until(db.session, Operation.TOKEN, at) == at + HOUR


def test_a_tally_adds_up_by_question_and_over_all(at):
    rate_limit.add_to_tally(db.session, Operation.ADD, at, calls=2, failures=1)
    rate_limit.add_to_tally(db.session, Operation.ADD, at, calls=1)
    rate_limit.add_to_tally(db.session, Operation.STATUS, at - HOUR, calls=5)

    assert rate_limit.calls_since(db.session, HOUR, at, Operation.ADD) == (3, 1)
    assert rate_limit.calls_since(db.session, 2 * HOUR, at) == (8, 1)


def test_what_is_no_call_is_not_counted_among_the_calls(at):
    rate_limit.add_to_tally(db.session, rate_limit.UNKNOWN_CODE, at, calls=7)

    assert rate_limit.calls_since(db.session, HOUR, at) == (0, 0)
    assert rate_limit.calls_since(db.session, HOUR, at, rate_limit.UNKNOWN_CODE) == (7, 0)


def test_old_tallies_are_forgotten(at, rows):
    rate_limit.add_to_tally(db.session, Operation.ADD, at, calls=1)
    rate_limit.add_to_tally(db.session, Operation.ADD, at - timedelta(days=9), calls=1)
    rate_limit.delete_old_tallies(db.session, at)
    db.session.commit()

    assert [tally.span for tally in rows(CallTally)] == [rate_limit.span_start(at)]


def test_a_row_is_made_once(at, rows):
    for _ in range(3):
        rate_limit.pause_calls(db.session, at + SECOND, "anything")
    db.session.commit()

    assert [row.name for row in rows(IysRate)] == ["anything"]


def test_threads_that_wake_late_do_not_call_together():
    """The slots of a second lie apart, yet threads may wake late and all at once."""
    now, left = [100.0], []
    limiter = rate_limit.ProcessRateLimiter(lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))

    for _ in range(20):
        limiter.wait_for_turn(8)
        left.append(now[0])

    assert all(later - earlier >= 1 for earlier, later in zip(left, left[8:], strict=False))


def test_without_a_limit_no_call_waits():
    waits: list[float] = []
    limiter = rate_limit.ProcessRateLimiter(sleep=waits.append)

    for _ in range(20):
        limiter.wait_for_turn(0)

    assert waits == []
