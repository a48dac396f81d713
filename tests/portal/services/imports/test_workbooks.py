"""Workbooks as programs write them, cut by a process of their own that may die without harm."""

import io
import json
import subprocess
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from portal.services.imports.audience import read_address_list
from portal.services.imports.reading import ChunkedFile, FileProblem, Unreadable, workbook_process
from portal.services.imports.reading.workbook_chunker import __main__ as chunker
from portal.services.imports.reading.workbook_chunker import container
from portal.services.imports.reading.workbook_chunker.marks import BENEATH, UNTYPED
from tests.files import broken
from tests.files.people import with_parts, xlsx_of

pytestmark = [pytest.mark.slow, pytest.mark.alike]

DAY = {"num_format": "dd.mm.yyyy"}
MOMENT = {"num_format": "dd.mm.yyyy hh:mm:ss"}
CLOCK = {"num_format": "hh:mm:ss"}
STATUSES = ["ONAY", "RET", "ONAY", "ONAY"]
HEADER = ["Telefon", "E-posta", "Tarih", "Durum"]
ROW = ["0532 123 45 67", "ayse@example.com", "24.11.2026", "ONAY"]


def cut_up(data: bytes, name: str = "liste.xlsx"):
    file = ChunkedFile(lambda: iter([data]), name)
    chunks = list(file)
    return file.outline, {
        sheet: [line for chunk in chunks if chunk.sheet == sheet for line in json.loads(chunk.packed)]
        for sheet in range(len(file.outline.sheets))
    }


def problem_of(data: bytes, act=cut_up) -> FileProblem:
    with pytest.raises(Unreadable) as unreadable:
        act(data)
    return unreadable.value.problem


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return file.getvalue()


def test_a_merged_cell_holds_for_each_that_it_covers():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("İzinler")
        sheet.merge_range("B1:E1", "İZİN LİSTESİ")
        sheet.write_row("B2", ["Telefon", "SMS izni", "Arama izni", "Ad"])
        for row, phone in enumerate(["0532 123 45 67", "0533 234 56 78", "0534 345 67 89", "0535 456 78 90"], 3):
            sheet.write_row(f"B{row}", [phone, "", "Evet" if row < 6 else "", "Ayşe"])
        sheet.merge_range("C3:C5", "Hayır")
        sheet.merge_range("C6:D6", "Hayır")
        sheet.merge_range("C8:C9", "Hayır")

    outline, sheets = cut_up(file.getvalue())

    assert outline.sheets[0].header == ("Telefon", "SMS izni", "Arama izni", "Ad")
    assert [cells[1:3] for _, cells in sheets[0][2:]] == [["Hayır", "Evet"]] * 3 + [["Hayır", "Hayır"], ["Hayır"]]


@pytest.mark.parametrize("place", ["C3:C5", "C5:C3"])
def test_what_a_merged_cell_hides_counts_for_nothing_and_is_named(place):
    content = xlsx_of(İzinler=[["Telefon", "Ad", "Durum"], *[[ROW[0], "Ayşe", each] for each in STATUSES]])
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        merged = f'</sheetData><mergeCells count="1"><mergeCell ref="{place}"/></mergeCells>'.encode()
        part = packed.read(sheet).replace(b"</sheetData>", merged)

    _, sheets = cut_up(with_parts(content, {sheet: part}))

    assert [cells[2] for _, cells in sheets[0][1:]] == ["ONAY", "RET", "RET", "RET"]
    assert [cells[3:] for _, cells in sheets[0][1:]] == [[], [], [f"{BENEATH}ONAY"], [f"{BENEATH}ONAY"]]


