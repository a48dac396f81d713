"""The file of a day, read as İYS wrote it."""

from datetime import UTC, datetime

import pytest

from portal.services.iys.reconciliation.day_file import InvalidDayFile, read_lines

HEADING = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source"
ROW = "2026-11-23 14:02:31,ab12,+905321234567,BIREYSEL,MESAJ,ONAY,2026-11-23 14:02:30,HS_WEB"


def file(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def test_a_row_keeps_iyss_words():
    (line,) = read_lines(file(HEADING, ROW))

    assert (line.transaction_id, line.recipient, line.channel, line.status) == (
        "ab12",
        "+905321234567",
        "MESAJ",
        "ONAY",
    )
    assert line.created_at == datetime(2026, 11, 23, 11, 2, 31, tzinfo=UTC)
    assert ",".join(line.as_wire().values()) == ROW


def test_an_address_is_not_in_what_a_log_would_show():
    (line,) = read_lines(file(HEADING, ROW))

    assert "5321234567" not in repr(line)


def test_columns_are_found_by_their_names():
    turned = ",".join(reversed(HEADING.split(",")))

    assert list(read_lines(file(turned, ",".join(reversed(ROW.split(",")))))) == list(read_lines(file(HEADING, ROW)))


def test_a_file_without_a_header_is_read_in_the_documented_order():
    assert list(read_lines(file(ROW, ROW))) == list(read_lines(file(HEADING, ROW, ROW)))


def test_a_merchants_row_may_bear_no_date():
    (line,) = read_lines(file(HEADING, ROW.replace("2026-11-23 14:02:30", "").replace("BIREYSEL", "TACIR")))

    assert line.consented_at is None


@pytest.mark.parametrize("odd", ["BEKLIYOR", "", "ONAY "])
def test_an_unknown_value_is_kept(odd):
    (line,) = read_lines(file(HEADING, ROW.replace("ONAY", odd)))

    assert line.status == odd.strip()


def test_an_empty_file_has_no_rows():
    assert list(read_lines(b"")) == list(read_lines(file(HEADING))) == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Bad gateway</body></html>",
        b'{"code": "H014"}',
        b"\xff\xfe\x00",
        file("creationDate,transactionId", "a,b"),
        file(HEADING, ROW[:60]),
        file(HEADING, '"never closed'),
    ],
    ids=["page", "json", "bytes", "columns", "cut", "quote"],
)
def test_what_is_no_file_is_an_error(body):
    with pytest.raises(InvalidDayFile):
        list(read_lines(body))
