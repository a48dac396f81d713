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
from tests.portal.services.imports.test_not_understood import examine
from tests.portal.services.imports.test_worker import LAYOUT, batch_after_dry_run, begin, finish, line

BELOW = "RET altındaki boş hücre"
HEADS = {
    "general": "Durum;SMS izni", "refusing": "Unsubscribed;SMS izni", "channels": "SMS izni;Arama izni",
    "one": "SMS izni", "mail": "SMS izni;E-posta izni;E-posta",
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
    ("statuses", "asked"),
    [
        ("Evet/Evet/a@example.com Hayır/-/b@example.com -/Hayır/c@example.com Evet/Evet/d@example.com", [2, 2, 5, 5]),
        # Few lines fill the column.
        (
            "Evet/Evet/a@example.com Hayır/-/b@example.com Evet/-/c@example.com Evet/-/d@example.com",
            [2, 2, 3, 4, 4, 5, 5],
        ),
    ],
)
def test_a_blank_beside_a_no_is_unclear_where_most_lines_fill_its_column(statuses, asked):
    assert [line for line, _ in read_address_list(table("mail", statuses)).good] == asked


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
        assert batch.tally == {"grant": 1040, "first_refusal": 2, "status_unknown": 1059}
        (_, last_page), *_ = RowErrors(db.session, vault(), batch).pages(start=2)
        assert [(each.number, each.cells[2]) for each in last_page[-1:]] == [(2051, BELOW)]

        batches.set_layout(db.session, vault(), batch, defaults.with_words({"status": {BELOW: "RET"}}), clock.now())
        db.session.commit()
        finish(batch)
        begin(batch)
        while worker.work(batch.id, 0):
            pass

    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 2 * 1060
