"""Pastes and files as they come: what is kept, what is named as bad, and what is refused whole."""

import csv
import io
import tracemalloc

import pytest
from babel.messages.extract import extract_from_dir
from hypothesis import given
from hypothesis import strategies as st

from portal.core.addresses import AddressProblem
from portal.core.iys_protocol import Status
from portal.services.imports import reading
from portal.services.imports.audience import BadRow, read_address_list
from portal.services.imports.audience_sheets import MOST_ROWS
from portal.services.imports.layout.cell_words import Meanings
from portal.services.imports.reading import FileProblem, Unreadable

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def lines_of(found):
    return [(line, address.text) for line, address in found.good]


def texts_of(found):
    return [address.text for _, address in found.good]


def problem_of(data, **limits):
    with pytest.raises(Unreadable) as unreadable:
        read_address_list(data, **limits)
    return unreadable.value.problem


def test_a_pasted_list_needs_no_header():
    found = read_address_list("0532 123 45 67\nayse@example.com\n+49 151 12345678\n")

    assert lines_of(found) == [(1, "+905321234567"), (2, "ayse@example.com"), (3, "+4915112345678")]
    assert (found.header, found.columns, found.bad, len(found.repeats)) == (None, (0,), [], 0)


def test_one_pasted_line_may_hold_several_addresses():
    found = read_address_list("ayse@example.com; burak@example.com; 0532 123 45 67")

    assert texts_of(found) == ["ayse@example.com", "burak@example.com", "+905321234567"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1254", "utf-16"])
def test_an_encoding_is_recognised(encoding):
    text = "Şahıs Adı;Cep Telefonu;E-Posta Adresi\nİğdır Öğüç;0532 123 45 67;ayse@example.com\n"

    found = read_address_list(text.encode(encoding))

    assert found.encoding == encoding
    assert found.header == ["Şahıs Adı", "Cep Telefonu", "E-Posta Adresi"]
    assert texts_of(found) == ["+905321234567", "ayse@example.com"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_separator_and_a_line_ending_are_recognised(separator, newline):
    rows = ["Ad,Telefon,Tarih", "Ayşe,0532 123 45 67,01.02.2024", "Burak,0533 123 45 67,01.02.2024"]

    found = read_address_list(newline.join(rows).replace(",", separator))

    assert found.separator == separator
    assert lines_of(found) == [(2, "+905321234567"), (3, "+905331234567")]


def test_a_comma_in_a_name_separates_nothing():
    found = read_address_list("Yılmaz, Ayşe;05321234567\nDemir, Burak;05331234567\n")

    assert found.separator == ";"
    assert texts_of(found) == ["+905321234567", "+905331234567"]


def test_separators_inside_quotes_do_not_count():
    found = read_address_list('"Yılmaz; Ayşe\n; ;",05321234567\n"Demir; Burak",05331234567\n')

    assert found.separator == ","
    assert lines_of(found) == [(1, "+905321234567"), (3, "+905331234567")]


@pytest.mark.parametrize("declaration", ["sep=|", '"sep=|"', "SEP=|"])
def test_a_separator_may_be_declared_in_a_line_of_its_own(declaration):
    found = read_address_list(f"{declaration}\r\nAd|Telefon\r\nYılmaz; Ayşe|05321234567\r\n")

    assert (found.separator, found.header, found.bad) == ("|", ["Ad", "Telefon"], [])
    assert lines_of(found) == [(3, "+905321234567")]


def test_a_number_that_turkish_excel_rounded_is_named_so():
    found = read_address_list("Telefon\n5,32E+11\n5,33E+11\n05321234567\n")

    assert found.bad == [
        BadRow(2, "5,32E+11", AddressProblem.PHONE_SCIENTIFIC),
        BadRow(3, "5,33E+11", AddressProblem.PHONE_SCIENTIFIC),
    ]


def test_a_number_with_commas_is_one_number():
    assert texts_of(read_address_list("5,321,234,567\n5,331,234,567\n")) == ["+905321234567", "+905331234567"]


@pytest.mark.parametrize(
    "name",
    [
        "Telefon",
        "TELEFON NUMARASI",
        "telefonu",
        "Tel",
        "Tel. No",
        "GSM",
        "Gsm No",
        "Cep",
        "Cep Telefonu",
        "CEP TEL",
        "Mobil",
        "Mobile Phone",
        "phone_number",
        "İletişim",
        "İLETİŞİM ADRESİ",
        "Numara",
        "Adres",
        "address",
        "E-posta",
        "E-POSTA ADRESİ",
        "eposta",
        "e posta",
        "E-mail",
        "EMAIL",
        "Mail Adresi",
    ],
)
def test_a_header_word_makes_a_header(name):
    found = read_address_list(f"Ad;{name};Not\nAyşe;05321234567;x\nBurak;burak@example.com;y\n")

    assert found.header == ["Ad", name, "Not"]
    assert found.columns == (1,)
    assert found.bad == []


@pytest.mark.parametrize("name", ["Adres", "Müşteri no", "İletişim numarası", "Telefonlar", "Şirket telefonları"])
def test_the_name_of_an_only_column_is_no_bad_row(name):
    found = read_address_list(f"{name}\n05321234567\n")

    assert (found.header, found.bad, lines_of(found)) == ([name], [], [(2, "+905321234567")])


def test_an_exported_header_is_one_though_a_name_begins_like_a_source_of_iys():
    found = read_address_list("Adres;Marka;Kanal;Durum;İYS durumu\nayse@example.com;Örnek;EPOSTA;ONAY;ONAY\n")

    assert (found.columns, found.bad) == ((0,), [])


def test_a_first_row_with_an_address_is_no_header():
    found = read_address_list("Telefon;05321234567\nTelefon;05331234567\n")

    assert found.header is None
    assert len(found.good) == 2


def test_the_header_decides_even_where_another_column_looks_like_numbers():
    found = read_address_list("Müşteri No;Cep Tel\n5321234567;05331234567\n5321234568;05331234568\n")

    assert texts_of(found) == ["+905331234567", "+905331234568"]


def test_a_column_about_addresses_without_any_is_left_alone():
    found = read_address_list("Telefon;Mail gönderildi mi?;Cep modeli\n05321234567;Evet;X5\n05331234567;Hayır;X6\n")

    assert found.columns == (0,)
    assert found.bad == []


def test_a_named_column_without_one_good_address_is_shown_as_bad():
    found = read_address_list("E-posta;Telefon\nayse@example.com;5,32E+11\nburak@example.com;5,33E+11\n")

    assert texts_of(found) == ["ayse@example.com", "burak@example.com"]
    assert [row.problem for row in found.bad] == [AddressProblem.PHONE_SCIENTIFIC] * 2


def test_names_of_people_are_no_addresses_though_their_column_may_hold_some():
    """A marketplace's orders: "Alıcı" beside "Telefon"."""
    people = "Ayşe Yılmaz;0532 700 01 11\nCan Er;\nAli Ak;0532 700 03 11\n"
    found = read_address_list(f"Alıcı;Telefon\n{people}")

    assert texts_of(found) == ["+905327000111", "+905327000311"]
    assert [(row.line, row.value) for row in found.bad] == [(3, "")] and not found.refused


def test_a_street_is_no_address_of_ours():
    found = read_address_list("Adres;İletişim\nAtatürk Cad. 5;05321234567\nGazi Sok. 7;ayse@example.com\n")

    assert found.columns == (1,)
    assert found.bad == []


def test_columns_without_names_are_chosen_by_what_stands_in_them():
    found = read_address_list("Ayşe,01.02.2024,05321234567,a@example.com\nBurak,03.02.2024,0532 12,b@example.com\n")

    assert found.columns == (2, 3)
    assert texts_of(found) == ["+905321234567", "a@example.com", "b@example.com"]
    assert found.bad == [BadRow(2, "0532 12", AddressProblem.PHONE_TOO_SHORT)]


def test_a_second_number_that_few_people_have_is_read_too():
    rows = "\n".join(f"{5320000000 + n};" for n in range(1500))

    found = read_address_list(f"Telefon 1;Telefon 2\n{rows}\n05331234567;05341234567\n")

    assert texts_of(found)[-2:] == ["+905331234567", "+905341234567"]
    assert found.bad == []


def test_a_row_with_a_phone_and_an_email_gives_two_addresses():
    found = read_address_list("Telefon;E-posta\n05321234567;ayse@example.com\n")

    assert lines_of(found) == [(2, "+905321234567"), (2, "ayse@example.com")]


def test_a_bad_value_does_not_cost_the_good_one_beside_it():
    found = read_address_list("Telefon;E-posta\n0532 12;ayse@example.com\n05321234567;şule@example.com\n")

    assert texts_of(found) == ["ayse@example.com", "+905321234567"]
    assert found.bad == [
        BadRow(2, "0532 12", AddressProblem.PHONE_TOO_SHORT),
        BadRow(3, "şule@example.com", AddressProblem.EMAIL_TURKISH_LETTER),
    ]


def test_a_person_without_any_address_is_a_bad_row():
    found = read_address_list("Ad;Telefon;E-posta\nAyşe;05321234567;\nBurak;;\nCem;-;-\nDeniz\n")

    assert found.bad == [BadRow(line, "", AddressProblem.EMPTY) for line in (3, 4, 5)]


def test_empty_lines_are_passed_over_and_still_counted():
    found = read_address_list("\n\nTelefon;Ad\n\n05321234567;Ayşe\n;\n   \n05331234567;Burak\n\n")

    assert lines_of(found) == [(5, "+905321234567"), (8, "+905331234567")]
    assert found.bad == []


def test_an_address_that_comes_again_is_kept_once_and_noted():
    found = read_address_list("0532 123 45 67\nayse@example.com\n+905321234567\nAYSE@example.com\n05321234567\n")

    assert lines_of(found) == [(1, "+905321234567"), (2, "ayse@example.com")]
    assert [line for line, _ in found.repeats] == [3, 4, 5]
    assert len(found.repeats) == 3


def test_quotes_hold_separators_and_newlines_together():
    found = read_address_list(
        '"Ad";"Telefon"\n"Yılmaz; ""Ayşe""\nHanım";"05321234567"\nBurak;="05331234567"\n"Cem";"0534"\n'
    )

    assert found.header == ["Ad", "Telefon"]
    assert lines_of(found) == [(2, "+905321234567"), (4, "+905331234567")]
    assert found.bad == [BadRow(5, "0534", AddressProblem.PHONE_TOO_SHORT)]


def test_a_quote_that_nothing_closes_swallows_no_row():
    after = "".join(f"Kişi {n};{5330000000 + n}\n" for n in range(50))

    found = read_address_list(f'Ad;Telefon\n"Ayşe;05321234567\n5" ekran;05341234567\n"Ali" Veli;05351234567\n{after}')

    assert len(found.good) == 53
    assert found.bad == []


def test_a_long_bad_value_is_cut():
    found = read_address_list("05321234567\n" + "x" * 60_000)

    assert len(found.bad[0].value) == 200


def test_neither_a_repr_nor_an_error_holds_an_address():
    found = read_address_list("05321234567\n0533765432\n")

    assert "532123" not in repr(found)
    assert "0533765432" not in repr(found)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", FileProblem.EMPTY),
        ("", FileProblem.EMPTY),
        (b"\xef\xbb\xbf", FileProblem.EMPTY),
        (" \r\n;;;\r\n\t\n", FileProblem.EMPTY),
        ("Ad;Telefon\n", FileProblem.EMPTY),
        (b"PK\x03\x04\x14\x00\x06\x00xl/workbook.xml", FileProblem.DAMAGED),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00", FileProblem.DAMAGED),
        (b"\r\n<HTML><table><tr><td>05321234567</td></tr></table></html>", FileProblem.HTML),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", FileProblem.PDF),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", FileProblem.IMAGE),
        (b"\x1f\x8b\x08\x08gzip", FileProblem.ARCHIVE),
        (b"05321234567\x8d\x9d", FileProblem.BINARY),
        (b"05321234567\n" * 1000 + b"\0", FileProblem.BINARY),
        ("05321234567\n" + "x" * 65_537, FileProblem.LINE_TOO_LONG),
        ("05321234567\n" + "x;" * 40_000, FileProblem.TOO_MANY_COLUMNS),
        ("05321234567;x\n" + "x;" * 600, FileProblem.TOO_MANY_COLUMNS),
        ("Bu bir mektup.\nİyi günler dileriz.\n", FileProblem.NO_ADDRESS_COLUMN),
        ("Ad;Tarih\nAyşe;01.02.2024\nBurak;02.03.2024\n", FileProblem.NO_ADDRESS_COLUMN),
    ],
)
def test_a_list_that_cannot_be_read_says_why(data, problem):
    assert problem_of(data) == problem


