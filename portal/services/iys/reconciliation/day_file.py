"""The file of a day, read row by row as İYS wrote it; a row that says something odd is kept, not thrown away."""

import csv
import io
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from datetime import datetime
from itertools import chain

from portal.core import iys_protocol

# İYS's table of columns; used where a file comes without a heading.
COLUMNS = (
    "creationDate", "transactionId", "recipient", "recipientType", "type", "status", "consentDate", "source",
)  # fmt: skip
MAX_FIELD = 400


class InvalidDayFile(Exception):
    """What came is no file of movements: a page, half an answer, or columns we do not know."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row, its words as they stand in the file, in the order of COLUMNS."""

    creation_date: str
    transaction_id: str
    recipient: str = field(repr=False)  # A repr ends in logs.
    recipient_type: str
    channel: str
    status: str
    consent_date: str
    source: str

    @property
    def created_at(self) -> datetime | None:
        """When İYS took it down; None where it cannot be read."""
        return parse_time(self.creation_date)

    @property
    def consented_at(self) -> datetime | None:
        """When it was decided; None where it is empty (a merchant's first record) or cannot be read."""
        return parse_time(self.consent_date)

    def as_wire(self) -> dict[str, str]:
        """The row under İYS's names, as JSON would say it."""
        return dict(zip(COLUMNS, astuple(self), strict=True))


def read_lines(body: bytes) -> Iterator[Line]:
    """Every row of a file, in its order, without holding them all. Raises NotAFile."""
    if b"\x00" in body:  # No database keeps it.
        raise InvalidDayFile("NUL")
    text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", errors="strict", newline="")
    try:
        rows = csv.reader(text, strict=True)
        first = next(rows, None)
        if first is None:
            return
        places, is_heading = _column_positions([name.strip() for name in first])
        for row in rows if is_heading else chain([first], rows):
            if row:
                yield _parse_line(row, places)
    except (UnicodeDecodeError, csv.Error) as broken:
        raise InvalidDayFile("unreadable") from broken


def _column_positions(first: list[str]) -> tuple[list[int], bool]:
    """Where each column stands: by the heading, or in İYS's documented order where the file has none."""
    if set(COLUMNS) <= set(first):
        return [first.index(name) for name in COLUMNS], True
    if len(first) == len(COLUMNS) and parse_time(first[0]):
        return list(range(len(COLUMNS))), False
    raise InvalidDayFile("columns")


def _parse_line(row: list[str], places: list[int]) -> Line:
    try:
        return Line(*(row[place].strip()[:MAX_FIELD] for place in places))
    except IndexError:
        raise InvalidDayFile("short row") from None


def parse_time(text: str) -> datetime | None:
    """A moment as İYS writes it, in UTC; None for anything else."""
    try:
        return iys_protocol.parse_wire_date(text)
    except ValueError:
        return None
