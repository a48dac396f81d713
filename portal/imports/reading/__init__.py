"""A pasted or uploaded list, read into good addresses and bad rows; only an unreadable whole is an error."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, islice

from portal.addresses import Address, BadAddress, Problem, parse

from .columns import choose_columns, is_header
from .cutting import Cut, Cutting, cut
from .records import find_separator, records, refuse_long_lines
from .text import decode
from .unreadable import FileProblem, Unreadable

MOST_BYTES = 5_000_000
MOST_ROWS = 100_000
SAMPLE_ROWS = 1000  # Enough to tell which columns hold addresses.
SHOWN_VALUE = 200  # Of a bad value, so much lets a person find it again.

__all__ = ["BadRow", "Cut", "Cutting", "FileProblem", "Reading", "Unreadable", "cut", "read"]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A value that is no address, or a row without one (an empty value); lines count from 1, as an editor does."""

    line: int
    value: str = field(repr=False)
    problem: Problem


@dataclass(frozen=True)
class Reading:
    """What a list held. Columns count from 0; repeats are addresses already met further up, kept once in good."""

    encoding: str
    separator: str
    header: list[str] | None
    columns: tuple[int, ...]
    good: list[tuple[int, Address]]
    bad: list[BadRow]
    repeats: list[tuple[int, Address]]

    @property
    def repeated(self) -> int:
        """How many addresses came again."""
        return len(self.repeats)


def read(data: bytes | str, *, limit: int = MOST_BYTES) -> Reading:
    """Read a file's bytes or a pasted text of at most `limit` bytes (pasted: characters); raises Unreadable."""
    text, encoding = decode(data, limit)
    refuse_long_lines(text)
    separator = find_separator(text)
    rows = records(text, separator)
    sample = list(islice(rows, SAMPLE_ROWS))
    header = sample.pop(0)[1] if sample and is_header(sample[0][1]) else None
    if not sample:
        raise Unreadable(FileProblem.EMPTY)
    columns = choose_columns(header, [fields for _, fields in sample])
    good, bad, repeats = _sort(chain(sample, rows), columns)
    return Reading(encoding, separator, header, columns, good, bad, repeats)


def _sort(rows: Iterable[tuple[int, list[str]]], columns: tuple[int, ...]):
    good, bad, repeats, seen = [], [], [], set()
    for count, (line, fields) in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise Unreadable(FileProblem.TOO_MANY_ROWS)
        found = _look(fields, columns)
        if not found:
            bad.append(BadRow(line, "", Problem.EMPTY))
        for value, address in found:
            if isinstance(address, Problem):
                bad.append(BadRow(line, value[:SHOWN_VALUE], address))
            elif address.text in seen:
                repeats.append((line, address))
            else:
                seen.add(address.text)
                good.append((line, address))
    return good, bad, repeats


def _look(fields: list[str], columns: tuple[int, ...]) -> list[tuple[str, Address | Problem]]:
    found = []
    for column in columns:
        value = fields[column].strip() if column < len(fields) else ""
        if value:
            try:
                found.append((value, parse(value)))
            except BadAddress as bad:
                found.append((value, bad.problem))
    return [(value, address) for value, address in found if address != Problem.EMPTY]  # A dash is no address either.
