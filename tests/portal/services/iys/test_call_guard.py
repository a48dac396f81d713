"""Many calls start at once, from threads of one process or several: the last of a budget goes to one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Operation
from portal.services.iys import call_guard, circuit_breaker, rate_limit

CALLERS = 8


def start_together(app, question):
    """Start as many calls at once; those that were admitted."""

    def come(_):
        with app.app_context():
            try:
                return call_guard.start_call(question, 1)
            except call_guard.NotNow:
                return None

    with ThreadPoolExecutor(CALLERS) as callers:
        return [each for each in callers.map(come, range(CALLERS)) if each]


def test_what_is_left_of_a_budget_is_spent_once(app):
    with app.app_context():
        rate_limit.add_to_tally(
            db.session, Operation.HISTORY, clock.now(), calls=rate_limit.PER_HOUR[Operation.HISTORY] - 3
        )
        db.session.commit()

    assert len(start_together(app, Operation.HISTORY)) == 3

    with app.app_context():
        assert rate_limit.calls_left(db.session, Operation.HISTORY, clock.now()) == 0


def test_one_of_many_is_the_probe(app):
    with app.app_context():
        at = clock.now() - timedelta(minutes=1)
        for provider_id in range(circuit_breaker.OPENING_FAILURES):
            circuit_breaker.record_failure(db.session, provider_id, at, is_probe=False)
        db.session.commit()

    (probe,) = start_together(app, Operation.ADD)

    assert probe.is_probe


@pytest.mark.parametrize("question", [Operation.ADD, Operation.BULK_ADD])
def test_everybody_goes_where_nothing_is_scarce(app, question):
    assert len(start_together(app, question)) == CALLERS

    with app.app_context():
        assert rate_limit.calls_since(db.session, rate_limit.HOUR, clock.now(), question) == (CALLERS, 0)
