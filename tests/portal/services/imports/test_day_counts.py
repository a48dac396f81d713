"""Workbooks that count days from 1904: a number that nobody formatted as a date is none."""

import io
import zipfile
from datetime import datetime

import pytest
import xlsxwriter

from portal.core.clock import ISTANBUL
from portal.services.imports.layout import Field, dates
from portal.services.imports.reading.workbook_chunker.__main__ import workbook_frames
from portal.services.imports.reading.workbook_chunker.day_counts import DAYS, counts_from_1904, name_count
from portal.services.imports.row_results import RowProblem
from tests.files.office import SAVED
from tests.files.people import with_parts
from tests.portal.services.imports.test_row_parser import EMAIL, GIVEN, MAIL, NOW, looked

AT = datetime(2026, 11, 20, 15, 30)
XLS = bytes.fromhex("2200 0200 0000 0e00 0200")  # Two records, as LibreOffice writes them.
NULL_DATE = b'<table:null-date table:date-value="%s"/><table:iteration'


def xlsx(*, is_1904: bool) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"date_1904": is_1904}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Telefon", "Tarih", "Tarih 2", "Posta kodu"])
        sheet.write_datetime(1, 1, AT, book.add_format({"num_format": "dd.mm.yyyy hh:mm"}))
        sheet.write_row(1, 2, [sheet._convert_date_time(AT), 34000])
    return file.getvalue()


@pytest.mark.parametrize("is_1904", [False, True])
def test_a_number_is_the_day_that_a_formatted_cell_shows_or_none(is_1904):
    found = b"".join(workbook_frames(xlsx(is_1904=is_1904)))

    assert b"2026-11-20 15:30:00" in found and b'"34000"' in found
    text = "44884.64583333334 (1904)" if is_1904 else "46346.64583333334"
    assert f'"{text}"'.encode() in found
    moment = dates.Moment(AT.replace(tzinfo=ISTANBUL), True)
    assert dates.read(text) == (RowProblem.DATE_UNREADABLE if is_1904 else moment)


def test_every_number_that_is_a_day_elsewhere_is_none():
    for day in (DAYS[0], DAYS[-1]):
        for text in (str(day), f"{day}.5"):
            assert isinstance(dates.read(text), dates.Moment)
            assert dates.read(name_count(text)) == RowProblem.DATE_UNREADABLE
    assert DAYS == dates.EXCEL_DAYS and name_count("5321234567") == "5321234567"


def test_a_refusal_of_such_a_day_counts_as_of_its_arrival():
    """It seemed to be older than any grant of four years."""
    line = {Field.EMAIL: MAIL, Field.STATUS: "RET", Field.DATE: name_count("44888.5")}

    assert looked(line, **GIVEN)[EMAIL].consent_date == NOW


@pytest.mark.parametrize("is_1904", [False, True])
@pytest.mark.parametrize("written_as", ["xlsx", "xls", "ods", "xlsb"])
def test_each_format_tells_its_first_day(written_as, is_1904):
    assert counts_from_1904(WRITERS[written_as](is_1904), written_as) == is_1904


def xls(is_1904: bool) -> bytes:
    content = (SAVED / "typed.xls").read_bytes()
    assert content.count(XLS) == 1
    return content.replace(XLS, XLS.replace(b"\0\0\x0e", b"\1\0\x0e")) if is_1904 else content


def ods(is_1904: bool) -> bytes:
    content, part = (SAVED / "typed.ods").read_bytes(), "content.xml"
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        before = packed.read(part)
    after = before.replace(b"<table:iteration", NULL_DATE % (b"1904-01-01" if is_1904 else b"1899-12-30"))
    assert before != after
    return with_parts(content, {part: after})


def xlsb(is_1904: bool) -> bytes:
    """Its first records: the workbook begins, a text that looks like the one that is looked for, and that one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        properties = bytes([is_1904, 0, 1, 0]) + bytes(8)
        content = b"\x83\1\0" + b"\x80\1\x90\1" + b"\x99\1\x0c\1".ljust(144) + b"\x99\1\x0c" + properties
        packed.writestr("xl/workbook.bin", content)
    return file.getvalue()


WRITERS = {"xlsx": lambda is_1904: xlsx(is_1904=is_1904), "xls": xls, "ods": ods, "xlsb": xlsb}


@pytest.mark.parametrize("content", [b"", b"PK\5\6".ljust(22, b"\0")])
def test_what_tells_nothing_counts_as_elsewhere(content):
    assert not any(counts_from_1904(content, each) for each in WRITERS)
