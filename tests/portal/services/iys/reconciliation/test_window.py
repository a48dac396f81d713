"""Which days can be asked for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.services.iys.reconciliation import schedule

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(("back", "left"), [(0, 8), (1, 7), (6, 2), (7, 1), (8, 0), (300, 0)])
def test_a_day_can_be_fetched_until_seven_days_back(back, left):
    day = TODAY - timedelta(days=back)

    assert schedule.is_open(day, NOON) == (1 <= back <= 7)
    assert schedule.days_left(day, NOON) == left


def test_days_are_istanbuls():
    before_midnight = datetime(2026, 11, 23, 20, 59, 59, tzinfo=UTC)

    assert schedule.latest_day(before_midnight) == date(2026, 11, 22)
    assert schedule.latest_day(before_midnight + timedelta(seconds=1)) == date(2026, 11, 23)


def test_a_day_is_first_reconciled_three_hours_after_it():
    assert schedule.first_attempt_at(date(2026, 11, 23)) == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
