"""İYS's file of a day: read row by row (a row with an odd value is kept, not dropped), and archived as it came."""

import csv
import io
import zlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from datetime import datetime
from itertools import chain

from portal.core import iys_protocol
from portal.core.models import ReconciledDay
from portal.core.vault import Vault

# İYS's documented columns, for a file without a header row.
COLUMNS = (
    "creationDate", "transactionId", "recipient", "recipientType", "type", "status", "consentDate", "source",
)  # fmt: skip
MAX_FIELD = 400
FASTEST = 1  # Level of zlib: half of a file is transactionIds, which don't compress.


class InvalidDayFile(Exception):
    """The body is no file of movements: an HTML page, a cut answer, or unknown columns."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row, its values as they stand in the file, in the order of COLUMNS."""

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
        """When İYS stored it; None where it cannot be parsed."""
        return iys_protocol.read_wire_date(self.creation_date)

    @property
    def consented_at(self) -> datetime | None:
        """When it was decided; None where it is empty (a merchant's first record) or cannot be parsed."""
        return iys_protocol.read_wire_date(self.consent_date)

    def as_wire(self) -> dict[str, str]:
        """The row under İYS's JSON names."""
        return dict(zip(COLUMNS, astuple(self), strict=True))


def read_lines(body: bytes) -> Iterator[Line]:
    """Yield the rows of a file, in order. Raises InvalidDayFile."""
    if b"\x00" in body:  # No database keeps it.
        raise InvalidDayFile("NUL")
    text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", errors="strict", newline="")
    try:
        rows = csv.reader(text, strict=True)
        first = next(rows, None)
        if first is None:
            return
        positions, is_header = _column_positions([name.strip() for name in first])
        for row in rows if is_header else chain([first], rows):
            if row:
                yield _parse_line(row, positions)
    except (UnicodeDecodeError, csv.Error) as broken:
        raise InvalidDayFile("unreadable") from broken


def _column_positions(first: list[str]) -> tuple[list[int], bool]:
    """The position of each column, and whether the first row is a header; without one İYS's documented order holds."""
    if set(COLUMNS) <= set(first):
        return [first.index(name) for name in COLUMNS], True
    if len(first) == len(COLUMNS) and iys_protocol.read_wire_date(first[0]):
        return list(range(len(COLUMNS))), False
    raise InvalidDayFile("columns")


def _parse_line(row: list[str], positions: list[int]) -> Line:
    try:
        return Line(*(row[position].strip()[:MAX_FIELD] for position in positions))
    except IndexError:
        raise InvalidDayFile("short row") from None


def seal_file(vault: Vault, body: bytes, provider_id: int, day_id: int) -> bytes:
    return vault.seal(zlib.compress(body, FASTEST), ReconciledDay.FILE, provider_id, day_id)


def open_file(vault: Vault, day: ReconciledDay) -> bytes:
    """The file of a day that has one, byte for byte. Raises CannotOpen."""
    assert day.file is not None
    return zlib.decompress(vault.open(day.file, ReconciledDay.FILE, day.provider_id, day.id))
