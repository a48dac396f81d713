"""A campaign's audience: the addresses of a pasted or uploaded list, and the rows that hold none with their problem.

The file is read and its columns are found as for an import; here a row may hold several addresses, and nothing else.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby

from portal.core.addresses import Address, BadAddress, Problem, parse
from portal.services.imports import layout
from portal.services.imports.reading import ChunkedFile, FileProblem, Unreadable, detect_kind
from portal.services.imports.reading.file_kinds import START
from portal.services.imports.store import Line

MOST_BYTES = 5_000_000
MOST_ROWS = 100_000
SHOWN_VALUE = 200  # Characters of a bad value: enough to find it again.
PART = 65_536  # Bytes decoded at once.


@dataclass(frozen=True, slots=True)
class BadRow:
    """A value that is no address, or a row without one (an empty value); lines count from 1, as an editor does."""

    line: int
    value: str = field(repr=False)
    problem: Problem


@dataclass(frozen=True)
class AddressList:
    """The addresses of a list. Columns count from 0; an address met again further down stands in `repeats` only."""

    encoding: str  # Of a text; of a workbook its format.
    separator: str
    header: list[str] | None
    columns: tuple[int, ...]
    good: list[tuple[int, Address]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    repeats: list[tuple[int, Address]] = field(default_factory=list)

    @property
    def repeated(self) -> int:
        return len(self.repeats)


def read_address_list(data: bytes | str, *, limit: int = MOST_BYTES) -> AddressList:
    """Read a file's bytes or a pasted text of at most `limit` bytes (pasted: characters). Raises Unreadable.

    Of a workbook the first sheet with addresses is read.
    """
    content = data.encode(errors="replace") if isinstance(data, str) else data
    detect_kind(content[:START])  # A PDF is called one, however large.
    if len(data) > limit:
        raise Unreadable(FileProblem.TOO_LARGE)
    file = ChunkedFile(lambda: (content[start : start + PART] for start in range(0, len(content), PART)), "")
    problem = FileProblem.EMPTY
    for _, chunks in groupby(file, key=lambda chunk: chunk.sheet):
        try:
            return _read_sheet(file, (json.loads(chunk.packed) for chunk in chunks))
        except Unreadable as unreadable:
            if unreadable.problem not in (FileProblem.EMPTY, FileProblem.NO_ADDRESS_COLUMN):
                raise
            problem = unreadable.problem if problem == FileProblem.EMPTY else problem
    raise Unreadable(problem)


def _read_sheet(file: ChunkedFile, chunks: Iterator[list[Line]]) -> AddressList:
    """Find the header and the address columns in the first chunk, then read every row."""
    first = next(chunks)
    place = layout.find_header(first)
    header = None if place is None else first[place][1]
    rows = first if place is None else first[place + 1 :]
    if not rows:
        raise Unreadable(FileProblem.EMPTY)
    columns = layout.address_columns(header or [], rows)
    if not columns:
        raise Unreadable(FileProblem.NO_ADDRESS_COLUMN)
    found = AddressList(file.encoding or file.format, file.separator or "", header, columns)
    _collect(found, chain(rows, chain.from_iterable(chunks)))
    return found


def _collect(found: AddressList, rows: Iterable[Line]) -> None:
    seen: set[str] = set()
    for count, (line, cells) in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise Unreadable(FileProblem.TOO_MANY_ROWS)
        values = _row_values(cells, found.columns)
        if not values:
            found.bad.append(BadRow(line, "", Problem.EMPTY))
        for value, address in values:
            if isinstance(address, Problem):
                found.bad.append(BadRow(line, value[:SHOWN_VALUE], address))
            elif address.text in seen:
                found.repeats.append((line, address))
            else:
                seen.add(address.text)
                found.good.append((line, address))


def _row_values(cells: list[str], columns: tuple[int, ...]) -> list[tuple[str, Address | Problem]]:
    """Each value of the address columns with what it is; empty cells and dashes are left out."""
    values: list[tuple[str, Address | Problem]] = []
    for column in columns:
        value = cells[column].strip() if column < len(cells) else ""
        try:
            values.append((value, parse(value)))
        except BadAddress as bad:
            if bad.problem != Problem.EMPTY:
                values.append((value, bad.problem))
    return values
