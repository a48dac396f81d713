"""The same four people in every kind of text that programs and people make of a table."""

import codecs

from tests.files.people import FRESH, HEADER, PEOPLE, SHEET, text

SHORT = [["Telefon", "Durum"], ["0532 123 45 67", "ONAY"], ["0533 234 56 78", "RET"]]


def utf8_commas() -> bytes:
    """Nothing ugly at all."""
    return text(SHEET, ",", "\n").encode()


def utf8_bom_semicolons() -> bytes:
    """What Excel calls CSV UTF-8."""
    return codecs.BOM_UTF8 + text(SHEET).encode()


def utf16_le_tabs() -> bytes:
    """What Excel calls Unicode text."""
    return codecs.BOM_UTF16_LE + text(SHEET, "\t").encode("utf-16-le")


def utf16_be_semicolons() -> bytes:
    """The same from a machine that counts bytes the other way round."""
    return codecs.BOM_UTF16_BE + text(SHEET).encode("utf-16-be")


def windows_1254() -> bytes:
    """What Turkish Excel calls CSV; a quotation mark and a dash that only Windows has."""
    return text([HEADER, ["“Ayşe” – Yılmaz", *PEOPLE[0][1:]], *PEOPLE[1:]]).encode("windows-1254")


def iso_8859_9_pipes() -> bytes:
    """From an old Unix machine."""
    return text(SHEET, "|", "\n").encode("iso-8859-9")


def pasted() -> bytes:
    """Copied in a spreadsheet and put into a box of the page: tabs, and quotes only where a cell has a line end."""
    named = [["Ayşe\nYılmaz", *PEOPLE[0][1:]], *PEOPLE[1:]]
    return text([HEADER, *named], "\t", "\n").encode()


def quoted_newlines() -> bytes:
    """Line ends, separators and doubled quotes inside a cell."""
    return text([HEADER, ['Ayşe "Ay"\r\nYılmaz; A.Ş.\n', *PEOPLE[0][1:]], *PEOPLE[1:]]).encode()


def unclosed_quote() -> bytes:
    """A quote that nothing closes swallows no line but its own."""
    return text(SHEET).encode().replace(b"Ay\xc5\x9fe", b'"Ay\xc5\x9fe')


def declared_separator() -> bytes:
    """A first line for Excel that is no data, and a separator that the rest would not betray."""
    return b"sep=;\r\n" + text(SHEET).encode()


def carriage_returns() -> bytes:
    """From an old Macintosh: only CR ends a line."""
    return text(SHEET, ";", "\r").encode()


def mixed_ends() -> bytes:
    """Glued together from three files."""
    lines = text(SHEET, ";", "\n").encode().splitlines()
    return b"".join(line + end for line, end in zip(lines, (b"\n", b"\r\n", b"\r", b"\r\n", b""), strict=True))


def empty_lines() -> bytes:
    """Nothing, blanks, or only separators between the lines, and a good deal of it at the end."""
    lines = text(SHEET, ";", "\n").splitlines()
    return ("\n\n" + "\n \n;;;;;;\n".join(lines) + "\n" * 50 + ";;;;;;\n" * 50).encode()


def trailing_separators() -> bytes:
    """A column to the right was deleted, but not for the program that wrote this."""
    return text([[*row, "", "", ""] for row in SHEET]).encode()


def ragged_rows() -> bytes:
    """Rows end where their last value does, and some go on past the header."""
    rows = [[*HEADER], [*PEOPLE[0], "not", "", "sonra ara"], PEOPLE[1], PEOPLE[2][:6], PEOPLE[3][:6]]
    return text(rows).encode()


def dos_end() -> bytes:
    """The byte by which DOS ended a text."""
    return text(SHEET).encode() + b"\x1a"


def everything_quoted() -> bytes:
    """Each value in quotes, with blanks before the quotes."""
    return "\n".join("; ".join(f'"{value}"' for value in row) for row in SHEET).encode()


def title_above() -> bytes:
    """Three lines of a report's title stand over the header."""
    title = [["Örnek Mağazacılık A.Ş."], ["İzin raporu", "", "24.11.2026"], []]
    return text([*title, *SHEET]).encode()


def no_header() -> bytes:
    """Data from the first line on; content alone tells the columns."""
    return text(PEOPLE).encode()


def english_header() -> bytes:
    """From a program that knows no Turkish, in an order of its own."""
    header = ["Consent Date", "Email", "Source", "Status", "Full Name", "Mobile Phone", "Proof"]
    order = (4, 2, 5, 3, 0, 1, 6)
    return text([header, *([row[at] for at in order] for row in PEOPLE)], ",").encode()


def odd_order() -> bytes:
    """Columns the other way round, between some that nobody needs."""
    rows = [["", *reversed(row), "x"] for row in SHEET]
    rows[0][0], rows[0][-1] = "Sıra", "Açıklama"
    return text(rows).encode()


def names_twice() -> bytes:
    """Two columns are called Telefon; a person has one or the other, and the second is the one with nothing in it."""
    header = ["Ad Soyad", "Telefon", "Telefon", *HEADER[2:]]
    return text([header, *([row[0], row[1], "", *row[2:]] for row in PEOPLE)]).encode()


def shouted_header() -> bytes:
    """Capitals, underscores, stars for what is obligatory, and blanks around it all."""
    header = [" AD_SOYAD ", "TELEFON (*)", "E-POSTA ADRESİ", "İZİN DURUMU *", "İZİN TARİHİ:", "İZİN KAYNAĞI", "DAYANAK"]
    return text([header, *PEOPLE]).encode()


def only_addresses() -> bytes:
    """A list of addresses of both kinds, one a line, with no word about them."""
    return b"0532 123 45 67\n0533 234 56 78\ncagri@example.com\n0212 345 67 89\n"


def repeated_inside() -> bytes:
    """The same key again: the newest counts; of a grant and a refusal in the same second the refusal; of two that say
    the same one."""
    rows = [
        ["a@example.com", "ONAY", "23.11.2026 10:00"], ["a@example.com", "RET", FRESH],
        ["A@EXAMPLE.COM ", "ONAY", FRESH],
        ["b@example.com", "RET", "23.11.2026 10:00"], ["b@example.com", "ONAY", FRESH],
        ["c@example.com", "ONAY", FRESH], ["c@example.com", "ONAY", FRESH],
    ]  # fmt: skip
    return text([["E-posta", "Durum", "Tarih"], *rows]).encode()


def long_cell() -> bytes:
    """32,767 characters in one cell: the most that Excel lets anybody write."""
    return text([HEADER, ["x" * 32_767, *PEOPLE[0][1:]], *PEOPLE[1:]]).encode()


def commas_in_e_mails() -> bytes:
    """A comma-separated file whose quoted cells hold commas and semicolons, as good as half of its lines."""
    rows = [[f"Yılmaz; {name}, Bey" for name in ("Ali", "Can", "Efe", "Ege")], *PEOPLE]
    return text([HEADER, *([name, *row[1:]] for name, row in zip(rows[0], PEOPLE, strict=True))], ",").encode()