def test_cells_come_as_what_they_mean():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("İzinler")
        sheet.write_row(1, 1, [5321234567, 905321234567, 532123456789012, 5.5, -3, 0, True, False, "'0532", " x "])
        moment, day, clock = map(book.add_format, (MOMENT, DAY, CLOCK))
        sheet.write_datetime(2, 1, datetime(2026, 11, 24, 14, 2, 5), moment)
        sheet.write_datetime(2, 2, date(2026, 11, 24), day)
        sheet.write_datetime(2, 3, time(14, 2, 5), clock)
        sheet.write_datetime(2, 4, timedelta(hours=38, minutes=24), book.add_format({"num_format": "[h]:mm:ss"}))
        sheet.write_datetime(2, 5, datetime(2026, 11, 24, 14, 2, 4, 999_900), moment)
        sheet.write_formula(2, 6, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 7, "=CMD|'/c calc'!A1", None, "sonuç")
        sheet.write_string(2, 8, "a\x07b\nc")
        sheet.write_number(2, 9, 5.32e11)

    outline, sheets = cut_up(file.getvalue())

    assert outline.format == "xlsx"
    assert sheets[0] == [
        [2, ["5321234567", "905321234567", "532123456789012", "5.5", "-3", "0", "TRUE", "FALSE", "'0532", " x "]],
        [3, ["2026-11-24 14:02:05", "2026-11-24", "14:02:05", "38:24:00", "2026-11-24 14:02:05", "", "sonuç", "ab\nc",
             "532000000000"]],
    ]  # fmt: skip


def test_every_sheet_is_cut_and_named():
    data = xlsx_of(Boş=[], Birinci=[HEADER, ROW], İkinci=[["Mart 2026"], [], HEADER, ROW, ROW])

    outline, sheets = cut_up(data)

    assert [(sheet.name, sheet.lines, sheet.chunks, sheet.first_chunk) for sheet in outline.sheets] == [
        ("Boş", 0, 0, 0),
        ("Birinci", 2, 1, 0),
        ("İkinci", 4, 1, 1),
    ]
    assert [sheet.header_line for sheet in outline.sheets] == [None, 1, 3]
    assert outline.sheets[2].header == tuple(HEADER)
    assert [number for number, _ in sheets[2]] == [1, 3, 4, 5]


def test_many_rows_come_in_many_chunks():
    data = xlsx_of(Liste=[HEADER, *([f"0532 {n}", "a@example.com", None, "RET"] for n in range(2500))])

    chunks = list(ChunkedFile(lambda: iter([data[:1000], data[1000:]]), "a.xlsx"))

    assert [chunk.lines for chunk in chunks] == [1000, 1000, 501]
    assert [chunk.first_line for chunk in chunks] == [1, 1001, 2001]


def test_an_audience_is_read_from_the_first_sheet_with_addresses():
    data = xlsx_of(
        Açıklama=[["Bu liste Mart ayına aittir."]], Boş=[HEADER], Liste=[["Müşteri iletişim listesi"], HEADER, ROW]
    )

    reading = read_address_list(data)

    assert (reading.encoding, reading.header) == ("xlsx", HEADER)
    assert [(line, address.text) for line, address in reading.good] == [(3, "+905321234567"), (3, "ayse@example.com")]


def test_an_audience_of_sheets_without_addresses_says_so():
    assert problem_of(xlsx_of(Liste=[["Ad"], ["Ayşe"]]), read_address_list) == FileProblem.NO_ADDRESS_COLUMN
    assert problem_of(xlsx_of(Liste=[]), read_address_list) == FileProblem.EMPTY


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda: xlsx_of(Liste=[]), FileProblem.EMPTY),
        (lambda: xlsx_of(Liste=[HEADER, ROW])[:-300], FileProblem.DAMAGED),
        (lambda: OLE + bytes(600), FileProblem.DAMAGED),
        (lambda: OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), FileProblem.PASSWORD),
        (lambda: zipped(liste_dot_csv=b"05321234567"), FileProblem.ARCHIVE),
        (lambda: zipped(), FileProblem.ARCHIVE),
        (lambda: zipped(word__document_dot_xml=b"<w/>"), FileProblem.NO_WORKBOOK),
        (lambda: zipped(xl__workbook_dot_xml=b"<workbook"), FileProblem.DAMAGED),
        (lambda: zipped(xl__workbook_dot_xml=b" " * 200_000_000), FileProblem.WORKBOOK_TOO_LARGE),
        (lambda: xlsx_of(Liste=[HEADER, ["x"] * 501]), FileProblem.TOO_MANY_COLUMNS),
        (lambda: xlsx_of(Liste=[HEADER, ["x" * 32_000] * 3]), FileProblem.LINE_TOO_LONG),
        (lambda: xlsx_of(**{f"Sayfa{n}": [] for n in range(101)}), FileProblem.TOO_MANY_SHEETS),
    ],
    ids=lambda value: value if isinstance(value, FileProblem) else "",
)
def test_a_workbook_that_cannot_be_cut_says_why(made, problem):
    assert problem_of(made()) == problem


