"""A sign, or a word that may refuse, in a cell that is read for something else: no grant of that person goes."""

from dataclasses import replace

import pytest

from portal.core.addresses import parse_possible
from portal.core.iys_protocol import Channel, RecipientType, Source
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.audience import read_address_list
from portal.services.imports.layout import dates, guess
from portal.services.imports.layout.normalization import NOTHING, says_nothing
from portal.services.imports.layout.plain_words import is_code
from portal.services.imports.row_parser import RowParser
from tests.portal.services.imports.test_no_cell_lost import NOW
from tests.portal.services.imports.test_not_understood import examine, text

PHONE, MAIL = "0532 700 02 11", "b@example.com"
STRUCK = "".join(f"{each}\u0336" for each in PHONE)
MARKED = (
    f"{PHONE} ❌", f"❌ {PHONE}", f"X {PHONE}", f"{PHONE} x", f"*{PHONE}", f"~~{PHONE}~~", f"{PHONE} (H)", f"#{PHONE}",
    STRUCK, f"{PHONE} !", "0532\u00a0700\u201102:11 RET", f"<s>{PHONE}</s>", f"-{PHONE}", f"{PHONE} -",
)  # fmt: skip
MARKED_MAILS = (
    f"{MAIL} ❌", f"❌{MAIL}", f"x {MAIL}", f"*{MAIL}", f"{MAIL}*", f"[{MAIL}] RET", f"a: {MAIL} = RET",
    f"- {MAIL}", f"-- {MAIL} --", f"// {MAIL}", f"{MAIL} -", f"– {MAIL}", f"_ {MAIL}", f"+ {MAIL}", f"(-) {MAIL}",
    f"{MAIL}/RET", f"{MAIL};iptal", f"{MAIL}|H", f"{MAIL},istemiyor", f"{MAIL}:RET", f"RET/{MAIL}", f"{MAIL}_RET",
    f"{MAIL}*RET", f"{MAIL}#RET", f"{MAIL}'RET'", f"{MAIL}→RET", f"RET={MAIL}",
)  # fmt: skip
MARKED_AS_ONE = (f"-{MAIL}", f"--{MAIL}")  # Which may be mailboxes, too.
MISTYPED = ("0532 700 02 1l", "0532 7OO 02 11", "+90 599 700 02 1", "ayse@@example.com", "ayse@exam ple.com",
            "O532 700 02 11", "0532 700 02 11 12", f"{PHONE} Ayşe", f"{PHONE} (iş)", f"Ev: {PHONE}; 0212 345 67 89",
            f"{PHONE} dahili 12", f"T: {PHONE}", f"{MAIL};c@example.com", f"Ayşe Ak ({MAIL})",
            f"{MAIL} / c@example.com", f"Ayşe Ak - {MAIL}", f"{MAIL};", f"{MAIL} <mailto:{MAIL}>", f"<mailto:{MAIL}>",
            f"SMTP:{MAIL}")  # fmt: skip


def parse(header: list[str], *lines: list[str]) -> tuple[list[str], set[str]]:
    """The addresses that are granted, and those that the lines hold."""
    numbered = list(enumerate(lines, 2))
    layout = guess(header, numbered)
    layout = replace(layout, channels=(Channel.SMS, Channel.EMAIL), source=Source.WEB, date=NOW, origin="form")
    parser = RowParser(layout, at=NOW, header_line=1, header=header)
    parsed = [parser.parse_and_hold(line) for line in numbered]
    held = {address.text for _, theirs in parsed for address in theirs}
    granted = [each.address.text for results, _ in parsed for _, each in results if isinstance(each, Entry)]
    return granted, held


def asked(*lines: str) -> list[str]:
    found = read_address_list("\n".join(lines))
    return [address.text for _, address in found.good]


