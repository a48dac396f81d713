"""Where several providers' calls fail in a row theirs only probe the host, one at a time, until it answers again."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.services.iys import circuit_breaker
from portal.services.iys.circuit_breaker import HostState
from portal.services.iys.client import IysAnswer

SECOND = timedelta(seconds=1)
AWAY = IysAnswer(0, b"")
CLOSED = HostState(resting=False, failures=0, until=None, failed=[])


@pytest.fixture
def at(app):
    with app.app_context():
        yield clock.now()


def state(at):
    return circuit_breaker.host_state(db.session, at)


def fail(at, provider_id):
    """A call that goes and fails at once; False where none may go."""
    is_probe = circuit_breaker.admit_call(db.session, provider_id, at)
    if is_probe is None:
        return False
    circuit_breaker.record_failure(db.session, provider_id, at, is_probe=is_probe)
    return True


def put_away(at, failures=circuit_breaker.OPENING_FAILURES):
    """Let calls of so many providers fail, each as soon as it may go; the moment of the last."""
    for provider_id in range(failures):
        at = state(at).until or at
        assert fail(at, provider_id)
    return at


@pytest.mark.parametrize(
    ("answer", "is_failure"),
    [
        (AWAY, True),
        (IysAnswer(500, b""), True),
        (IysAnswer(503, b"{}"), True),
        (IysAnswer(404, b"<html>"), True),
        (IysAnswer(200, b"{}"), False),
        (IysAnswer(422, b'{"errors":[{"code":"H121"}]}'), False),
    ],
)
def test_what_is_no_answer_of_iys_is_a_failure_of_its_host(answer, is_failure):
    assert circuit_breaker.is_host_failure(answer) == is_failure


def test_three_providers_in_a_row_open_the_breaker(at):
    assert all(fail(at, provider_id) for provider_id in (1, 2, 2, 1, 3))

    assert not any(fail(at, provider_id) for provider_id in (1, 2, 3))
    assert state(at).resting and state(at).failures == 3 and at < state(at).until <= at + 1.25 * SECOND


def test_whose_calls_did_not_fail_call_on_and_one_failure_is_theirs_alone(at):
    put_away(at)
    until = state(at).until

    assert circuit_breaker.admit_call(db.session, 4, at) is False
    assert fail(at, 5) and not fail(at, 5)
    assert state(at).until == until and [set(each) for each in state(at).left_out(at)] == [{0, 1, 2, 5}]


def test_two_providers_that_fail_all_the_time_open_nothing(at):
    assert all(fail(at, provider_id) for provider_id in [1, 2] * 10)

    assert state(at) == HostState(resting=False, failures=2, until=None, failed=[1, 2])


def test_an_answer_in_between_starts_the_count_anew(at):
    fail(at, 1), fail(at, 2)
    circuit_breaker.record_success(db.session, at)
    fail(at, 3), fail(at, 4)

    assert state(at) == HostState(resting=False, failures=2, until=None, failed=[3, 4])


def test_one_probe_goes_at_a_time(at):
    at = state(put_away(at)).until

    assert circuit_breaker.admit_call(db.session, 1, at) is True
    assert circuit_breaker.admit_call(db.session, 1, at) is None
    assert circuit_breaker.admit_call(db.session, 2, at + circuit_breaker.PROBE) is True  # Whoever had it was killed.


def test_a_successful_probe_closes_the_breaker(at):
    put_away(at)

    circuit_breaker.record_success(db.session, at)

    assert state(at) == CLOSED
    assert circuit_breaker.admit_call(db.session, 1, at) is False


def test_pauses_double_up_to_five_seconds(at):
    at = put_away(at)
    for usual in [1, 2, 4, 5, 5]:
        pause = (state(at).until - at).total_seconds()
        at = put_away(at, failures=1)

        assert 0.75 * usual <= pause <= min(5, 1.25 * usual)


def test_a_failure_of_a_call_from_before_lengthens_no_pause(at):
    put_away(at)
    for provider_id in range(20):
        circuit_breaker.record_failure(db.session, provider_id, at, is_probe=False)

    assert state(at).failures == circuit_breaker.OPENING_FAILURES


def test_a_clock_that_was_set_back_makes_no_long_pause(at):
    put_away(at + timedelta(days=30))

    assert state(at).until <= at + 5 * SECOND