@pytest.mark.parametrize("data", [b"05321234567\n", "05321234567\n"])
def test_a_list_may_be_as_large_as_the_limit_and_no_larger(data):
    assert read_address_list(data, limit=12).good
    assert problem_of(data, limit=11) == FileProblem.TOO_LARGE


def test_a_pdf_is_called_one_even_when_it_is_too_large():
    assert problem_of(b"%PDF-1.7" + b"x" * 100, limit=50) == FileProblem.PDF


@pytest.mark.long
def test_a_list_has_at_most_a_hundred_thousand_rows():
    rows = "".join(f"{n}\n" for n in range(5321000000, 5321000000 + MOST_ROWS))

    assert len(read_address_list("Telefon\n" + rows).good) == MOST_ROWS
    assert problem_of("Telefon\n" + rows + "05331234567\n") == FileProblem.TOO_MANY_ROWS


@pytest.mark.parametrize("cell", [b",", b"a;", b'"";', b"05321234567,"])
def test_a_line_of_a_million_columns_is_refused_without_being_cut_up(cell):
    data = cell * 1_000_000
    tracemalloc.start()

    problem = problem_of(data, limit=100_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert problem == FileProblem.TOO_MANY_COLUMNS
    assert peak < 1.5 * len(data)  # The text itself, and no list of its pieces.


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12).filter(
    lambda cell: not isinstance(Meanings({}).status(cell), Status)  # Which may say no.
)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), max_size=12), st.sampled_from(";,\t|"))
def test_a_good_address_survives_whatever_stands_beside_it(beside, separator):
    numbers = [f"+90532{n:07}" for n in range(len(beside))]
    file = io.StringIO()
    rows = [["Not", "Telefon", "Tarih"], *([a, number, b] for (a, b), number in zip(beside, numbers, strict=True))]
    csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)

    try:
        found = read_address_list(file.getvalue().encode())
    except Unreadable as unreadable:
        assert unreadable.problem in (FileProblem.EMPTY, FileProblem.BINARY)
        return

    assert texts_of(found) == numbers
    assert found.bad == []


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300), st.text('05321234567;,"\n\r\t|@a.', max_size=200)))
def test_anything_is_read_or_refused_with_a_word(data):
    try:
        found = read_address_list(data)
    except Unreadable as unreadable:
        assert unreadable.problem in FileProblem
        return

    assert found.good or found.bad
    assert len(set(texts_of(found))) == len(found.good)


def test_every_problem_has_a_sentence_and_a_cure_in_the_catalogue():
    messages = extract_from_dir(reading.__path__[0], [("**.py", "python")], keywords={"N_": None})
    extracted = {message for _, _, message, _, _ in messages}

    for problem in FileProblem:
        assert {problem.sentence, problem.cure} <= extracted
        assert problem.sentence.endswith(".") and problem.cure.endswith(".")
