"""Text cut into rows of fields: which separator it uses, and where quotes hold a row together."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from portal.addresses import BadAddress, Problem, parse

from .unreadable import FileProblem, Unreadable

SEPARATORS = ";\t|,"  # When two fit equally: a comma may also stand in a name or a number.
SAMPLE_LINES = 50
LONGEST_LINE = 65_536
MOST_COLUMNS = 500
LONGEST_ROW = 20  # Lines that one quoted row may cover; past that its quote was never meant to open anything.

_CONTENT = re.compile(r"[^\r\n]+")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_DECLARATION = re.compile(r'"?sep=([;\t|,])"?[ \t]*(?=[\r\n])', re.I)  # A line written for Excel.
_QUOTED_FIELD = re.compile(r'(?<![^;\t|,\r\n])"(?:[^"]|"")*"(?![^;\t|,\r\n])')


def refuse_long_lines(text: str) -> None:
    """Raise Unreadable if a line is longer than anybody writes; looks without cutting the text up."""
    for line in _CONTENT.finditer(text):
        if line.end() - line.start() > LONGEST_LINE:
            most = max(text.count(separator, *line.span()) for separator in SEPARATORS)
            raise Unreadable(FileProblem.TOO_MANY_COLUMNS if most >= MOST_COLUMNS else FileProblem.LINE_TOO_LONG)


def find_separator(text: str) -> str:
    """The declared separator, else the one most lines agree upon; a semicolon where there is nothing to separate."""
    if declared := _DECLARATION.match(text):
        return declared[1]
    sample = _CONTENT.findall(_QUOTED_FIELD.sub("x", text[:LONGEST_LINE]))[:SAMPLE_LINES]
    lines = [line for line in sample if not _is_one_value(line)]
    return max(SEPARATORS, key=lambda separator: _agreement(separator, lines))


def records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that holds anything, with the number of its first line; raises Unreadable at too many columns."""
    declared = _DECLARATION.match(text)
    position, number = declared.end() if declared else 0, 1
    while position < len(text):
        line = _LINE.match(text, position)
        if '"' in line.group():
            fields, position, lines = _quoted_row(text, position, separator)
        else:
            fields, position, lines = line.group().rstrip("\r\n").split(separator), line.end(), 1
        if len(fields) > MOST_COLUMNS:
            raise Unreadable(FileProblem.TOO_MANY_COLUMNS)
        if any(map(str.strip, fields)):
            yield number, fields
        number += lines


def _quoted_row(text: str, start: int, separator: str) -> tuple[list[str], int, int]:
    """Fields, where the row ends, and its number of lines; a quote that nothing closes swallows no other line."""
    ends = []

    def lines():
        for line in islice(_LINE.finditer(text, start), LONGEST_ROW):
            ends.append(line.end())
            yield line.group()

    try:
        fields = next(csv.reader(lines(), delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error:
        return text[start : ends[0]].replace('"', "").rstrip("\r\n").split(separator), ends[0], 1
    return fields, ends[-1], len(ends)


def _agreement(separator: str, lines: list[str]) -> int:
    counts = Counter(count for line in lines if (count := line.count(separator)))
    return max(counts.values(), default=0)


def _is_one_value(line: str) -> bool:
    """Whether a whole line is one number whatever commas it has: 5,321,234,567, or the 5,32E+11 Excel made of it."""
    try:
        parse(line)
    except BadAddress as bad:
        return bad.problem == Problem.PHONE_SCIENTIFIC
    return True
