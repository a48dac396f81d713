"""A blank below or beside a no may go on with it, as in a pivot table or where merged cells became a CSV: nobody is
granted or asked by it."""

from dataclasses import replace

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Decision
from portal.services.imports import batches, worker
from portal.services.imports.audience import read_address_list
from portal.services.imports.row_errors import RowErrors
from portal.services.imports.unread import MarkKind
from tests import make
from tests.files import workbooks
from tests.files.people import saved, workbook
from tests.portal.services.imports.test_not_understood import examine
from tests.portal.services.imports.test_worker import LAYOUT, batch_after_dry_run, begin, finish, line

BELOW = "RET altındaki boş hücre"
HEADS = {
    "general": "Durum;SMS izni", "refusing": "Unsubscribed;SMS izni", "channels": "SMS izni;Arama izni",
    "one": "SMS izni", "all": "SMS izni;Arama izni;E-posta izni;E-posta", "mail": "SMS izni;E-posta izni;E-posta",
}  # fmt: skip


def table(head: str, statuses: str) -> str:
    """Lines parted by blanks, each with its statuses ("-" is a blank) and a telephone."""
    lines = [each.replace("-", "").replace("/", ";") for each in statuses.split()]
    rows = [f"{each};0532 700 {number:02} 11" for number, each in enumerate(lines, 2)]
    return "\n".join([f"{HEADS[head]};Telefon", *rows])


@pytest.mark.parametrize(
    ("head", "statuses", "granted", "refused", "asked"),
    [
        ("general", "ONAY/Evet -/Evet RET/Evet -/Evet -/Evet ONAY/Evet -/Evet", [2, 3, 7, 8], [4], [2, 3, 7, 8]),
        ("refusing", "0/Evet -/Evet 1/Evet -/Evet 0/Evet -/Evet", [2, 3, 6, 7], [4], [2, 3, 6, 7]),
        # A pivot table of two fields: both of the first group are no, of the second one only the inner.
        ("channels", "0/0 -/- -/1 -/- 1/0 -/- -/1 -/-", [6, 8], [2, 6], [8, 9]),
        ("channels", "Evet/Evet -/Evet Hayır/Evet -/Evet -/Evet", [2, 3, 4], [4], [2, 3]),
        ("one", "Evet Hayır - Evet -", [2, 5], [3], [2, 5, 6]),
        ("one", "Evet Hayır nan Evet None", [2, 5], [3], [2, 5, 6]),
        ("channels", "0/NaN NULL/1 1/0 1/nan", [4], [2, 4], []),
        ("one", "Evet belki - Evet", [2, 5], [], [2, 5]),
        ("one", "(boş) - RET - -", [], [4], [2, 3]),
        ("one", "Hayır - -", [], [2], []),
        # The first group has no word.
        ("general", "-/Evet -/Evet ONAY/Evet -/Evet RET/Evet -/Evet", [2, 3, 4, 5], [6], [2, 3, 4, 5]),
        ("refusing", "-/Evet 1/Evet -/Evet 0/Evet -/Evet", [2, 5, 6], [3], [2, 5, 6]),
        ("one", "- Hayır - Evet -", [5], [3], [2, 5, 6]),
        # Marks: one word, and the first line has none.
        ("one", "- Hayır - hayır. -", [], [3, 5], [2, 4, 6]),
        # Of e-mail the lines say nothing, since they have no address of that kind.
        ("mail", "Evet/Hayır/a@example.com Evet/-/- -/-/-", [2, 3], [2], [2, 3, 4]),
    ],
)
def test_a_blank_below_a_no_is_unclear(head, statuses, granted, refused, asked):
    content = table(head, statuses)

    found, people = examine(content.encode()), read_address_list(content)

    assert (sorted({*found.granted}), sorted({*found.refused})) == (granted, refused)
    assert [line for line, address in people.good if address.text.startswith("+")] == asked


@pytest.mark.parametrize(
    ("head", "statuses", "asked"),
    [
        ("mail", "Evet/Evet/a Hayır/-/b -/Hayır/c Evet/Evet/d", "2 2m 5 5m"),
        # Whoever merges no merges yes, too.
        ("all", "Evet/-/-/a Hayır/-/-/b Evet/Hayır/Evet/c Evet/-/-/d", "2 2m 4m 5 5m"),
        ("all", "Evet/-/-/a Hayır/-/-/b Evet/-/-/c", "2 2m 4 4m"),
        # Over lines and columns.
        ("all", "Evet/Evet/Evet/a Hayır/-/-/b -/-/-/c Evet/Evet/Evet/d", "2 2m 5 5m"),
        # One that nobody fills, between others.
        ("all", "Evet/-/Evet/a Hayır/-/Evet/b Evet/-/Hayır/c", "2 2m 3m 4"),
    ],
)
def test_a_blank_beside_a_no_is_unclear_unless_its_column_goes_unused(head, statuses, asked):
    lines = " ".join(f"{each}@example.com" for each in statuses.split())

    good = read_address_list(table(head, lines)).good

    assert sorted(f"{line}{'m' * ('@' in address.text)}" for line, address in good) == asked.split()