def test_cells_far_apart_take_no_more_than_the_chunkers_share():
    file, book = io.BytesIO(), openpyxl.Workbook()
    book.active["A1"] = "Telefon"
    book.active["XFD1048576"] = "x"
    book.save(file)

    assert problem_of(file.getvalue()) == FileProblem.WORKBOOK_TOO_LARGE


def test_a_chunker_that_dies_is_a_damaged_file(monkeypatch, tmp_path):
    (tmp_path / "workbook_chunker.py").write_text("import os; os.kill(os.getpid(), 11)")
    monkeypatch.setattr(workbook_process, "HERE", tmp_path)

    assert problem_of(xlsx_of(Liste=[HEADER] * 3)) == FileProblem.DAMAGED


@pytest.mark.parametrize(
    "said", [b"Z\0\0\0\0", b"\xff\xff\xff\xff\xff", b"P\xff\xff\xff\xff", b"X\0\0\0\x02no", b"X\0\0\0\x01\xff", b"S\0"]
)
def test_nothing_that_a_chunker_says_confuses_its_listener(monkeypatch, tmp_path, said):
    (tmp_path / "workbook_chunker.py").write_text(
        f"import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({said!r})"
    )
    monkeypatch.setattr(workbook_process, "HERE", tmp_path)

    assert problem_of(xlsx_of(Liste=[HEADER] * 3)) == FileProblem.DAMAGED


def test_the_chunker_inherits_no_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("VAULT_KEYS", "1:secret")
    (tmp_path / "workbook_chunker.py").write_text(
        "import os, struct, sys; body = repr(dict(os.environ)).encode();"
        "sys.stdout.buffer.write(struct.pack('>cI', b'S', len(body)) + body + struct.pack('>cI', b'E', 0))"
    )
    monkeypatch.setattr(workbook_process, "HERE", tmp_path)

    ((_, environment),) = workbook_process.frames([b"x"])

    assert b"PYTHONPATH" in environment and b"VAULT_KEYS" not in environment


def test_a_chunker_that_falls_silent_is_ended(monkeypatch, tmp_path):
    (tmp_path / "workbook_chunker.py").write_text("import os, sys, time; sys.stdin.buffer.read(); time.sleep(60)")
    monkeypatch.setattr(workbook_process, "HERE", tmp_path)

    assert problem_of(b"x", lambda data: list(workbook_process.frames([data], timeout=0.2))) == (
        FileProblem.WORKBOOK_TOO_LARGE
    )


def test_a_reader_that_is_left_early_leaves_no_process_behind():
    data, earlier = xlsx_of(Liste=[HEADER, *([ROW] * 3000)]), child_processes()
    frames = workbook_process.frames([data])
    next(frames)
    assert child_processes() > earlier

    frames.close()

    assert child_processes() == earlier


def child_processes() -> set[str]:
    """Processes that this one started, with those that ended and nobody waited for."""
    return set(Path("/proc/thread-self/children").read_text().split())


def test_the_chunker_imports_nothing_of_the_portal():
    asks = "import sys, workbook_chunker.__main__; print(sorted(sys.modules))"
    env = {"PYTHONPATH": str(workbook_process.HERE)}

    told = subprocess.run(
        [sys.executable, "-P", "-c", asks], env=env, capture_output=True, text=True, check=True
    ).stdout

    assert not {"portal", "flask", "sqlalchemy", "cryptography"} & set(told.replace("'", " ").replace(".", " ").split())


def test_the_chunker_has_limits_and_writes_no_byte_into_a_file(tmp_path):
    tries = (
        "import pathlib, resource, signal, sys; from workbook_chunker import __main__ as chunker;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); chunker._limit_resources();"
        "limits = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE);"
        "print([resource.getrlimit(each)[1] for each in limits]);"
        "pathlib.Path(sys.argv[1]).write_text('x')"
    )
    env, written_to = {"PYTHONPATH": str(workbook_process.HERE)}, tmp_path / "a"

    told = subprocess.run([sys.executable, "-P", "-c", tries, written_to], env=env, capture_output=True, text=True)

    assert told.stdout.strip() == str([chunker.MOST_MEMORY, chunker.MOST_SECONDS, 0])
    assert "File too large" in told.stderr and written_to.stat().st_size == 0


