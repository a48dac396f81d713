"""The holiday calendar as the operator corrects it."""

from datetime import date

import pytest

from portal.core import business_days, clock
from portal.core.models import AuditEntry, DayKind, Holiday, Submission
from tests import make

pytestmark = [pytest.mark.slow, pytest.mark.alike]

MOURNING = {"day": "2026-11-26", "kind": "full", "name": "10021 sayılı karar"}


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to("2026-11-23T09:00:00+03:00")


def deadline() -> date:
    return clock.day(business_days.safe_deadline(clock.now()))


def test_a_day_that_is_added_holds_at_once_and_can_be_taken_back(derya, rows):
    assert deadline() == date(2026, 11, 26)

    assert derya.posts("/operator/calendar", MOURNING).status_code == 303
    assert deadline() == date(2026, 11, 27)
    page = derya.opens("/operator/calendar").text
    assert "10021 sayılı karar" in page and "Operatör değiştirdi" in page

    assert derya.posts("/operator/calendar/2026-11-26/removal").status_code == 303
    assert deadline() == date(2026, 11, 26)
    assert rows(Holiday) == []
    acts = [entry.act for entry in rows(AuditEntry, AuditEntry.subject == "holiday")]
    assert acts == ["holiday.corrected", "holiday.taken_back"]


def test_the_year_lists_the_holidays_of_the_law(derya):
    page = derya.opens("/operator/calendar?year=2026").text

    for words in ("29 Ekim 2026", "Cumhuriyet Bayramı", "Kurban Bayramı", "Yarım gün"):
        assert words in page


def test_waiting_decisions_are_counted_and_keep_their_deadline(app, derya, browser, rows):
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="RET")
    written = rows.one(Submission).safe_deadline

    derya.posts("/operator/calendar", MOURNING)

    page = derya.opens("/operator/calendar").text
    assert "Bekleyen 1 kararın süresi" in page and "değişmez" in page
    assert rows.one(Submission).safe_deadline == written


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "2026-11-28"}, {"day": "2026-11-29"}, {"day": ""}, {"day": "soon"}, {"day": "1999-01-04"},
        {"day": "9999-12-31"}, {"kind": "double"}, {"kind": ""}, {"name": ""}, {"name": "x" * 121}, {"name": "\0"},
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_is_refused(derya, rows, wrong):
    answer = derya.posts("/operator/calendar", MOURNING | wrong)

    assert answer.status_code == 422
    assert rows(Holiday) == []


def test_a_second_word_about_a_day_replaces_the_first(derya, rows):
    derya.posts("/operator/calendar", MOURNING)
    derya.posts("/operator/calendar", MOURNING | {"kind": "half"})

    assert rows.one(Holiday).kind == DayKind.HALF


@pytest.mark.parametrize("day", ["2026-11-26", "yesterday", "2026-02-30"])
def test_what_was_not_corrected_cannot_be_taken_back(derya, day):
    assert derya.posts(f"/operator/calendar/{day}/removal").status_code == 404


@pytest.mark.parametrize("year", ["2031", "0", "-5", "x", "99999999999"])
def test_any_year_shows_a_year(derya, year):
    assert derya.opens(f"/operator/calendar?year={year}").status_code == 200


def test_support_leaves_the_calendar_alone(deniz, rows):
    assert deniz.posts("/operator/calendar", MOURNING).status_code == 403
    assert rows(Holiday) == []