@pytest.mark.parametrize("more", ["SMS izni;Evet", "Arama izni;", "E-posta izni;Evet"])
@pytest.mark.parametrize("said", ["Kara listede", "✗", "RET - 12.03.2026", "Bloke"])
def test_what_nobody_understands_of_a_line_goes_before_what_its_channels_say(more, said):
    name, own = more.split(";")
    content = f"Telefon;E-posta;Durum;{name}\n0532 700 02 11;a@example.com;{said};{own}"

    found = examine(content.encode(), channels=tuple(Channel))

    assert [what for _, _, what in found.results] == ["status_unknown"] * 3
    assert not read_address_list(content).good


@pytest.mark.parametrize("said", ["hiçbir kanaldan ulaşılmasın", "KARA LİSTE", "RET (tüm kanallar)"])
def test_a_text_that_refuses_in_one_channels_column_may_be_of_all(said):
    content = f"Telefon;E-posta;E-posta izni\n0532 700 02 11;a@example.com;Hayır\n0532 700 03 11;b@example.com;{said}"

    assert [line for line, _ in read_address_list(content).good] == [2]


def test_a_word_of_the_line_that_nobody_understands_is_named_beside_a_channels_refusal():
    content = b"Telefon;E-posta;Durum;E-posta izni\n0532 700 02 11;a@example.com;Kara listede;Hay\xc4\xb1r\n"

    found = examine(content, channels=(Channel.EMAIL,))

    assert (found.refused, [what for _, _, what in found.results[:2]]) == ([2], ["status_unknown"] * 2)


@pytest.mark.parametrize(
    ("name", "pages", "asked"),
    [
        # Each page has one word, the table has two.
        ("İzin durumu", ["- - ONAY - -", "- - RET - -"], "21 22 23 24 25 31 32"),
        # A group that is longer than a page; only cells tell that this name is a status.
        ("Genel izin", ["Evet - - Hayır -", "- - -"], "21 22 23"),
        ("Genel izin", ["- - -", "Evet - Hayır -"], "21 22 23 31 32"),
    ],
)
def test_sheets_with_the_same_header_are_pages_of_one_table(name, pages, asked):
    sheets = {
        f"Table {page}": [
            [name, "Telefon", "Şehir"],
            *([cell.strip("-"), f"0532 700 {page + 1}{number} 11", "Ankara"] for number, cell in enumerate(cells, 1)),
        ]
        for page, cells in enumerate(map(str.split, pages), 1)
    }  # fmt: skip
    content = saved(workbook(sheets))

    people, found = read_address_list(content, "liste.xlsx"), examine(content, "izinler.xlsx")

    assert [address.text[-4:-2] for _, address in people.good] == asked.split()
    granted = {
        what.address.text[-4:-2] for _, _, what in found.results if getattr(what, "status", "") == Status.GRANTED
    }
    assert granted <= {*asked.split()}


def test_a_group_goes_on_over_the_sheets_of_a_list():
    people = read_address_list(workbooks.group_over_sheets(), "liste.xlsx")

    assert [(line, address.text[-1]) for line, address in people.good] == [(2, "0")]


def test_below_a_no_nothing_that_holds_for_the_file_counts():
    content = b"Durum;Telefon\nONAY;0532 700 02 11\n;0532 700 03 11\nRET;0532 700 04 11\n;0532 700 05 11\n"

    assert examine(content, default=Status.GRANTED).granted == [2, 3]
    assert {*examine(content, default=Status.REFUSED).refused} == {3, 4, 5}


@pytest.mark.parametrize("labels", ["1 0", "Var Yok", "+ -", "2 1"])
def test_labels_in_place_of_addresses_are_named(labels):
    yes, no = labels.split()
    lines = f"Telefon;Adet\n{yes};2\n0532 700 03 11;1\n{no};1\n0532 700 05 11;1\nGenel Toplam;3\n"

    for marks in (examine(lines.encode()).unread.marks, read_address_list(lines).unread):
        assert [mark.where for mark in marks if mark.kind == MarkKind.LINES] == ["2, 4"]


def test_a_number_that_is_missing_is_no_label():
    assert not read_address_list("Telefon\n0532 700 03 11\n0\n0532 700 04 11\n0\n").unread


@pytest.mark.slow
def test_what_a_person_says_of_blanks_below_a_no_holds_in_a_run_that_begins_anew(app, rows):
    """Each chunk by a process of its own."""
    statuses = {5: "ONAY", 990: "RET", 2050: "ONAY"}
    lines = [line(number, statuses.get(number, ""), mail=False) for number in range(2100)]
    with app.app_context():
        defaults = replace(LAYOUT, status=Status.GRANTED, channels=(Channel.SMS,))
        batch = batch_after_dry_run(make.brand(), lines, defaults)
        assert batch.tally == {"grant": 1040, "first_refusal": 2, "status_unknown": 2118}
        (_, last_page), *_ = RowErrors(db.session, vault(), batch).pages(start=2)
        assert [(each.number, each.cells[2]) for each in last_page[-1:]] == [(2051, BELOW)]

        batches.set_layout(db.session, vault(), batch, defaults.with_words({"status": {BELOW: "RET"}}), clock.now())
        db.session.commit()
        finish(batch)
        begin(batch)
        while worker.work(batch.id, 0):
            pass

    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 2 * 1060