@pytest.mark.parametrize("cell", MARKED)
def test_a_marked_number_holds_itself_and_the_mailbox_of_its_line(cell):
    header = ["Telefon", "E-posta", "SMS izni", "E-posta izni"]
    granted, held = parse(header, ["0532 700 01 11", "a@example.com", "Evet", "Evet"], [cell, MAIL, "Evet", "Evet"])

    assert "+905327000211" in held and MAIL not in granted
    lines = ["Telefon\tE-posta", "0532 700 01 11\ta@example.com", f"{PHONE}\t", f"{cell}\t{MAIL}"]
    assert asked(*lines) == ["+905327000111", "a@example.com"]


@pytest.mark.parametrize("cell", ["0599 700 02 11 ❌", "X 0532 700 02", "~~0532 700~~", "ayse@ ✗"])
def test_a_mark_beside_what_is_no_address_leaves_the_others_of_its_line_out(cell):
    granted, _ = parse(["Telefon", "E-posta", "SMS izni", "E-posta izni"], [cell, MAIL, "Evet", "Evet"])

    assert not granted
    assert asked("Telefon\tE-posta", "0532 700 01 11\ta@example.com", f"{cell}\t{MAIL}") == [
        "+905327000111",
        "a@example.com",
    ]


@pytest.mark.parametrize("dash", ["–", " — ", "-", "/", " "])
def test_of_two_numbers_in_a_cell_both_are_held_whatever_stands_between(dash):
    _, held = parse(["Telefon", "SMS izni"], ["0532 700 01 11", "Evet"], [f"+49 151 23456789{dash}{PHONE} RET", "Evet"])

    assert "+905327000211" in held and ("+4915123456789" in held or dash in ("-", " "))


@pytest.mark.parametrize(
    "mask", ["(___) ___ __ __", "+90 (   )", "05__ ___ __ __", "0532 123 45 6?", "()", "0 532 123 45"]
)
def test_an_empty_mask_or_a_short_number_holds_nothing_of_its_line(mask):
    granted, held = parse(["Telefon", "E-posta", "SMS izni", "E-posta izni"], [mask, MAIL, "", "Evet"])

    assert (granted, held) == ([MAIL], set())


def test_a_forgotten_number_in_a_second_column_takes_no_refusal_from_the_first():
    header, line = (
        ["Telefon", "E-posta", "SMS izni", "Arama izni"],
        ["0532 700 02 11", "0599 700 01 11", "Hayır", "Hayır"],
    )
    layout = replace(guess(header, [(2, line)]), source=Source.WEB, date=NOW, origin="form")
    parser = RowParser(layout, at=NOW, header_line=1, header=header, parse_refused=parse_possible)

    results, held = parser.parse_and_hold((2, line))

    assert {each.address.text for _, each in results if isinstance(each, Entry)} == {"+905327000211"}
    assert "several" in [each for _, each in results] and [each.text for each in held] == ["+905327000211"]


def test_of_a_campaigns_list_an_ordinary_channel_or_source_leaves_nobody_out():
    for cells in ("SMS, Arama;WEB;BIREYSEL", "Telefonla arama;Arama;Tacir", "hepsi;HS_CAGRI_MERKEZI;bireysel"):
        assert len(asked("Telefon;Kanal;Kaynak;Alıcı tipi", f"{PHONE};{cells}", f"0532 700 01 11;{cells}")) == 2


def test_a_tick_is_no_mark_beside_a_mistyped_address():
    granted, held = parse(["Telefon", "E-posta", "SMS izni", "E-posta izni"], ["0532 700 02 1", MAIL, "✓", "✓"])

    assert (granted, held) == ([MAIL], set())


def test_of_a_campaigns_list_a_note_beside_a_consents_date_leaves_its_person_out():
    for date in ("24 Kasım 2026 (iptal etti)", "24.11.2026 (❌)", "24.11.2026 (eski)", "24.11.2026 SMS istemiyor"):
        lines = ["0532 700 01 11;23.11.2026", f"{PHONE};{date}"]
        assert asked("Telefon;İzin tarihi", *lines) == ["+905327000111"], date


