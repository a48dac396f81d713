"""Yardsticks of an import: read the file, validate, encrypt, and insert the same rows, each alone in a bare loop."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import Connection, select, text

from portal.core.addresses import Address, parse
from portal.core.extensions import db, vault
from portal.core.models import Consent, Decision, Event, Leaf, Recipient, Submission

KEY_OF = {  # By the name of each table that an import fills.
    each.__table__.name: each.__mapper__.primary_key[0].name
    for each in (Recipient, Consent, Decision, Leaf, Submission, Event)
}
LINES = 1000  # In one transaction.
PHONE, EMAIL = 1, 2  # Their columns.


def measure_steps(app: Flask, workbook: Path, lines: int) -> dict[str, float]:
    """Seconds of each step. The file has been imported before: its rows are inserted again."""
    with app.app_context():
        read, cells = _time_reading(workbook)
        validate, addresses = _time_validation(cells)
        del cells
        return {
            "read": read,
            "validate": validate,
            "encrypt": _time_encryption(addresses),
            "insert": _time_inserts(max(1, lines // LINES)),
        }


def _time_reading(workbook: Path) -> tuple[float, list[tuple[str, str]]]:
    began = time.perf_counter()
    for _ in CalamineWorkbook.from_path(str(workbook)).get_sheet_by_index(0).iter_rows():
        pass
    took = time.perf_counter() - began
    rows = CalamineWorkbook.from_path(str(workbook)).get_sheet_by_index(0).iter_rows()
    next(rows)
    return took, [(str(row[PHONE]), str(row[EMAIL])) for row in rows]


def _time_validation(cells: list[tuple[str, str]]) -> tuple[float, list[Address]]:
    began = time.perf_counter()
    addresses = [parse(cell) for both in cells for cell in both]
    return time.perf_counter() - began, addresses


def _time_encryption(addresses: list[Address]) -> float:
    """Each address with its blind index, and a payload for each of its channels."""
    sealer = vault()
    sample = db.session.scalars(select(Submission).limit(1)).one()
    payload = sealer.open(sample.payload, Submission.PLACE, sample.provider_id, sample.id)
    db.session.rollback()
    began = time.perf_counter()
    for number, address in enumerate(addresses):
        sealer.indexes(1, address.text)
        sealer.seal(address.text, Recipient.PLACE, 1, number)
        for _ in address.channels:
            sealer.seal(payload, Submission.PLACE, 1, number)
    return time.perf_counter() - began


def _time_inserts(transactions: int) -> float:
    """The rows of all tables into copies that have their indexes, in as many transactions as the import had."""
    with db.engine.connect() as connection:
        for table in KEY_OF:
            _copy_table(connection, table)
        connection.commit()
        kinds = [_Rows(connection, table, transactions) for table in KEY_OF]
        connection.rollback()
        took = 0.0
        for _ in range(transactions):
            waiting = [(kind, kind.next()) for kind in kinds]
            connection.rollback()
            began = time.perf_counter()
            connection.begin()
            for kind, rows in waiting:
                kind.insert(rows)
            connection.commit()
            took += time.perf_counter() - began
    return took


class _Rows:
    """The rows of one table, in as many equal parts, as the driver itself gives and takes them."""

    def __init__(self, connection: Connection, table: str, parts: int):
        self._connection, self._table = connection, table
        count = connection.scalar(text(f"SELECT count(*) FROM {table}"))
        self._part, self._last = -(-count // parts), 0

    def next(self) -> list[tuple]:
        key = KEY_OF[self._table]
        asked = text(f"SELECT * FROM {self._table} WHERE {key} > :last ORDER BY {key} LIMIT :part")
        answer = self._connection.execute(asked, {"last": self._last, "part": self._part})
        self._columns = list(answer.keys())
        rows = [tuple(row) for row in answer]
        if rows:
            self._last = rows[-1][self._columns.index(key)]
        return rows

    def insert(self, rows: list[tuple]) -> None:
        if not rows:
            return
        target, cursor = f"bench_{self._table} ({', '.join(self._columns)})", self._connection.connection.cursor()
        if self._connection.dialect.name == "sqlite":
            cursor.executemany(f"INSERT INTO {target} VALUES ({', '.join('?' * len(self._columns))})", rows)
        else:
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        cursor.close()


def _copy_table(connection: Connection, table: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)"))
        return
    for statement in _create_statements(connection, table):
        connection.execute(text(statement))


def _create_statements(connection: Connection, table: str) -> Iterator[str]:
    """SQLite's statements that create a table and its indexes, with other names."""
    kinds = "type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC"
    told = connection.scalars(
        text(f"SELECT sql FROM sqlite_master WHERE tbl_name = :table AND {kinds}"), {"table": table}
    )
    for statement in told.all():
        renamed = re.sub(r'(CREATE (?:UNIQUE )?(?:TABLE|INDEX) )"?(\w+)"?', r"\1bench_\2", statement, count=1)
        yield re.sub(rf'( ON )"?{table}"? ?\(', rf"\1bench_{table} (", renamed, count=1)
