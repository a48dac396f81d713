"""A pasted or uploaded list, read into good addresses and bad rows; only an unreadable whole is an error."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from typing import AnyStr

from portal.core.addresses import Address, BadAddress, Problem, parse
from portal.services.imports.reading.chunking import Cut, Cutting, cut
from portal.services.imports.reading.columns import choose_columns, find_header
from portal.services.imports.reading.csv_records import find_separator, lines, records, sampled
from portal.services.imports.reading.file_kinds import START, Kind, kind_of
from portal.services.imports.reading.file_problems import FileProblem, Unreadable
from portal.services.imports.reading.text_encoding import decoded, find_encoding, pasted
from portal.services.imports.reading.workbook_chunker.frames import PIECE
from portal.services.imports.reading.workbook_chunker.frames import Kind as Said
from portal.services.imports.reading.workbook_process import frames

MOST_BYTES = 5_000_000
MOST_ROWS = 100_000
SAMPLE_ROWS = 1000  # Enough to tell which columns hold addresses.
SHOWN_VALUE = 200  # Of a bad value, so much lets a person find it again.
PART = 65_536  # Bytes that are decoded at once.

__all__ = ["BadRow", "Cut", "Cutting", "FileProblem", "Reading", "Unreadable", "cut", "read", "refuse_other_kinds"]

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A value that is no address, or a row without one (an empty value); lines count from 1, as an editor does."""

    line: int
    value: str = field(repr=False)
    problem: Problem


@dataclass(frozen=True)
class Reading:
    """What a list held. Columns count from 0; repeats are addresses already met further up, kept once in good."""

    encoding: str  # Of a text; of a workbook its format.
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
    kind = kind_of(data[:START]) if isinstance(data, bytes) else Kind.TEXT
    if len(data) > limit:
        raise Unreadable(FileProblem.TOO_LARGE)
    return _read_workbook(data) if kind == Kind.WORKBOOK else _read_text(data)


def refuse_other_kinds(start: bytes) -> None:
    """Raise Unreadable where the first bytes of a file tell that nothing can be read of it."""
    kind_of(start)


def _read_text(data: bytes | str) -> Reading:
    if isinstance(data, str):
        encoding, texts = "utf-8", pasted(_parts(data))
    else:
        encoding = find_encoding(lambda: _parts(data))
        texts = decoded(_parts(data), encoding)
    sample, texts = sampled(texts)
    separator = find_separator(sample)
    return _sort(encoding, separator, records(lines(texts), separator))


def _read_workbook(data: bytes) -> Reading:
    """The first sheet that holds addresses, else what is wrong with the first one that holds anything."""
    said = frames(_parts(data))
    _, file_format = next(said)
    pieces = (body for kind, body in said if kind == Said.PIECE)
    told = Unreadable(FileProblem.EMPTY)
    for _, of_sheet in groupby(pieces, key=lambda body: PIECE.unpack_from(body)[0]):
        rows = (tuple(row) for body in of_sheet for row in json.loads(body[PIECE.size :]))
        try:
            return _sort(file_format.decode(), "", rows)
        except Unreadable as unreadable:
            if unreadable.problem not in (FileProblem.EMPTY, FileProblem.NO_ADDRESS_COLUMN):
                raise
            told = unreadable if told.problem == FileProblem.EMPTY else told
    raise told


def _parts(data: AnyStr) -> Iterator[AnyStr]:
    return (data[start : start + PART] for start in range(0, len(data), PART))


def _sort(encoding: str, separator: str, rows: Iterator[Row]) -> Reading:
    sample = list(islice(rows, SAMPLE_ROWS))
    place = find_header([fields for _, fields in sample])
    header = None
    if place is not None:
        header, sample = sample[place][1], sample[place + 1 :]
    if not sample:
        raise Unreadable(FileProblem.EMPTY)
    columns = choose_columns(header, [fields for _, fields in sample])
    return Reading(encoding, separator, header, columns, *_look_through(chain(sample, rows), columns))


def _look_through(rows: Iterable[Row], columns: tuple[int, ...]):
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
