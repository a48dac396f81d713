"""Workbooks by two writers, in the states in which they come out of offices and programs."""

import io
import zipfile
from datetime import date, datetime, time

import xlsxwriter
from openpyxl.styles import Border, Side

from tests.files.people import FRESH, HEADER, PEOPLE, SHEET, saved, text, with_parts, workbook

AT = datetime(2026, 11, 24, 14, 2)
HEADER_OF_DAYS = ["E-posta", "Durum", "İzin Tarihi", "Sipariş No"]
MACROS = "application/vnd.ms-office.vbaProject"


def plain() -> bytes:
    """The four people, by openpyxl."""
    return saved(workbook({"Sayfa1": SHEET}))


def plain_by_xlsxwriter() -> bytes:
    """The same by another writer."""
    return _written(SHEET)


def inline_strings() -> bytes:
    """Texts inside their cells instead of in a table of shared ones, as streaming writers do it."""
    return _written(SHEET, {"constant_memory": True})


def merged_title() -> bytes:
    """A title merged over the whole width, a line of who made it, an empty one; the header stands in line 4."""
    book = workbook({"İzinler": [["Örnek Mağazacılık A.Ş. izin raporu"], ["Hazırlayan:", "Ayşe"], [], *SHEET]})
    book.active.merge_cells("A1:G1")
    return saved(book)


def header_of_two_lines() -> bytes:
    """Groups merged over their columns, and what the columns are called below."""
    groups = ["Kişi", "İletişim", "", "İzin", "", "", ""]
    book = workbook({"Sayfa1": [groups, *SHEET]})
    for cells in ("B1:C1", "D1:G1"):
        book.active.merge_cells(cells)
    return saved(book)


def three_sheets() -> bytes:
    """One is empty, and two are alike: the second holds everybody again."""
    return saved(workbook({"Boş": [], "Ocak": SHEET, "Şubat": SHEET}))


def group_over_sheets() -> bytes:
    """As a report that hides repetitions on each of its pages."""
    head = ["Telefon", "Durum", "SMS izni", "Tarih", "Kaynak", "Dayanak"]
    page = [[f"0532 123 45 6{n}", "", "Evet", "24.11.2026", "HS_WEB", "A"] for n in range(8)]
    page[0][1], page[1][1] = "ONAY", "RET"
    return saved(workbook({"Sayfa 1": [head, *page[:3]], "Sayfa 2": [head, *page[3:5]], "Sayfa 3": [head, *page[5:]]}))


def empty_sheets_beside() -> bytes:
    """As older Excel makes every workbook: two more sheets, with nothing in them."""
    return saved(workbook({"Sayfa1": SHEET, "Sayfa2": [], "Sayfa3": []}))


def hidden_sheet() -> bytes:
    """Somebody's notes in front, which nobody sees."""
    book = workbook({"Notlar": [["Bunu gönderme"], ["Toplam", "4"]], "İzinler": SHEET})
    book["Notlar"].sheet_state = "hidden"
    book.active = 1
    return saved(book)


def hidden_and_filtered() -> bytes:
    """Last year's list hidden beside this year's, of which a filter shows one line."""
    rows = [
        ["Telefon", "Durum", "Tarih", "Kaynak", "Dayanak", "Üye mi"],
        *([f"0532 123 45 6{n}", "RET", "24.11.2026", "HS_WEB", "A", "E"] for n in range(3)),
    ]
    book = workbook({"Yeni": rows, "Eski": rows})
    book["Eski"].sheet_state = "hidden"
    for row in (3, 4):
        book["Yeni"].row_dimensions[row].hidden = True
    return saved(book)


def beginning_at_c5() -> bytes:
    """The table does not begin where a sheet does."""
    return saved(workbook({"Sayfa1": [[], [], [], [], *(["", "", *row] for row in SHEET)]}))


def dressed_to_the_end() -> bytes:
    """A border down at row 1,048,576, with nothing in it."""
    book = workbook({"Sayfa1": SHEET})
    book.active.cell(1_048_576, 20).border = Border(top=Side("thin"))
    return saved(book)


def blank_far_below() -> bytes:
    """A blank typed by mistake a hundred thousand rows below."""
    book = workbook({"Sayfa1": SHEET})
    book.active.cell(100_000, 2).value = " "
    return saved(book)


def typed_cells() -> bytes:
    """Telephones as numbers, dates as Excel keeps them: with time, without, as a time apart, as a bare number."""
    sheet = [
        ["Telefon", "İzin Tarihi", "Saat"],
        [5321000001, AT, None], [905321000002, date(2026, 11, 24), time(14, 2)], [5321000003.0, AT, None],
        ["05321000004", date(2026, 11, 24), None], [5.321000005e9, AT, None], [532100, AT, None],
    ]  # fmt: skip
    return saved(workbook({"Sayfa1": sheet}))


