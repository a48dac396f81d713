"""The journal's records: rows by table as JSON, sealed; read one after another, or where one begins."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import BigInteger, Column, ColumnDefault, Enum, LargeBinary, MetaData, String, Table

from portal.core import sealed_records
from portal.core.models import Annulment, ClosedLine, Decision, GatewayEvent, Receipt, ReceiptDecision, Submission
from portal.core.models.base import UtcDateTime
from portal.core.vault import Vault

PLACE = "journal.record"
_MODELS = (Decision, Submission, Receipt, ReceiptDecision, Annulment, GatewayEvent, ClosedLine)
# What answers at a permanent refusing address (campaigns.permanent_links): its id is the link's. No database has it.
# Since a restored one gives ids again, two links may have had the same one: the nonce says which it is.
REFUSING_LINK = Table(
    "refusing_link",
    MetaData(),
    *(Column(each, BigInteger, primary_key=True) for each in ("id", "nonce")),
    Column("created_at", UtcDateTime),
    *(Column(f"{each}_id", BigInteger) for each in ("provider", "brand", "recipient")),
    *(Column("channels", String), Column("address", LargeBinary)),
)
TABLES: dict[str, Table] = {each.name: each for each in (*(its.__table__ for its in _MODELS), REFUSING_LINK)}

Row = dict[str, Any]
Record = dict[str, list[Row]]  # Rows by table: of one commit.


def scan_file(path: Path, vault: Vault, **on_problem: Callable[[Exception], None]) -> Iterator[tuple[int, Record]]:
    """Where each record of a file begins, and its rows as JSON has them. See sealed_records.read."""
    for offset, plain in sealed_records.read(path, vault, PLACE, **on_problem):
        yield offset, json.loads(plain)


def read_at(file: BinaryIO, offset: int, vault: Vault, tables: Iterable[str] = TABLES) -> Record:
    """The record that `scan_file` found there, as far as it is of these tables; its rows have all columns."""
    record = json.loads(sealed_records.read_at(file, offset, vault, PLACE))
    return {table: [_decode(table, row) for row in record[table]] for table in tables if table in record}


def encode(record: Record) -> bytes:
    return json.dumps(record, default=_plain, separators=(",", ":")).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _decode(table: str, row: Row) -> Row:
    decoded = {}
    for name, read, default in _columns(table):
        value = row.get(name, default)
        decoded[name] = value if read is None or value is None or name not in row else read(value)
    return decoded


@cache
def _columns(table: str) -> list[tuple[str, Callable[[Any], Any] | None, Any]]:
    """Names of columns, what reads a value, and what it is where the version that wrote the row had no such column."""
    return [(each.name, _reader(each), _default(each)) for each in TABLES[table].c]


def _reader(column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat
    if isinstance(column.type, LargeBinary):
        return base64.b64decode
    return column.type.enum_class if isinstance(column.type, Enum) else None


def _default(column: Column[Any]) -> Any:
    return column.default.arg if isinstance(column.default, ColumnDefault) and column.default.is_scalar else None
