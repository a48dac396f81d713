"""Dates as Excel, databases and people in Türkiye write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.clock import ISTANBUL
from portal.services.imports.layout.dates import BadTime, Moment, is_blank, read, read_clock
from portal.services.imports.row_results import RowProblem

DAY = datetime(2026, 11, 24, tzinfo=ISTANBUL)
MINUTE = DAY.replace(hour=14, minute=2)
SECOND = MINUTE.replace(second=5)
OF_A_DAY = """\
24.11.2026
24/11/2026
24-11-2026
24/11/26
24 11 2026
2026-11-24
2026/11/24
2026.11.24
20261124
24112026
46350
 24.11.2026
'24.11.2026
24.11.2026.
24 Kasım 2026
24 KASIM 2026
24 Kas 2026
24.Kasım.2026
24-Kas-26
Salı, 24 Kasım 2026
24 Kasım 2026 Salı
November 24, 2026
24 November 2026
24th November 2026
Nov 24 2026
24.11.2026 00:00:00
2026-11-24T00:00:00
23.11.2026 24:00
24.11.2026 12:00 ÖÖ""".splitlines()
OF_A_MINUTE = """\
24-11-2026 14:02
24.11.2026 14.02
24.11.2026 - 14:02
24.11.2026 saat 14:02
24.11.2026 ÖS 2:02
24.11.2026 02:02 ÖS
24/11/2026 2:02 PM
24.11.2026 2:02 p.m.
24.11.2026 14:02:00.000
24.11.2026T14:02
24 Kasım 2026 14:02
24.11.2026, 14:02""".splitlines()
OF_A_SECOND = """\
2026-11-24 14:02:05
2026-11-24T14:02:05
2026-11-24T11:02:05Z
2026-11-24T14:02:05+03:00
2026-11-24 11:02:05.123Z
2026-11-24T12:02:05+0100
2026-11-24T14:02:05.999999
24 Kas 2026 14:02:05
24.11.2026 14:02:05
20261124140205
20261124T140205
Tue Nov 24 2026 14:02:05 GMT+0300 (GMT+03:00)
Tue, 24 Nov 2026 11:02:05 GMT
Tue Nov 24 14:02:05 2026
1795518125
1795518125000
46350.5847800926
46350,5847800926
24/11/2026 11:02:05 UTC
24.11.2026 2:02:05 ÖS""".splitlines()


@pytest.mark.parametrize("text", OF_A_DAY)
def test_a_day_begins_at_midnight_in_istanbul(text):
    assert read(text).at == DAY


@pytest.mark.parametrize("text", OF_A_MINUTE)
def test_a_minute_is_read(text):
    assert read(text) == Moment(MINUTE.astimezone(UTC), True)


@pytest.mark.parametrize("text", OF_A_SECOND)
def test_a_second_is_read_in_its_zone(text):
    assert read(text) == Moment(SECOND.astimezone(UTC), True)


def test_the_month_may_stand_first():
    assert read("11/24/2026 2:02 PM", False).at == MINUTE
    assert read("03.04.2026").at == datetime(2026, 4, 3, tzinfo=ISTANBUL)
    assert read("03.04.2026", False).at == datetime(2026, 3, 4, tzinfo=ISTANBUL)


@pytest.mark.parametrize("text", ["31.02.2026", "11/24/2026", "2026-02-30", "2026-02-30 10:00:00", "24.11.2026 25:00", "24.11.2026 24:01", "24.11.2026 10:60", "00.11.2026", "31 Şubat 2026", "20261340"])  # fmt: skip  # noqa: E501
def test_what_no_calendar_has_is_impossible(text):
    assert read(text) == RowProblem.DATE_IMPOSSIBLE


@pytest.mark.parametrize("text", ["dün", "24", "2026", "Kasım 2026", "12:30", "5321234567", "+905321234567", "ayse@example.com", "24.11", "24 Kırmızı 2026", "1", "x"])  # fmt: skip  # noqa: E501
def test_what_is_no_date_is_unreadable(text):
    assert read(text) == RowProblem.DATE_UNREADABLE


@pytest.mark.parametrize("text", ["", " ", "-", "NULL", "#N/A", "#YOK", "0000-00-00 00:00:00", "0001-01-01T00:00:00"])
def test_some_texts_say_that_there_is_no_date(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["yok", "❌", "hayır"])
def test_a_no_in_place_of_a_date_is_not_blank(text):
    assert not is_blank(text)


@pytest.mark.parametrize(
    "text", ["14:02", "14.02", "14:02:00", "saat 14:02", "ÖS 2:02", "0.584722222", "1899-12-30 14:02:00"]
)
def test_a_time_may_stand_alone(text):
    assert read_clock(text) == (14 * 60 + 2) * 60


@pytest.mark.parametrize("text", ["25:00", "14", "", "öğlen", "14:02 hariç"])
def test_an_odd_time_is_none(text):
    with pytest.raises(BadTime):
        read_clock(text)


@pytest.mark.slow
@given(
    st.text(max_size=70) | st.from_regex(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}[ T]?[\d:. apmöÖS+Z-]{0,12}", fullmatch=True)
)
def test_any_text_is_a_moment_or_a_problem(text):
    found = read(text)

    assert found in (RowProblem.DATE_UNREADABLE, RowProblem.DATE_IMPOSSIBLE) or found.at.microsecond == 0


@pytest.mark.slow
@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 12, 30)))
def test_all_spellings_of_a_moment_are_one(moment):
    moment = moment.replace(microsecond=0)
    spellings = ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d/%m/%y %H.%M.%S", "%Y%m%d%H%M%S", "%d-%m-%Y %I:%M:%S %p"]
    if moment.year >= 2070:
        del spellings[2]

    read_back = {read(moment.strftime(spelling)) for spelling in spellings}

    assert read_back == {Moment(moment.replace(tzinfo=ISTANBUL).astimezone(UTC), True)}
