"""The business-day clock, against the table that was checked by hand."""

from datetime import UTC, date, datetime, time, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.business_days import (
    CALENDAR_VERSION,
    add_business_days,
    earliest_in_time,
    is_business_day,
    lenient_deadline,
    safe_deadline,
)
from portal.core.clock import ISTANBUL


def end_of(day):
    return datetime.combine(day, time(23, 59, 59), tzinfo=ISTANBUL)


def noon(day):
    return datetime.combine(day, time(12), tzinfo=ISTANBUL)


@pytest.mark.parametrize(
    ("decided", "safe", "lenient"),
    [
        ("2024-04-08", "2024-04-16", "2024-04-17"),
        ("2025-06-03", "2025-06-10", "2025-06-11"),
        ("2026-03-16", "2026-03-19", "2026-03-23"),
        ("2026-03-19", "2026-03-25", "2026-03-25"),
        ("2026-04-22", "2026-04-28", "2026-04-28"),
        ("2026-04-30", "2026-05-06", "2026-05-06"),
        ("2026-05-21", "2026-05-26", "2026-06-01"),
        ("2026-05-22", "2026-06-01", "2026-06-02"),
        ("2026-10-27", "2026-11-02", "2026-11-03"),
        ("2026-11-24", "2026-11-27", "2026-11-27"),
        ("2026-12-30", "2027-01-05", "2027-01-05"),
        ("2027-03-05", "2027-03-15", "2027-03-16"),
        ("2027-05-14", "2027-05-24", "2027-05-24"),
    ],
)
def test_a_deadline_is_the_end_of_the_third_business_day_after(decided, safe, lenient):
    at = noon(date.fromisoformat(decided))

    assert safe_deadline(at) == end_of(date.fromisoformat(safe))
    assert lenient_deadline(at) == end_of(date.fromisoformat(lenient))


@pytest.mark.parametrize(
    "half",
    ["2024-04-09", "2024-10-28", "2025-06-05", "2025-10-28", "2026-03-19", "2026-05-26", "2026-10-28", "2027-03-08"],
)
def test_a_half_day_is_a_business_day_for_the_safe_deadline_only(half):
    assert is_business_day(date.fromisoformat(half), half_days_count=True)
    assert not is_business_day(date.fromisoformat(half), half_days_count=False)


@pytest.mark.parametrize(
    "free",
    ["2026-01-01", "2026-04-23", "2026-05-01", "2026-05-19", "2026-07-15", "2026-10-29", "2026-03-20", "2026-05-29"],
)
def test_a_holiday_of_law_2429_is_no_business_day(free):
    assert not is_business_day(date.fromisoformat(free), half_days_count=True)


def test_a_holiday_on_a_weekend_moves_nothing():
    sunday = date(2026, 8, 30)

    assert not is_business_day(sunday, half_days_count=True)
    assert is_business_day(sunday + timedelta(days=1), half_days_count=False)


def test_the_day_of_a_decision_is_istanbuls_day():
    late_on_tuesday = datetime(2026, 11, 24, 20, 59, 59, tzinfo=UTC)

    assert safe_deadline(late_on_tuesday) == end_of(date(2026, 11, 27))
    assert safe_deadline(late_on_tuesday + timedelta(seconds=1)) == end_of(date(2026, 11, 30))


def test_a_deadline_is_aware_and_in_utc():
    deadline = safe_deadline(noon(date(2026, 11, 24)))

    assert deadline.isoformat() == "2026-11-27T20:59:59+00:00"


@pytest.mark.slow
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31)))
def test_any_year_has_deadlines_and_the_safe_one_is_never_later(day):
    safe, lenient = safe_deadline(noon(day)), lenient_deadline(noon(day))

    assert noon(day) + timedelta(days=3) <= safe <= lenient <= noon(day) + timedelta(days=20)
    first = earliest_in_time(noon(day))
    assert safe_deadline(first - timedelta(seconds=1)) < noon(day) <= safe_deadline(first)


def test_the_calendar_says_its_version():
    assert holidays.__version__ == CALENDAR_VERSION


@pytest.mark.parametrize(
    ("day", "business_days", "later_day"),
    [
        ("2026-12-18", 2, "2026-12-22"),  # A Friday.
        ("2026-12-19", 2, "2026-12-22"),
        ("2026-10-26", 2, "2026-10-30"),  # The eve and the day of the Republic.
        ("2026-12-18", 0, "2026-12-18"),
    ],
)
def test_business_days_are_added_to_a_day(day, business_days, later_day):
    assert add_business_days(date.fromisoformat(day), business_days) == date.fromisoformat(later_day)
