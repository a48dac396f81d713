"""What stands around a table: titles, group headers, legends and names of files that refuse; another table below it."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from portal.core.addresses import Address
from portal.services.imports.layout.cell_words import STATUSES, WEAK
from portal.services.imports.layout.consent_names import EITHER_ANSWER, are_out_of_order, refusal_named, without_legend
from portal.services.imports.layout.firm_words import TOWNS
from portal.services.imports.layout.headers import is_clear, is_value
from portal.services.imports.layout.normalization import address_or_problem, folded, key_of, readings, spellings
from portal.services.imports.layout.refusals import may_refuse, refuses
from portal.services.imports.reading.workbook_chunker.chunks import Line

FEW_WORDS = 3  # A heading of so many is about consents, though it does not say so: "Hayır diyenler".
FEWEST_DIGITS = 5  # Of a number that no heading counts.
FEW_TEXTS = 2  # In a line: more of them are data, if one is a date or a source.
EQUALS, _AND = re.compile(r"[=:]"), re.compile(r" (?:ve|veya|ya da) ")
_OF_NUMBERS, _SHORTEST_NUMBER = "0123456789 +-()./", 10
# "Belge no", but "SMS no", and "Ankara no": no town has a number.
_ANSWERED = ("sms", "izin", "izni", "onay", "onayi", "mail", "posta", *(rf"\b{town}" for town in sorted(TOWNS)))
NUMBER = re.compile(r"(?<=[a-z] )(?=no\b)" + "".join(f"(?<!{word} )" for word in _ANSWERED) + "no")
_KIND = re.compile(r"ret|bireysel|tacir")


def refusal_spoken(text: str) -> bool:
    """Whether a heading, or the name of a file or a sheet, speaks of refusing, so that a yes under it may be one.

    "Onay/Ret listesi" and a legend that says nothing new ("1 = onay, 0 = ret") do not.
    """
    return any(_speaks(words) or (0 < len(words.split()) <= FEW_WORDS and _may_speak(words)) for words in _said(text))


def holds_address(cells: Sequence[str]) -> bool:
    """Whether any cell of a line is an address."""
    return any(isinstance(address_or_problem(cell), Address) for cell in cells)


def is_of_data(cells: Sequence[str]) -> bool:
    """Whether a line below a header is no heading, though its address is unreadable: a date, a source or a number of
    five digits stands beside a status or two other texts."""
    texts = {cell.strip() for cell in cells} - {""}
    statuses = {text for text in texts if folded(text) in STATUSES}
    has_value = any(
        "@" in text or sum(map(str.isdigit, text)) >= FEWEST_DIGITS or _is_value(text) for text in texts - statuses
    )
    return has_value and (bool(statuses) or len(texts) > FEW_TEXTS)


def names_over_answers(lines: Sequence[Line]) -> list[str]:
    """Of a table without a header, what speaks of refusing in its first line of data, above a yes or no and beneath no
    other such text: a name beside an example, or the first person's own answer."""
    rows = [cells for _, cells in lines]
    first = next((place for place, cells in enumerate(rows) if holds_address(cells)), len(rows))
    found = []
    for column, cell in enumerate(rows[first] if first < len(rows) else ()):
        beneath = {key_of(row[column]) for row in rows[first + 1 :] if column < len(row)}
        answers = {*filter(WEAK.fullmatch, beneath)}
        is_name = answers and not WEAK.fullmatch(key_of(cell)) and refusal_spoken(cell)
        if is_name and not any(map(refusal_spoken, beneath - answers)):
            found.append(cell)
    return found


def begins_table(cells: Sequence[str], header: Sequence[str], table: Sequence[Line]) -> bool:
    """Whether a line below the first data of a table is the header of another one, or a text that speaks of refusing.

    `table` are its first lines; its own header may come again, in the same order, and so may its words ("Telefon" as a
    source).
    """
    if any(_is_certain_data(cell) for cell in cells):
        return False
    texts = {cell.strip() for cell in cells} - {""}
    has_letters = any(map(str.isalpha, "".join(texts)))
    is_same = [*filter(None, map(str.strip, cells))] == [*filter(None, map(str.strip, header))]
    if not has_letters or is_same or holds_address(cells):
        return False
    has_value = any(text[0].isdigit() or _is_value(text) for text in texts)
    refusing = any(map(_speaks, chain.from_iterable(map(_said, texts))))
    seen = {(place, cell) for _, row in table if row not in ([*header], cells) for place, cell in enumerate(row)}
    clear = {cell for place, cell in enumerate(cells) if is_clear(cell) and (place, cell) not in seen}
    if not has_value and len(clear) + refusing >= 2:
        return True
    has_status = any(folded(text) in STATUSES for text in texts) and (len(texts) > 1 or not cells[0].strip())
    return refusing and not has_status and not (has_value and len(texts) > FEW_TEXTS)


def _is_value(text: str) -> bool:
    return is_value(text) and not _KIND.fullmatch(folded(text))


def _is_certain_data(cell: str) -> bool:
    """Whether a cell is all number or e-mail address, found fast."""
    return ("@" in cell and " " not in cell) or (len(cell) >= _SHORTEST_NUMBER and not cell.strip(_OF_NUMBERS))


def without_answers(text: str) -> list[str]:
    """The spellings of a heading, without words that offer both answers or explain one by itself."""
    text = without_legend(text)
    words = spellings(text)
    is_legend = EQUALS.search(text) or are_out_of_order(words[0])
    return words if is_legend else [EITHER_ANSWER.sub("", _AND.sub(" ", each)) for each in words]


def _said(text: str) -> Iterator[str]:
    return chain.from_iterable(map(readings, without_answers(text)))


def _may_speak(words: str) -> bool:
    return refusal_named(f"sms {words}") is not None or may_refuse(NUMBER.sub("", words))


def _speaks(words: str) -> bool:
    return refusal_named(words) is not None or refuses(words)