def bare_serials() -> bytes:
    """The date column lost its format: 46350 is a day. By xlsxwriter."""
    return _written([["E-posta", "İzin Tarihi"], ["a@example.com", 46350], ["b@example.com", 46350.584722222]])


def dates_of_1904() -> bytes:
    """From a Macintosh whose days are counted from 1904."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["E-posta", "İzin Tarihi"])
        sheet.write_string(1, 0, "a@example.com")
        sheet.write_datetime(1, 1, AT, book.add_format({"num_format": "dd.mm.yyyy hh:mm"}))
    return out.getvalue()


def bare_serials_of_1904() -> bytes:
    """The same without the format: 44888 is a day of 2026 there, and one of 2022 elsewhere."""
    sheet = [HEADER_OF_DAYS, ["a@example.com", "ONAY", 44888, 44888], ["b@example.com", "RET", 44888.5, "S-2"]]
    return _written(sheet, {"date_1904": True})


def yes_and_no_cells() -> bytes:
    """TRUE and FALSE as Excel keeps them, and the numbers 1 and 0."""
    sheet = [["E-posta", "Onay"], *([f"kisi{at}@example.com", value] for at, value in enumerate((True, False, 1, 0)))]
    return saved(workbook({"Sayfa1": sheet}))


def formulas_with_values() -> bytes:
    """What the formulas came to was kept beside them; one looks into another workbook."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Telefon", "Ad Soyad"])
        sheet.write_formula(1, 0, '="0"&5321000001', value="05321000001")
        sheet.write_formula(2, 0, r"='C:\gizli\[liste.xlsx]Sayfa1'!A2", value="05321000002")
        sheet.write_formula(1, 1, "=cmd|' /C calc'!A0", value="#REF!")
        sheet.write_url(2, 1, "https://example.com/", string="Burak")
    return out.getvalue()


def formulas_without_values() -> bytes:
    """Nobody ever reckoned them out: there is nothing in the cell but the formula."""
    book = workbook({"Sayfa1": [["Telefon", "Ad Soyad"], ['="0"&5321000001', "Ayşe"], ["05321000002", "=1+1"]]})
    return saved(book)


def error_cells() -> bytes:
    """What a formula says that failed."""
    book = workbook({"Sayfa1": [["Telefon", "E-posta"], ["#N/A", "a@example.com"], ["05321000001", "#REF!"]]})
    for cell in ("A2", "B3"):
        book.active[cell].data_type = "e"
    return saved(book)


def with_macros() -> bytes:
    """An .xlsm: there is a program in it, which nobody runs."""
    kinds = b'<Default Extension="bin" ContentType="%s"/></Types>' % MACROS.encode()
    return with_parts(plain(), {"xl/vbaProject.bin": b"\xcc\x61\xff\xff" * 500, "[Content_Types].xml": _kinds(kinds)})


def links_outside() -> bytes:
    """A relation that points at somebody's server."""
    link = (
        b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        b'externalLinkPath" Target="http://127.0.0.1:9/liste.xlsx" TargetMode="External"/></Relationships>'
    )
    return with_parts(plain(), {"xl/externalLinks/_rels/externalLink1.xml.rels": link})


def entities() -> bytes:
    """A sheet that names a file of this machine and asks for it to be put in (XXE): nothing is put in."""
    sheet = (
        '<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Telefon</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>05321000001</t></is></c>'
        '<c r="B2" t="inlineStr"><is><t>&secret;</t></is></c></row></sheetData></worksheet>'
    )
    return with_parts(plain(), {"xl/worksheets/sheet1.xml": sheet.encode()})


def wide_cell() -> bytes:
    """32,767 characters in a cell."""
    return saved(workbook({"Sayfa1": [HEADER, ["x" * 32_767, *PEOPLE[0][1:]], *PEOPLE[1:]]}))


def line_ends_in_cells() -> bytes:
    """Alt+Enter in names and beside telephones, tabs among them."""
    rows = [["Ayşe\nYılmaz\tHanım", "0532 123 45 67\n", *PEOPLE[0][2:]], *PEOPLE[1:]]
    return saved(workbook({"Sayfa1": [["Ad\nSoyad", *HEADER[1:]], *rows]}))


def html_called_xls() -> bytes:
    """What many web panels call Excel: a table of HTML."""
    rows = "".join(f"<tr>{''.join(f'<td>{value}</td>' for value in row)}</tr>" for row in SHEET)
    return f"<html><head><meta charset=utf-8></head><body><table>{rows}</table></body></html>".encode()


def csv_called_xlsx() -> bytes:
    """Renamed by hand."""
    return text([["E-posta", "Tarih"], ["a@example.com", FRESH]]).encode()


def _written(rows, options=None) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **(options or {})}) as book:
        sheet = book.add_worksheet("Sayfa1")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def _kinds(more: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(plain())) as parts:
        return parts.read("[Content_Types].xml").replace(b"</Types>", more)
