"""What stands above, below and beside a table may refuse: its yes is not read as a consent then."""

import io
import json
from dataclasses import replace

import openpyxl
import pytest

from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import ImportBatch
from portal.domain.consents.bulk_import import Entry
from portal.services.imports import layout
from portal.services.imports.audience import read_address_list
from portal.services.imports.chunk_parser import sheet_parser
from portal.services.imports.layout.headings import refusal_spoken
from portal.services.imports.reading import ChunkedFile
from portal.services.imports.store import layout_of
from portal.services.imports.unread import unread_of
from tests.portal.services.imports.file_steps import uploaded, work_all
from tests.portal.services.imports.test_no_cell_lost import NOW
from tests.portal.services.imports.test_not_understood import examine

pytestmark = [pytest.mark.slow, pytest.mark.alike]

HEADER = ["Telefon", "SMS izni", "Onay tarihi", "Kaynak", "Belge no"]
SPEAKING = """
İleti istemediği kanallar|RET|Ticari ileti RET listesi|ret_listesi.xlsx|Ret verenler|Retler|SMS Retleri|HAYIR diyenler|
1 = istemiyor, 0 = istiyor|0 = onay 1 = ret|E/H = istemiyor/istiyor|İstemeyenler|Kara liste|Opt-out|İptaller|
Engellenenler|Silinenler|Aramayın|Müşteriler RET verdi|Do not call list|unsubscribed_contacts.csv|
Not: 191 ve 192 numaralı formlar iptal edilmiştir, müşteriler RET verdi
"""
ORDINARY = """
Müşteri İzin Listesi 2026|izinler.csv|Sayfa1|Sheet1|Onay/Ret Listesi|iys_onay_ret_listesi.csv|İzin ve Ret Listesi|
1 = onay, 0 = ret|E: Evet, H: Hayır|Örnek Mağazacılık A.Ş.|İletişim izinleri|Kanallar|Müşteri bilgileri|24.11.2026|
Durum sütununa ONAY ya da RET yazın|Lütfen sütun adlarını değiştirmeyiniz|Toplam: 250|Mart 2026 izin listesi|
E/H olarak doldurunuz|Ticari elektronik ileti onayı verenler|Tüm müşteriler|members|export_2026-11-24.xlsx
"""


def line(number, status="EVET"):
    return [f"0532 700 00 {number}", status, "23.11.2026 10:00", "HS_WEB", f"F{number}"]


def book(*rows, merged="", title="Sayfa1"):
    workbook, out = openpyxl.Workbook(), io.BytesIO()
    workbook.active.title = title
    for row in rows:
        workbook.active.append(row)
    if merged:
        workbook.active.merge_cells(merged)
    workbook.save(out)
    return out.getvalue()


def read(content, name="izinler.xlsx"):
    """The sheets of a file, and of each {line: the statuses or problems}, read by the guess for its header."""
    file = ChunkedFile(lambda: iter([content]), name)
    chunks = list(file)
    found = []
    for place, (sheet, sample) in enumerate(zip(file.outline.sheets, file.samples, strict=True)):
        guess = layout.guess(sheet.header, [each for each in sample if each[0] > (sheet.header_line or 0)])
        guess = replace(guess, channels=guess.channels or tuple(Channel), source=Source.WEB, origin="form")
        parser = sheet_parser(file.outline, place, replace(guess, sheets=(place,)), name, NOW)
        lines = [each for chunk in chunks if chunk.sheet == place for each in json.loads(chunk.packed)]
        read_lines = {
            each[0]: [str(what.status if isinstance(what, Entry) else what) for _, what in parser.parse(each)]
            for each in lines
        }
        found.append((sheet, {number: words for number, words in read_lines.items() if words}))
    return found


@pytest.mark.parametrize("text", [each.strip() for each in SPEAKING.split("|")])
def test_a_heading_speaks_of_refusing(text):
    assert refusal_spoken(text)


@pytest.mark.parametrize("text", [each.strip() for each in ORDINARY.split("|")])
def test_an_ordinary_title_or_legend_does_not(text):
    assert not refusal_spoken(text)


