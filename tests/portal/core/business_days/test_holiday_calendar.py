"""The operator's corrections over the calendar package: what deadlines are read by."""

from datetime import date, timedelta

import pytest

from portal.core import business_days, clock
from portal.core.business_days import holiday_calendar
from portal.core.extensions import db
from portal.core.models import DayKind, Holiday, Submission
from tests import make

MONDAY, THURSDAY = date(2026, 11, 23), date(2026, 11, 26)
BY = 1


@pytest.fixture(autouse=True)
def forget():
    yield
    business_days.use_corrections(business_days.NO_CORRECTIONS)


@pytest.fixture
def say(app):
    def correct(day, kind, name="Cumhurbaşkanlığı kararı"):
        holiday_calendar.correct_day(db.session, day, kind, name, by=BY, at=clock.now())
        db.session.commit()
        holiday_calendar.load_corrections(db.session, clock.now())
        db.session.rollback()

    with app.app_context():
        yield correct


def deadlines(day=MONDAY):
    at = clock.start_of_day(day)
    return [clock.day(deadline(at)) for deadline in (business_days.safe_deadline, business_days.lenient_deadline)]


def test_a_holiday_that_is_added_moves_both_deadlines(say):
    say(THURSDAY, DayKind.FULL)

    assert deadlines() == [date(2026, 11, 27)] * 2


def test_a_day_that_is_halved_moves_the_lenient_deadline_only(say):
    say(THURSDAY, DayKind.HALF)

    assert deadlines() == [date(2026, 11, 26), date(2026, 11, 27)]


def test_a_holiday_of_the_package_can_be_made_a_working_day(say):
    assert deadlines(date(2026, 10, 28)) == [date(2026, 11, 3)] * 2

    say(date(2026, 10, 29), DayKind.WORKDAY)

    assert deadlines(date(2026, 10, 28)) == [date(2026, 11, 2)] * 2


def test_the_last_word_about_a_day_holds(say, rows):
    say(THURSDAY, DayKind.FULL)
    say(THURSDAY, DayKind.WORKDAY, "Karar geri alındı")

    assert [(each.kind, each.name) for each in rows(Holiday)] == [(DayKind.WORKDAY, "Karar geri alındı")]
    assert deadlines() == [date(2026, 11, 26)] * 2


def test_what_is_taken_back_leaves_the_packages_word(say):
    say(date(2026, 10, 29), DayKind.WORKDAY)

    assert holiday_calendar.remove_correction(db.session, date(2026, 10, 29))
    assert not holiday_calendar.remove_correction(db.session, THURSDAY)
    holiday_calendar.load_corrections(db.session, clock.now())

    assert deadlines(date(2026, 10, 28)) == [date(2026, 11, 3)] * 2


def test_a_weekend_is_refused(say):
    with pytest.raises(holiday_calendar.NotAWeekday):
        say(date(2026, 11, 28), DayKind.WORKDAY)


def test_a_year_lists_the_package_with_the_corrections_over_it(say):
    say(date(2026, 10, 28), DayKind.FULL, "Köprü")
    say(THURSDAY, DayKind.FULL, "Yas")

    found = {day.day: (day.kind, day.name, day.is_ours) for day in holiday_calendar.holidays_of_year(db.session, 2026)}

    assert found[date(2026, 10, 28)] == (DayKind.FULL, "Köprü", True)
    assert found[THURSDAY] == (DayKind.FULL, "Yas", True)
    assert found[date(2026, 3, 19)][0] == DayKind.HALF
    assert found[date(2026, 10, 29)] == (DayKind.FULL, "Cumhuriyet Bayramı", False)


def test_another_process_goes_by_the_correction_within_a_minute(say):
    at = clock.now()
    holiday_calendar.load_corrections(db.session, at)
    db.session.add(Holiday(day=THURSDAY, kind=DayKind.FULL, name="Yas", changed_at=at))
    db.session.commit()

    for seconds in (-59, 59):
        holiday_calendar.refresh_corrections(db.session, at + timedelta(seconds=seconds))
    assert deadlines() == [THURSDAY] * 2

    holiday_calendar.refresh_corrections(db.session, at + timedelta(seconds=60))
    assert deadlines() == [date(2026, 11, 27)] * 2


def test_a_decision_gets_its_deadline_by_the_corrected_calendar(app, browser, rows, time_machine):
    time_machine.move_to("2026-11-23T09:00:00+03:00", tick=False)
    person = make.Person(browser, make.codes(app)[make.PHONE])
    person.decides(MESAJ="RET")
    with app.app_context():
        holiday_calendar.correct_day(db.session, THURSDAY, DayKind.FULL, "Yas", by=BY, at=clock.now())
        db.session.commit()
        waiting = holiday_calendar.count_open_deadlines(db.session, THURSDAY)
    time_machine.move_to("2026-11-23T09:02:00+03:00", tick=False)
    person.decides(ARAMA="RET")

    first, second = (clock.day(each.safe_deadline) for each in sorted(rows(Submission), key=lambda each: each.id))

    assert waiting == 1
    assert (first, second) == (THURSDAY, date(2026, 11, 27)), "what is written stays, what is new goes by it"
