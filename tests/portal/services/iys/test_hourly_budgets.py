"""What İYS allows by the hour is never spent twice."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Operation
from portal.services.iys import rate_limit

HOUR = timedelta(hours=1)


@pytest.fixture
def at(app):
    with app.app_context():
        yield clock.now()


@pytest.mark.parametrize(
    ("question", "most"), [(Operation.TOKEN, 10), (Operation.STATUS, 900), (Operation.HISTORY, 90)]
)
def test_a_budget_is_spent_call_by_call_and_comes_back_after_an_hour(at, question, most):
    assert rate_limit.calls_left(db.session, question, at) == most

    rate_limit.add_to_tally(db.session, question, at, calls=most - 1)
    assert (
        rate_limit.calls_left(db.session, question, at) == 1
        and rate_limit.spent_until(db.session, question, at) is None
    )

    rate_limit.add_to_tally(db.session, question, at, calls=1)
    free_at = rate_limit.spent_until(db.session, question, at)
    assert rate_limit.calls_left(db.session, question, at) == 0
    assert at + HOUR < free_at <= at + HOUR + rate_limit.SPAN
    assert rate_limit.spent_until(db.session, question, free_at) is None
    assert rate_limit.calls_left(db.session, question, free_at) == most


def test_what_has_no_hourly_limit_has_no_budget(at):
    assert rate_limit.calls_left(db.session, Operation.ADD, at) is None
    assert rate_limit.spent_until(db.session, Operation.ADD, at) is None


def test_of_calls_over_the_hour_the_oldest_make_room_first(at):
    rate_limit.add_to_tally(db.session, Operation.TOKEN, at - timedelta(minutes=50), calls=9)
    rate_limit.add_to_tally(db.session, Operation.TOKEN, at, calls=1)

    free_at = rate_limit.spent_until(db.session, Operation.TOKEN, at)

    assert free_at <= at + timedelta(minutes=15)
    assert rate_limit.calls_left(db.session, Operation.TOKEN, free_at) == 9


def test_a_hold_of_iys_leaves_nothing(at):
    rate_limit.hold_calls(db.session, at + HOUR, Operation.HISTORY)

    assert rate_limit.calls_left(db.session, Operation.HISTORY, at) == 0
    assert rate_limit.spent_until(db.session, Operation.HISTORY, at) == at + HOUR