LONG = (
    "aradı, reklam almak istemediğini söyledi, listeden çıkarılmasını ve bir daha yazılmamasını rica etti, not düşüldü"
)


@pytest.mark.parametrize(
    "cell", [f"{PHONE} {LONG}", f"{LONG} {PHONE}", f"{PHONE} {LONG * 9}", f"{PHONE} {'arandı ' * 20}"]
)
def test_a_long_note_beside_a_number_holds_it_and_the_others_of_its_line(cell):
    granted, held = parse(["Telefon", "E-posta", "SMS izni", "E-posta izni"], [cell, MAIL, "Evet", "Evet"])

    assert not granted and held == {"+905327000211", MAIL}
    assert asked("Telefon\tE-posta", "0532 700 01 11\ta@example.com", f"{PHONE}\t", f"{cell}\t{MAIL}") == [
        "+905327000111", "a@example.com"
    ]  # fmt: skip


@pytest.mark.parametrize("cell", [*MARKED_MAILS, *MARKED_AS_ONE])
def test_a_marked_mailbox_holds_itself(cell):
    _, held = parse(["E-posta", "E-posta izni"], ["a@example.com", "Evet"], [cell, "Evet"])

    assert held == {MAIL, *([cell] if cell in MARKED_AS_ONE else [])}
    assert asked("E-posta\tAd", "a@example.com\tCan", f"{MAIL}\tEce", f"{cell}\tEce") == ["a@example.com"]


@pytest.mark.parametrize("cell", MISTYPED)
def test_what_is_only_mistyped_or_has_a_name_beside_it_holds_nothing(cell):
    name = "E-posta" if "@" in cell else "Telefon"
    _, held = parse([name, f"{name} izni"], [cell, "Evet"])

    assert not held


@pytest.mark.parametrize(
    ("name", "good", "cells"),
    [
        ("İzin tarihi", "23.11.2026", ("23.11.2026 ❌", "X 23.11.2026", "RET", "23 Kasım 2026 (RET saati)")),
        ("Kaynak", "HS_WEB", ("HS_WEB ❌", "x web", "istemiyor", "NULL ❌")),
        ("Alıcı tipi", "BIREYSEL", ("BIREYSEL ❌", "bireysel - iptal", "None ✗")),
        ("Kanal", "SMS", ("SMS ❌", "-", "SMS hariç", "Hepsi - SMS", "Arama - SMS", "Tümü, SMS")),
        ("Bayi kodu", "12345678", ("SMS istemiyor", "RET", "12345678 ❌")),
    ],
)  # fmt: skip
def test_a_mark_in_any_column_that_is_read_holds_its_line(name, good, cells):
    header = ["Telefon", "SMS izni", "Onay", name]
    for cell in cells:
        others = [["0532 700 01 11", "Evet", "Evet", good], ["0532 700 03 11", "Evet", "Evet", good]]
        granted, held = parse(header, *others, [PHONE, "Evet", "Evet", cell])

        assert held == {"+905327000211"} and "+905327000211" not in granted, cell
        assert {"+905327000111", "+905327000311"} <= {*granted}, cell


@pytest.mark.parametrize(
    ("name", "good", "cells"),
    [
        ("Son alışveriş tarihi", "22.11.2025", ("22.11.2025 SMS istemiyor", "1900-01-01 RET", "22.11.2025 ❌", "RET")),
        ("Temas tarihi", "22.11.2025", ("❌", "22 Kasım 2025 (ret, İstanbul)", "0001-01-01 ret")),
        ("İlk temas nedeni", "Alışveriş", ("Alışveriş ❌", "❌", "Alışveriş, sonra vazgeçti", "None 🚫")),
        ("Bayi kodu", "12345678", ("SMS istemiyor", "RET")), ("Kaynak", "HS_WEB", ("SMS istemiyor", "RET")),
        ("SMS izni", "Evet", ("NULL ❌", "boş ✗")), ("Durum", "ONAY", ("boş ❌",)),
    ],
)  # fmt: skip
def test_of_a_campaigns_list_a_mark_leaves_its_person_out_wherever_it_stands(name, good, cells):
    for cell in cells:
        lines = [f"{PHONE};{good}", f"0532 700 03 11;{good}", f"{PHONE};{cell}"]
        for order in (lines, lines[::-1]):
            assert asked(f"Telefon;{name}", f"0532 700 01 11;{good}", *order) == ["+905327000111", "+905327000311"], (
                cell
            )


