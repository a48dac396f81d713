"""The success rate and its levels."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Operation
from portal.services.iys import rate_limit, success_rate
from portal.services.iys.success_rate import Level


@pytest.fixture
def at(app):
    with app.app_context():
        yield clock.now()


@pytest.mark.parametrize(
    ("calls", "failures", "ratio", "level"),
    [
        (0, 0, None, Level.OK),
        (199, 199, None, Level.OK),  # Too few to say anything.
        (1000, 0, 1.0, Level.OK),
        (1000, 150, 0.85, Level.OK),
        (1000, 151, 0.849, Level.WARN),
        (1000, 250, 0.75, Level.WARN),
        (1000, 251, 0.749, Level.PAUSED),
        (200, 200, 0.0, Level.PAUSED),
    ],
)
def test_the_level_follows_the_ratio(at, calls, failures, ratio, level):
    rate_limit.add_to_tally(db.session, Operation.ADD, at, calls=calls, failures=failures)

    measured = success_rate.measure(db.session, at)

    assert (measured.calls, measured.failures, measured.level) == (calls, failures, level)
    assert measured.ratio == (None if ratio is None else pytest.approx(ratio))


def test_all_questions_count_together_and_for_a_day(at):
    rate_limit.add_to_tally(db.session, Operation.ADD, at - timedelta(hours=25), calls=1000, failures=1000)
    rate_limit.add_to_tally(db.session, Operation.ADD, at - timedelta(hours=23), calls=300)
    rate_limit.add_to_tally(db.session, Operation.TOKEN, at, calls=100, failures=100)

    assert success_rate.measure(db.session, at).ratio == pytest.approx(0.75)