TWO = ["Telefon", "SMS", "Arama", "Onay tarihi", "Kaynak", "Belge no"]
BOTH = ["0532 700 00 11", "EVET", "EVET", "23.11.2026 10:00", "HS_WEB", "F1"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (book([None, "İleti istemediği kanallar"], TWO, BOTH, merged="B1:C1"), "a.xlsx"),
        (book([None, "RET"], TWO, BOTH, merged="B1:C1"), "a.xlsx"),
        (book(["Ticari ileti RET listesi"], [], TWO, BOTH), "a.xlsx"),
        (book(TWO, BOTH), "ret_listesi.xlsx"),
        (book(TWO, BOTH, title="Ret verenler"), "a.xlsx"),
        (book(["1 = istemiyor, 0 = istiyor"], TWO, BOTH), "a.xlsx"),
        (book(TWO, ["", "Ret", "Ret"], BOTH), "a.xlsx"),
    ],
)
def test_no_yes_is_read_under_a_heading_that_refuses(content, name):
    lines = read(content, name)[0][1]

    assert ["status_unknown", "status_unknown"] in lines.values() and not any("ONAY" in each for each in lines.values())


@pytest.mark.parametrize(
    "first",
    [
        ["0532 700 00 21 (dahili 12)", "Hayır", "23.11.2026 10:00", "HS_WEB", "F1"],
        ["0532 700 00 2", "İstemiyor", "", "", ""],
        ["0532", "RET", "Ret verdi", "HS_WEB", "F1"],
    ],
)
def test_a_first_line_of_data_is_no_heading(first):
    sheet, lines = read(book(["İzinler"], HEADER, first, line(22, "Hayır"), line(23)))[0]

    assert (sheet.title, lines[4], lines[5]) == ("", ["RET"], ["ONAY"])
    assert lines[3][0].startswith(("phone", "unknown"))


@pytest.mark.parametrize("name", ["SMS istemiyor", "Kara liste", "SMS almak istemiyorum"])
@pytest.mark.parametrize("example", ["5321234567", "ornek@firma.com"])
def test_a_name_that_refuses_beside_an_example_is_one_of_its_column(name, example):
    """No header without an example ("Telefon (5321234567)"): its line may be a person's."""
    answers = "".join(f"0532 700 0{n} 11;{'10'[n % 2]}\n" for n in range(4))
    content = f"{example};{name}\n{answers}"

    (_, lines), found = read(content.encode(), "a.csv")[0], read_address_list(content)

    assert [set(lines[number]) for number in range(1, 6)] == [{"status_unknown"}, *[{"status_unknown"}, {"RET"}] * 2]
    assert found.unread and not found.good


@pytest.mark.parametrize("word", ["Ret", "Unsubscribed"])
def test_a_first_answer_of_another_kind_is_named_as_what_may_be_a_name(word):
    found = read_address_list(f"5321234567;{word}\n0532 700 01 11;1\n0532 700 02 11;0\n")

    assert [mark.text for mark in found.unread] == [word]
    assert ([line for line, _ in found.good], [line for line, _, _ in found.refused]) == ([2], [1, 3])


@pytest.mark.parametrize("lines", ["Hayır|Evet|Hayır", "RET|ONAY|RET", "istemiyor|istiyor|istemiyor", "aramayın||"])
def test_a_first_person_who_refuses_names_no_column(lines):
    content = "".join(f"0532 700 0{n} 11;{word}\n" for n, word in enumerate(lines.split("|")))
    found = read_address_list(content)

    assert (found.refused[0][0], [line for line, _ in found.good][:1]) == (1, [2])


def test_under_a_heading_that_refuses_a_no_refuses():
    """Of whom a yes speaks nobody knows; under a legend nobody knows it of a no, either."""
    rows = HEADER, line(21, "Hayır"), line(22, "0"), line(23)
    unknown = ["status_unknown"]

    assert list(read(book(["SMS RET VERENLER"], *rows))[0][1].values()) == [["RET"], ["RET"], unknown]
    assert list(read(book(["1 = istemiyor, 0 = istiyor"], *rows))[0][1].values()) == [unknown] * 3


