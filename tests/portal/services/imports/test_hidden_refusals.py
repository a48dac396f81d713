"""Of any table of statuses nobody is granted or asked who refuses in it, however it was exported: with repetitions
hidden, as a pivot table, with merged cells as CSV, or cut into pages; each no is a refusal or a problem of its line."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from portal.core.iys_protocol import Channel, Status
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.audience import read_address_list
from portal.services.imports.layout import Field, Layout
from portal.services.imports.layout.layout import STATUS_FIELDS
from portal.services.imports.row_parser import RowParser
from portal.services.imports.row_results import PROBLEMS, RowProblem
from portal.services.imports.row_values import RowValueReader
from tests.examples import some
from tests.files.people import saved, workbook
from tests.portal.services.imports.test_no_cell_lost import NOW
from tests.portal.services.imports.test_not_understood import examine, text
from tests.portal.services.imports.test_unclear_names import by_hand

GENERAL = "Durum"
COLUMNS = {
    GENERAL: tuple(Channel), "SMS izni": (Channel.SMS,), "Arama izni": (Channel.CALL,),
    "E-posta izni": (Channel.EMAIL,),
}  # fmt: skip
YES, NO = {"ONAY", "Evet"}, {"RET", "Hayır"}
UNCLEAR = ("Kara listede", "İptal talebi", "✗", "Bloke - 12.03.2026")
PEOPLE = [(f"0532 700 {number:02} 11", f"a{number}@example.com") for number in range(12)]

Truth = list[dict[str, str]]  # By line and column.


@st.composite
def tables(draw) -> tuple[Truth, Truth]:
    """What holds, and what is shown of it."""
    names = draw(st.permutations(draw(st.lists(st.sampled_from([*COLUMNS]), min_size=1, max_size=4, unique=True))))
    words = {}
    for name in names:
        more = ["", *UNCLEAR] if name == GENERAL else ["", "hiçbir kanaldan ulaşılmasın"]
        words[name] = [
            *(("ONAY", "RET") if name == GENERAL else ("Evet", "Hayır")),
            *draw(st.sets(st.sampled_from(more))),
        ]
    cells = st.tuples(*(st.sampled_from(words[name]) for name in names))
    line = cells.map(lambda cells: dict(zip(names, cells, strict=True)))
    lines = draw(st.lists(line, min_size=3, max_size=len(PEOPLE)))
    keys = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    lines.sort(key=lambda each: [words[key].index(each[key]) if each[key] else -1 for key in keys])
    how = draw(st.sampled_from(["as it is", "repetitions", "pivot", "merged"]))
    if how == "as it is":
        return lines, lines
    if how == "merged":
        return lines, [_merged(each) for each in lines]
    shown = [{**each} for each in lines]
    for (above, here), cells in zip(pairwise(lines), shown[1:], strict=True):
        for place, key in enumerate(keys):
            if all(here[each] == above[each] for each in (keys[: place + 1] if how == "pivot" else [key])):
                cells[key] = ""
    return lines, shown


def _merged(line: dict[str, str]) -> dict[str, str]:
    """Cells of channels side by side that say the same are one."""
    pairs = pairwise([(GENERAL, ""), *line.items()])
    return {
        name: "" if GENERAL not in (name, before) and said == said_before else said
        for (before, said_before), (name, said) in pairs
    }


def written(lines: Truth, cuts: list[int], has_mail: bool) -> tuple[bytes, str]:
    rows = [[*PEOPLE[place][: 1 + has_mail], *each.values()] for place, each in enumerate(lines)]
    header = [*["Telefon", "E-posta"][: 1 + has_mail], *lines[0]]
    if not cuts:
        return text(header, *rows), "izinler.csv"
    pages = [rows[start:end] for start, end in pairwise([0, *cuts, len(rows)])]
    return saved(workbook({f"Table {number}": [header, *page] for number, page in enumerate(pages, 1)})), "izinler.xlsx"


def check(truth: Truth, shown: Truth, cuts: list[int], has_mail: bool) -> None:
    said = {name: {each[name] for each in shown} - {""} for name in shown[0]}
    # What nobody can tell: marks in a column with one word, and a column that is never filled beside those that are.
    assume(all(shown[0][name] or len(words) > 1 for name, words in said.items()))
    content, name = written(shown, cuts, has_mail)
    starts = [0, *cuts]

    imported, people = examine(content, name, channels=tuple(Channel)), read_address_list(content, name)

    is_named = bool(imported.unread.doubtful)
    results: dict[int, list[Entry | str]] = {}
    for sheet, number, what in imported.results:
        results.setdefault(starts[sheet] + number - 2, []).append(what)
    asked = {address.text for _, address in people.good}
    for place, line in enumerate(truth):
        phone, mail = f"+90{PEOPLE[place][0].replace(' ', '')[1:]}", PEOPLE[place][1]
        found = results.get(place, [])
        entries = {each.channel: each.status for each in found if isinstance(each, Entry)}
        are_problems = any(each in PROBLEMS for each in found if isinstance(each, str))
        for channel in tuple(Channel) if has_mail else (Channel.SMS, Channel.CALL):
            words = {cell for column, cell in line.items() if channel in COLUMNS[column]} - {""}
            if words - YES:
                assert is_named or entries.get(channel) == Status.REFUSED or (channel not in entries and are_problems)
                assert people.unread or (mail if channel == Channel.EMAIL else phone) not in asked
            elif not words:
                assert channel not in entries
    if truth is shown and all(each in YES | NO for line in truth for each in line.values()):
        assert not is_named and "status_unknown" not in [what for _, _, what in imported.results]


@pytest.mark.slow
@pytest.mark.generated
@given(tables(), st.booleans())
@settings(max_examples=some(300), suppress_health_check=[HealthCheck.filter_too_much])
def test_nobody_who_refuses_in_a_table_is_granted_or_asked(table, has_mail):
    check(*table, [], has_mail)


@pytest.mark.slow
@pytest.mark.generated
@given(tables(), st.lists(st.integers(1, len(PEOPLE) - 1), min_size=1, max_size=2, unique=True), st.booleans())
@settings(max_examples=some(30), deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_nor_who_does_on_any_page_of_one(table, cuts, has_mail):
    cuts = sorted(each for each in cuts if each < len(table[0]))
    assume(cuts)
    check(*table, cuts, has_mail)


TWO = ["0532 781 01 11 / 0532 781 02 11", "0532 781 01 11 - 0532 781 02 11", "05327810111/05327810211",
       "0532 781 01 11 0532 781 02 11", "0532 781 01 11, 0532 781 02 11"]  # fmt: skip


@pytest.mark.parametrize("two", TWO)
def test_two_telephones_in_a_refusing_cell_are_granted_and_asked_from_no_other_line(two):
    rows = [[two, "t@example.com", "RET"], ["0532 781 01 11", "", "ONAY"], ["0532 781 02 11", "", "ONAY"]]
    content = text(["Telefon", "E-posta", "Durum"], *rows)

    asked, unread = read_address_list(content), examine(content, channels=tuple(Channel)).unread
    parser = RowParser(by_hand(Field.STATUS), at=NOW, header_line=1)
    held = parser.parse_and_hold((2, rows[0]))[1]

    assert asked.good == []
    assert {address.text for address in held} >= {"+905327810111", "+905327810211"}
    assert [mark.where for mark in unread.marks] == ["2"]


@pytest.mark.parametrize(
    ("phone", "mail", "is_hidden"),
    [
        ("0532 790 01 1", "m@example.com", True),
        ("0532 790 03 11", "n@example,com", True),
        ("0532 790 03 11", "a@example.com/b@example.com", True),
        ("0532 790 03 11", "yok", False),
        ("0532 790 03 11", "", False),
    ],
)
def test_a_refused_address_that_cannot_be_read_is_named_beside_one_that_can(phone, mail, is_hidden):
    content = text(["Telefon", "E-posta", "Durum"], [phone, mail, "RET"], ["0532 790 09 11", "", "ONAY"])

    marks = [examine(content, channels=tuple(Channel)).unread.marks, read_address_list(content).unread]

    assert [[mark.where for mark in each] for each in marks] == [["2"] * is_hidden] * 2


def test_an_unreadable_address_of_which_nothing_is_refused_is_no_refusal():
    header = ["Telefon", "E-posta", "SMS izni", "E-posta izni"]
    content = text(header, ["0532 790 01 1", "m@example.com", "Evet", "Hayır"], ["0532 790 09 11", "", "Evet", ""])

    assert examine(content).unread.marks == read_address_list(content).unread == []


def test_two_mails_in_a_refusing_cell_are_not_asked():
    content = text(["E-posta", "İzin"], ["a@example.com/b@example.com", "Hayır"], ["b@example.com", "Evet"])

    assert read_address_list(content).good == []


def test_a_text_of_all_channels_that_is_explained_as_a_refusal_refuses_all():
    header = ["SMS izni", "Arama izni", "E-posta izni"]
    columns = dict(zip(STATUS_FIELDS.values(), range(3), strict=True))
    said, words = "hiçbir kanaldan ulaşılmasın", {"status": {"hicbir kanaldan ulasilmasin": "RET"}}

    unknown, explained = (
        RowValueReader(Layout(columns=columns, words=each), header).read(["Evet", "Evet", said]).statuses
        for each in ({}, words)
    )

    assert set(unknown.values()) == {RowProblem.STATUS_UNKNOWN}
    assert explained == dict.fromkeys(Channel, Status.REFUSED)


RECORDS = (
    "Zaman damgası|Başlangıç saati|Tamamlanma saati|date_added|ADDED_TIME|CONFIRM_TIME|Submission Date|Kontrol tarihi"
)


@pytest.mark.parametrize("name", RECORDS.split("|"))
def test_the_date_of_a_forms_record_needs_no_word_in_a_list(name):
    days = ["23.11.2026 10:00:00", "24.11.2026 11:30:00", ""]
    people = [[day, f"0532 700 0{place} 11"] for place, day in enumerate(days)]

    found = read_address_list(text([name, "Telefon"], *people))

    assert ([line for line, _ in found.good], found.unread) == ([2, 3, 4], [])


@pytest.mark.parametrize(
    ("name", "days", "asked", "marked"),
    [
        ("Kulüp", ("23.11.2026", "24.11.2026"), [2, 3], ["B"]),
        ("Kulüp", ("23.11.2026", ""), [3], ["B"]),
        ("Ayrılma", ("23.11.2026", "24.11.2026"), [], ["B"]),
        ("Ret tarihi", ("23.11.2026", "24.11.2026"), [], ["B"]),
    ],
)
def test_dates_of_unknown_kind_in_each_line_are_named_and_leave_nobody_out(name, days, asked, marked):
    found = read_address_list(text(["Telefon", name], *([f"0532 700 0{n} 11", day] for n, day in enumerate(days))))

    assert ([line for line, _ in found.good], [mark.where for mark in found.unread]) == (asked, marked)