def test_every_word_of_the_chunker_is_a_problem():
    for path in workbook_process.HERE.glob("workbook_chunker/*.py"):
        for word in path.read_text().split('"'):
            assert not word.startswith("file_") or FileProblem(word)
    assert chunker.problem_of(MemoryError()) == FileProblem.WORKBOOK_TOO_LARGE
    assert chunker.problem_of(ValueError("Workbook is password protected")) == FileProblem.PASSWORD


def test_a_sheet_of_one_value_over_and_over_is_no_bomb():
    rows = "".join(f'<row r="{n}">{"<c><v>1</v></c>" * 200}</row>' for n in range(12_000))
    data = zipped(xl__workbook_dot_xml=b"<workbook/>", xl__worksheets__sheet1_dot_xml=rows.encode())

    assert len(rows) > container.HARMLESS
    assert container.format_of(data) == "xlsx"


def test_comments_and_struck_cells_stand_in_a_cell_beside_their_line():
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet, struck = book.add_worksheet("Kişiler"), book.add_format({"font_strikeout": True})
    for number, row in enumerate([HEADER, *[ROW] * 5]):
        sheet.write_row(number, 0, row)
    sheet.write_comment("B3", "RET VERDİ,\nbir daha SMS istemiyor", {"author": "Ayşe"})
    sheet.write("A4", ROW[0], struck)
    sheet.write_rich_string("D5", struck, "ONAY", " RET")
    sheet.write_blank("C6", None, struck)
    book.close()

    _, sheets = cut_up(file.getvalue())

    notes = [cells[4:] for _, cells in sheets[0]]
    assert notes == [[], [], ["Hücre notu:\nRET VERDİ,\nbir daha SMS istemiyor"], ["Üstü çizili"], ["Üstü çizili"], []]


def test_notes_of_a_libreoffice_file_stand_beside_their_line():
    saved = (broken.SAVED / "people.ods").read_bytes()
    with zipfile.ZipFile(io.BytesIO(saved)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    note = b'<office:annotation><text:p xmlns:text="x">iptal etti</text:p></office:annotation>'
    rows = files["content.xml"].split(b"<table:table-row ")
    rows[2] = rows[2].replace(b"<text:p>", note + b"<text:p>", 1)
    rows[3] = rows[3].replace(b"<table:table-cell ", b'<table:table-cell table:style-name="old" ', 1)
    untyped = b'<table:table-cell calcext:value-type="string"><text:h>RET</text:h></table:table-cell></table:table-row>'
    rows[4] = rows[4].replace(b"</table:table-row>", untyped)
    style = (
        b'<style:style style:name="old" style:family="table-cell"><style:text-properties '
        b'style:text-line-through-style="solid"/></style:style>'
    )
    files["content.xml"] = b"<table:table-row ".join(rows).replace(b"<office:body>", style + b"<office:body>")

    _, plain = cut_up(saved, "liste.ods")
    _, sheets = cut_up(zipped(**files), "liste.ods")

    assert (sheets[0][0], sheets[0][4:]) == (plain[0][0], plain[0][4:])
    assert [cells[-1] for _, cells in sheets[0][1:4]] == ["Hücre notu:\niptal etti", "Üstü çizili", f"{UNTYPED}RET"]


def test_a_table_in_a_cell_of_a_libreoffice_file_is_refused():
    saved = (broken.SAVED / "people.ods").read_bytes()
    with zipfile.ZipFile(io.BytesIO(saved)) as packed:
        content = packed.read("content.xml")
    inner = b'<table:table table:is-sub-table="true"><table:table-row/></table:table></table:table-cell>'

    assert (
        problem_of(with_parts(saved, {"content.xml": content.replace(b"</table:table-cell>", inner, 1)}))
        == "file_damaged"
    )


def test_hidden_rows_of_a_libreoffice_file_are_counted():
    saved = (broken.SAVED / "people.ods").read_bytes()
    with zipfile.ZipFile(io.BytesIO(saved)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    first, *others = files["content.xml"].split(b"<table:table-row ")
    others[1] = b'table:visibility="filter" ' + others[1]
    files["content.xml"] = b"<table:table-row ".join([first, *others])

    outline, _ = cut_up(zipped(**files), "liste.ods")

    assert (outline.sheets[0].is_hidden, outline.sheets[0].hidden_lines) == (False, 1)