ONE = ["0532 700 00 11", "EVET", "23.11.2026 10:00", "HS_WEB", "F1"]
SECOND = ["Telefon", "SMS ret", "Ret tarihi", "Kaynak", "Belge no"]


@pytest.mark.parametrize(
    ("rows", "name", "header", "words"),
    [
        ([SECOND, ONE], "Sayfa1 Telefon SMS ret Ret tarihi Kaynak Belge no", SECOND, {5: ["RET"]}),
        ([["SMS RET VERENLER"], ONE], "Sayfa1 SMS RET VERENLER", HEADER, {5: ["status_unknown"]}),
        ([["RET"], HEADER, ONE], "Sayfa1 RET", HEADER, {6: ["status_unknown"]}),
        ([["Telefon", "RET"], ["0532 700 00 11", "EVET"]], "Sayfa1 Telefon RET", HEADER, {5: ["status_unknown"]}),
        (
            [["Not: 1 ve 2 numaralı müşteriler RET verdi"]],
            "Sayfa1 Not: 1 ve 2 numaralı müşteriler RET verdi",
            None,
            None,
        ),
        ([["1 = istemiyor, 0 = istiyor"]], "Sayfa1 1 = istemiyor, 0 = istiyor", None, None),
    ],
)
def test_another_table_below_is_a_sheet_of_its_own(rows, name, header, words):
    first, second = read(book(HEADER, line(21), line(22), *rows))

    assert list(first[1].values()) == [["ONAY"], ["ONAY"]]
    assert second[0].name == name
    if header:
        assert (list(second[0].header), second[1]) == (header, words)


@pytest.mark.parametrize(
    "rows",
    [
        [HEADER, line(23)],
        [["Toplam", "2"]],
        [["", "RET", "23.11.2026 10:00", "HS_WEB", "F9"]],
        [["", "RET"]],
        [["Ayşe", "SMS", "23.11.2026 10:00", "Telefon", "SMS istemiyor"]],
        [["5,32E+11", "RET", "", "Telefon", "SMS"]],
        [["Şube 2"], line(23)],
        [["bilmiyorum"], ["#YOK"], ["cevap vermiyor"], ["-"], ["yanlış numara"], line(23)],
    ],
)
def test_a_line_without_an_address_begins_no_other_table(rows):
    assert len(read(book(HEADER, line(21), line(22), *rows))) == 1


@pytest.mark.parametrize("rows", [[["SMS RET VERENLER"], ONE], [["Not: müşteriler RET verdi"]], [SECOND, ONE, ONE]])
def test_what_stands_below_is_red(app, rows):
    batch_id = uploaded(app, book(HEADER, line(21), line(22), *rows), name="izinler.xlsx")
    work_all(app)

    with app.app_context():
        batch = db.session.get(ImportBatch, batch_id)
        unread = unread_of(vault(), batch)
        assert (layout_of(vault(), batch).sheets, [each.lines for each in unread.sheets]) == ((0,), [len(rows)])
        assert unread.doubtful == 1


@pytest.mark.parametrize("words", ["ONAY", "cep", "e-posta", "SMS", "istemiyor"])
def test_a_first_line_of_an_address_and_words_is_no_header(words):
    lines = f"0532 700 04 11 {words}\n0532 700 05 11\n0532 700 06 11\n"

    assert [row.line for row in read_address_list(lines).bad] == [1]
    assert [what for _, line, what in examine(lines.encode(), default=Status.REFUSED).results if line == 1]


def test_an_address_in_brackets_in_a_header_is_an_example():
    content = "Telefon (örn. 0532 123 45 67);E-posta (ad@example.com)\n0532 700 04 11;a@example.com\n"

    assert [line for line, _ in read_address_list(content).good] == [2, 2]


def test_a_header_with_an_address_beside_words_is_in_doubt():
    lines = "SMS istemiyor\n0532 700 04 11;Evet\n0532 700 05 11;Hayır\n"

    clear, doubtful = (read_address_list(f"{name};{lines}") for name in ("Cep Tel (5321234567)", "Cep Tel 5321234567"))

    assert [line for line, _ in clear.good] == [line for line, _ in doubtful.good] == [3]
    assert (clear.unread, [mark.where for mark in doubtful.unread]) == ([], ["A"])
