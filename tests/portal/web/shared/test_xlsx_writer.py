"""Workbooks: what was put into their cells is what programs that read them find there."""

import io
import zipfile

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from portal.web.shared import xlsx_parts
from portal.web.shared.xlsx_writer import Sheet, stream_workbook

pytestmark = pytest.mark.slow

HEADER = ["Adres", "Açıklama"]
ODD = [
    "+905321234567", "05321234567", "=1+1", "@SUM(A1)", "-5", "'tırnak", "satır\nsonu", "  boşluk  ", "😀 Şğıİ",
    "<&>\"'", "]]>", "_x0041_", "_x005F_", "1e5", "TRUE", "24.11.2026", "\ttab", "çok  boşluk", "\u202e", "&amp;",
]  # fmt: skip


def made(rows, header=HEADER, **options) -> bytes:
    return b"".join(stream_workbook(rows, sheet="Satırlar", header=header, **options))


def read(content: bytes, sheet: int = 0) -> list[list]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(sheet).to_python()


def test_every_text_comes_back_as_it_was():
    rows = read(made([["x", text] for text in ODD]))

    assert rows == [HEADER, *(["x", text] for text in ODD)]


def test_another_program_reads_the_same_and_finds_no_formula():
    sheet = openpyxl.load_workbook(io.BytesIO(made([["x", text] for text in ODD]))).active

    found = [row[1] for row in sheet.iter_rows(min_row=2)]
    plain = [(cell.value, text) for cell, text in zip(found, ODD, strict=True) if "_x" not in text]
    assert all(value == text for value, text in plain)
    assert {cell.data_type for cell in found} == {"s"}
    assert {cell.number_format for cell in found} == {"@"}


def test_the_first_row_is_bold_stays_in_sight_and_filters():
    sheet = openpyxl.load_workbook(io.BytesIO(made([["a", "b"]] * 3))).active

    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:B4")
    assert sheet["A1"].font.bold and not sheet["A2"].font.bold
    assert sheet.column_dimensions["A"].width >= xlsx_parts.NARROWEST


def test_numbers_are_numbers_and_those_that_a_spreadsheet_would_round_are_texts():
    rows = read(made([[7, 2.5], [10**17, float("nan")], [None, ""], []]))

    assert rows[1:3] == [[7.0, 2.5], [str(10**17), "nan"]]
    assert all(cell == "" for row in rows[3:] for cell in row)


def test_what_no_cell_can_hold_is_left_out():
    long = "ş" * 40_000
    rows = read(made([["a\x00b\x1fc\ud800", long], ["a\r\nb\rc", "😀" * 20_000]]))

    assert rows[1] == ["abc", long[: xlsx_parts.LONGEST]]
    assert rows[2] == ["a\nb\nc", "😀" * (xlsx_parts.LONGEST // 2)]


def test_further_sheets_follow_and_one_without_rows_is_left_out():
    more = [Sheet("Boş", ["a"], []), Sheet("Satırlar", ["a"], [["b"]]), Sheet("[a/b]:*?\\" + "c" * 40, ["a"], [["b"]])]
    book = CalamineWorkbook.from_filelike(io.BytesIO(made([], more=more)))

    assert book.sheet_names == ["Satırlar", "Satırlar 2", "a b " + "c" * 27]
    assert book.get_sheet_by_index(0).to_python() == [HEADER]


@pytest.mark.long
def test_what_one_sheet_has_no_room_for_goes_on_in_the_next():
    content = made(((number,) for number in range(1_048_580)), header=["No"])

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["Satırlar", "Satırlar 2"]
    assert book.get_sheet_by_index(0).height == 1_048_576
    assert book.get_sheet_by_index(1).to_python() == [["No"], *([float(each)] for each in range(1_048_575, 1_048_580))]


def test_rows_are_asked_for_while_it_is_sent_and_never_held_together():
    asked = []
    book = stream_workbook((asked.append(1) or [number] for number in range(5000)), sheet="a", header=["No"])

    assert asked == []
    next(book)
    assert 0 < len(asked) < 1000


def test_a_row_that_cannot_be_made_leaves_no_file_that_opens():
    def rows():
        yield from ([number] for number in range(1000))
        raise LookupError

    sent = io.BytesIO()
    with pytest.raises(LookupError):
        sent.writelines(stream_workbook(rows(), sheet="a", header=["No"]))

    assert not zipfile.is_zipfile(sent)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t_x0041 &<>\"'=+-@"), max_size=40)


@settings(max_examples=60)
@given(st.lists(st.lists(TEXT, min_size=3, max_size=3), max_size=8))
@example([["_x000D_", "_x_x0041_", "__x0041_"]])
def test_any_text_comes_back(rows):
    odd = {"\ufffe", "\uffff"}
    rows = [["|", *("".join(sign for sign in cell if sign not in odd) for cell in row)] for row in rows]

    assert read(made(rows, header=["a", "b", "c", "d"]))[1:] == rows


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_any_name_makes_a_sheet(name):
    content = b"".join(stream_workbook([["x"]], sheet=name, header=["a"]))

    (title,) = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    assert 1 <= len(title) <= xlsx_parts.LONGEST_NAME
