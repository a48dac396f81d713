"""Split text into CSV records: detect the separator, and respect quotes that hold a row together."""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import chain

from portal.core.addresses import Address, AddressProblem
from portal.services.imports.layout.normalization import address_or_problem
from portal.services.imports.reading.file_problems import FileProblem, Unreadable
from portal.services.imports.reading.workbook_chunker.chunks import LONGEST_LINE, MOST_COLUMNS, MOST_LINES

SEPARATORS = ";\t|,"  # When two fit equally: a comma may also stand in a name or a number.
SAMPLE_LINES = 50
FEW_LINES = 3
LONGEST_ROW = 20  # Lines that one quoted row may cover; past that the quote opens nothing.

_CONTENT = re.compile(r"[^\r\n]+")
_DECLARATION = re.compile(r'"?sep=([;\t|,])"?[ \t]*(?=[\r\n])', re.I)  # A line written for Excel.
_QUOTED_FIELD = re.compile(r'(?<![^;\t|,\r\n])"(?:[^"]|"")*"(?![^;\t|,\r\n])')


def lines(texts: Iterable[str]) -> Iterator[str]:
    """Lines with their line endings, from a text in parts. Raises Unreadable at one longer than LONGEST_LINE."""
    rest = ""
    for text in texts:
        found = list(io.StringIO(rest + text, newline=""))
        rest = "" if not found or found[-1].endswith("\n") else found.pop()  # After "\r" a "\n" may still come.
        for line in found:
            _refuse_long(line)
            yield line
        _refuse_long(rest)
    if rest := rest.rstrip("\x1a"):
        yield rest


def sampled(texts: Iterator[str]) -> tuple[str, Iterator[str]]:
    """The beginning of a text, to find its separator, and an iterator over the whole of it."""
    begun: list[str] = []
    length = 0
    for text in texts:
        begun.append(text)
        length += len(text)
        if length >= LONGEST_LINE:
            break
    return "".join(begun)[:LONGEST_LINE], chain(begun, texts)


def find_separator(sample: str) -> str:
    """The declared separator, else the one that most lines agree on; a semicolon where nothing is separated."""
    if declared := _DECLARATION.match(sample):
        return declared[1]
    lines = _CONTENT.findall(_QUOTED_FIELD.sub("x", sample))[:SAMPLE_LINES]
    lines = [line for line in lines if not _is_one_value(line)]
    return max(SEPARATORS, key=lambda separator: _agreement(separator, lines))


def records(lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the number of its first line. Raises Unreadable for too many columns or blank
    lines."""
    lines, number, blank, width = iter(lines), 1, 0, 0
    ahead: deque[str] = deque()  # Lines that were read for a quoted row, and belong to none.
    while line := ahead.popleft() if ahead else next(lines, None):
        if '"' in line:
            fields, taken = _quoted_row(line, ahead, lines, separator, width)
        else:
            fields, taken = line.rstrip("\r\n").split(separator), 1
        width = max(width, len(fields))
        if len(fields) > MOST_COLUMNS:
            raise Unreadable(FileProblem.TOO_MANY_COLUMNS)
        if not any(map(str.strip, fields)):
            blank += 1
            if blank > MOST_LINES:
                raise Unreadable(FileProblem.TOO_MANY_LINES)
        elif not (number == 1 and _DECLARATION.match(line)):
            yield number, fields
        number += taken


def _refuse_long(line: str) -> None:
    if len(line) > LONGEST_LINE and len(line.rstrip("\r\n")) > LONGEST_LINE:
        most = max(map(line.count, SEPARATORS))
        raise Unreadable(FileProblem.TOO_MANY_COLUMNS if most >= MOST_COLUMNS else FileProblem.LINE_TOO_LONG)


def _quoted_row(
    line: str, ahead: deque[str], lines: Iterator[str], separator: str, width: int
) -> tuple[list[str], int]:
    """Fields, and how many lines they took; an unclosed quote takes no other line, also where one below closes it.

    `width` is that of the widest row so far.
    """
    taken = 0

    def following() -> Iterator[str]:
        nonlocal taken
        taken = 1
        yield line
        while taken < LONGEST_ROW:
            if taken > len(ahead):
                if (fresh := next(lines, None)) is None:
                    return
                ahead.append(fresh)
            taken += 1
            yield ahead[taken - 2]

    try:
        fields = next(csv.reader(following(), delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error:
        fields = []
    whole = min(len(fields), width or len(fields)) - 1
    are_rows = taken > 1 and whole > 1 and min(each.count(separator) for each in (line, ahead[taken - 2])) >= whole
    if not fields or are_rows or any(_holds_row(field, separator) for field in fields):
        return line.replace('"', "").rstrip("\r\n").split(separator), 1
    for _ in range(taken - 1):
        ahead.popleft()
    return fields, taken


def _holds_row(field: str, separator: str) -> bool:
    """Whether a line of a quoted field, but the first, has an address among other values."""
    below = [line.split(separator) for line in field.splitlines()[1:] if separator in line]
    return any(isinstance(address_or_problem(part), Address) for parts in below for part in parts)


def _agreement(separator: str, lines: list[str]) -> int:
    """How many lines have it equally often. One line out of many is a typing error: "ad@example,com"."""
    counts = Counter(count for line in lines if (count := line.count(separator)))
    is_slip = counts.total() == 1 and len(lines) > FEW_LINES
    return 0 if is_slip else max(counts.values(), default=0)


def _is_one_value(line: str) -> bool:
    """Whether a whole line is one number, whatever commas it has: 5,321,234,567, or 5,32E+11 from Excel."""
    found = address_or_problem(line)
    return isinstance(found, Address) or found == AddressProblem.PHONE_SCIENTIFIC