@pytest.mark.parametrize("sign", ["❌", "✗", "(-)", "RET", "🚫", "~"])
def test_a_word_for_nothing_says_something_beside_a_sign(sign):
    for word in [*filter(None, NOTHING), "#N/A", "0000-00-00", "1900-01-01", "00.00.0000 00:00"]:
        assert dates.is_blank(word) and not dates.is_blank(f"{word} {sign}") and not dates.is_blank(f"{sign} {word}")
        assert not says_nothing(f"{word} {sign}")


@pytest.mark.parametrize(
    "note",
    [
        "ret 14:00, İstanbul",
        "RET saati",
        "unsubscribe time",
        "Salı ❌",
        "❌ 3",
        "-",
        "0",
        "iptal, İstanbul",
        "Pazar: ❌",
    ],
)
def test_only_a_time_zone_or_a_day_of_the_week_stands_in_brackets_beside_a_date(note):
    assert dates.notes_in(f"23 Kasım 2026 ({note})") == [note]
    for harmless in (
        "GMT+03:00",
        "Turkey Standard Time",
        "GMT+03:00, İstanbul",
        "Pazartesi",
        "TSİ",
        "Türkiye saati",
        "+03",
        "10:00",
        "",
    ):
        assert not dates.notes_in(f"23 Kasım 2026 ({harmless})")


@pytest.mark.parametrize(
    "code", ["X 1042", "1042/X", "1042 x", "SMS 0", "izin 00", "ONAY-0", "1042/izin0", "NO 0", "1042//"]
)
def test_a_code_that_is_crossed_out_or_says_no_is_none(code):
    assert not is_code(code)
    for ordinary in (
        "A-0",
        "Form 0",
        "X-104",
        "XK 1042",
        "34 ABC 100",
        "1042/0",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
    ):
        assert is_code(ordinary)


def test_an_unknown_recipient_type_beside_a_mark_is_no_merchant():
    granted, _ = parse(["Telefon", "SMS izni", "Alıcı tipi"], [PHONE, "Evet", f"{RecipientType.MERCHANT} ❌"])

    assert not granted


@pytest.mark.parametrize("damaged", ["❌ İBRAHİM@GMAİL.COM", "// ibrahim @gmail.com", "ıbrahım@gmaıl.com x"])
def test_whom_a_crossed_out_address_means_is_held_also_where_only_a_fix_makes_it_readable(damaged):
    _, held = parse(["E-posta", "E-posta izni"], [damaged, "Evet"])

    assert held == {"ibrahim@gmail.com"} and asked("ibrahim@gmail.com", MAIL, damaged) == [MAIL]


@pytest.mark.parametrize("damaged", ["❌ 0532 123 45 6", "// 0532 123 45 6", "0532 123 45 6 -", "❌ ibrahim@gmail,com"])
def test_a_crossed_out_address_of_which_nobody_knows_whose_it_is_waits_for_a_person(damaged):
    lines = [["Telefon", "SMS izni"], [PHONE, "Evet"], [damaged, "Evet"]]
    plain = [[cell.strip("❌/ -") for cell in line] for line in lines]

    for table, waits in ((lines, True), (plain, False)):
        assert bool(examine(text(*table)).unread.doubtful) == waits
        assert bool(read_address_list(text(*table), "liste.csv").unread) == waits
