"""A failing host is only probed, one call at a time, until it answers again."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.services.iys import circuit_breaker
from portal.services.iys.client import Answer

SECOND = timedelta(seconds=1)
AWAY, WELL, REFUSED = Answer(0, b""), Answer(200, b"{}"), Answer(422, b'{"errors":[{"code":"H121"}]}')


@pytest.fixture
def at(app):
    with app.app_context():
        yield clock.now()


def call(at, answer):
    """One call that goes and comes back at once; False where none may go."""
    admitted = circuit_breaker.admit_call(db.session, at)
    if admitted:
        circuit_breaker.record_answer(db.session, admitted, answer, at)
    return admitted is not None


def put_away(at, failures=circuit_breaker.OPENING_FAILURES):
    """Let so many calls in a row fail, each as soon as it may go; the moment of the last."""
    for _ in range(failures):
        at = circuit_breaker.host_state(db.session, at).until or at
        assert call(at, AWAY)
    return at


@pytest.mark.parametrize("answer", [AWAY, Answer(500, b""), Answer(503, b"{}"), Answer(404, b"<html>")])
def test_five_failures_in_a_row_open_the_breaker(at, answer):
    assert all(call(at, answer) for _ in range(5))

    assert not call(at, WELL)
    state = circuit_breaker.host_state(db.session, at)
    assert state.resting and state.failures == 5 and at < state.until <= at + SECOND


@pytest.mark.parametrize("between", [WELL, REFUSED])
def test_an_answer_in_between_starts_the_count_anew(at, between):
    for answer in [AWAY] * 4 + [between] + [AWAY] * 4:
        call(at, answer)

    assert circuit_breaker.host_state(db.session, at) == circuit_breaker.HostState(
        resting=False, failures=4, until=None
    )


def test_one_probe_goes_at_a_time(at):
    at = circuit_breaker.host_state(db.session, put_away(at)).until

    probe = circuit_breaker.admit_call(db.session, at)

    assert probe.is_probe
    assert circuit_breaker.admit_call(db.session, at) is None
    assert circuit_breaker.admit_call(db.session, at + circuit_breaker.PROBE) is not None  # Whoever had it was killed.


def test_a_successful_probe_closes_the_breaker(at):
    at = circuit_breaker.host_state(db.session, put_away(at)).until

    assert call(at, WELL)

    assert circuit_breaker.host_state(db.session, at) == circuit_breaker.HostState(
        resting=False, failures=0, until=None
    )
    assert call(at, WELL) and call(at, WELL)


def test_pauses_double_up_to_a_minute(at):
    at = put_away(at)
    for usual in [1, 2, 4, 8, 16, 32, 60, 60, 60]:
        pause = (circuit_breaker.host_state(db.session, at).until - at).total_seconds()
        at = put_away(at, failures=1)

        assert 0.75 * usual <= pause <= usual


def test_a_failure_of_a_call_from_before_lengthens_no_pause(at):
    under_way = [circuit_breaker.admit_call(db.session, at) for _ in range(20)]
    for admitted in under_way:
        circuit_breaker.record_answer(db.session, admitted, AWAY, at)

    assert circuit_breaker.host_state(db.session, at).failures == circuit_breaker.OPENING_FAILURES


def test_a_success_of_a_call_from_before_closes_the_breaker(at):
    call(at, AWAY)
    under_way = circuit_breaker.admit_call(db.session, at)
    put_away(at, failures=4)

    circuit_breaker.record_answer(db.session, under_way, WELL, at)

    assert not circuit_breaker.host_state(db.session, at).resting


def test_a_clock_that_was_set_back_makes_no_long_pause(at):
    put_away(at + timedelta(days=30))

    assert circuit_breaker.host_state(db.session, at).until <= at + timedelta(minutes=1)
