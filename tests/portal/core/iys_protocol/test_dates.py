"""İYS's dates are in Turkey time, and read back as they were written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from portal.core import iys_protocol

ASKED_AT = datetime(2026, 11, 30, 15, 40, 38, tzinfo=UTC)


def test_a_moment_is_written_in_turkey_time_and_never_rounded_up():
    just_before_midnight = datetime(2026, 12, 31, 20, 59, 59, 999_999, tzinfo=UTC)

    assert iys_protocol.format_wire_date(just_before_midnight) == "2026-12-31 23:59:59"


def test_a_moment_of_another_zone_is_the_same_moment():
    in_new_york = datetime(2026, 11, 24, 4, 30, tzinfo=timezone(timedelta(hours=-5)))

    assert iys_protocol.format_wire_date(in_new_york) == "2026-11-24 12:30:00"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError):
        iys_protocol.format_wire_date(datetime(2026, 11, 24, 9, 30))


def test_a_date_read_back_is_the_moment_that_was_written():
    at = datetime(2026, 11, 24, 22, 30, 15, tzinfo=UTC)

    read = iys_protocol.parse_wire_date(iys_protocol.format_wire_date(at))

    assert read == at
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text", ["2026-11-24", "2026-11-24T09:30:00", "2026-1-2 3:4:5", "2026-15-01 13:35:00", "0001-01-01 00:00:00", ""]
)
def test_another_form_of_date_is_refused(text):
    with pytest.raises(ValueError):
        iys_protocol.parse_wire_date(text)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2026-11-30 18:40:38", "2026-11-30 18:40:38"),
        ("2026-11-30T18:40:38", "2026-11-30 18:40:38"),
        ("2026-11-30T15:40:38Z", "2026-11-30 18:40:38"),
        ("2026-11-30t15:40:38.123456789z", "2026-11-30 18:40:38"),
        (" 2026-11-30 18:40:38.1+0300 ", "2026-11-30 18:40:38"),
        ("2026-11-30T12:40:38-03", "2026-11-30 18:40:38"),
    ],
)
def test_a_moment_that_iys_tells_otherwise_is_read_all_the_same(told, meant):
    for read in (iys_protocol.read_consent_date, iys_protocol.read_creation_date):
        assert iys_protocol.format_wire_date(read(told, ASKED_AT)) == meant


@pytest.mark.parametrize("told", ["2026-11-30", "2026-11-30T18:40", "2026-W48-1T18:40:38", "20261130T184038",
    "2026-13-30T18:40:38", "0001-01-01T00:00:00", "9999-12-31T23:59:59-05:00", "", None, 7,
    "1900-01-01 00:00:00", "1970-01-01 03:00:00", "2099-01-01 00:00:00", "9999-12-31 23:59:59"])  # fmt: skip
def test_what_is_no_whole_moment_or_cannot_be_true_is_none(told):
    assert iys_protocol.read_consent_date(told, ASKED_AT) is None
    assert iys_protocol.read_creation_date(told, ASKED_AT) is None


def test_consents_are_older_than_iys_and_its_clock_may_be_ahead():
    assert iys_protocol.read_consent_date("2015-05-01 00:00:00", ASKED_AT)
    assert iys_protocol.read_creation_date("2015-05-01 00:00:00", ASKED_AT) is None
    assert iys_protocol.read_creation_date("2026-12-01 18:40:38", ASKED_AT) == ASKED_AT + timedelta(days=1)
