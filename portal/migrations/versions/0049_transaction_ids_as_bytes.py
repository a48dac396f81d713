"""Transaction ids of İYS take 32 bytes instead of 64 digits; another text is filled up to 33 bytes with NULs."""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.migrations.append_only import event_triggers_dropped

revision = "0049"
down_revision = "0048"

TABLES = ("submission", "movement")
COLUMN = "transaction_id"
TEXT, BYTES = sa.String(80), sa.LargeBinary()
DIGITS = re.compile("[0-9a-f]{64}")
TO_BYTES = f"""
CASE WHEN {COLUMN} ~ '^[0-9a-f]{{64}}$' THEN decode({COLUMN}, 'hex') ELSE convert_to({COLUMN}, 'UTF8')
|| decode(repeat('00', greatest(0, 33 - octet_length(convert_to({COLUMN}, 'UTF8')))), 'hex') END
"""
TO_TEXT = f"""
CASE WHEN octet_length({COLUMN}) = 32 THEN encode({COLUMN}, 'hex')
ELSE convert_from(trim(TRAILING decode('00', 'hex') FROM {COLUMN}), 'UTF8') END
"""


def upgrade() -> None:
    _function("packed", _packed)
    for table in TABLES:
        with event_triggers_dropped(table):
            _convert(table, "packed")
            with op.batch_alter_table(table) as batch:
                batch.alter_column(COLUMN, existing_type=TEXT, type_=BYTES, postgresql_using=TO_BYTES)


def downgrade() -> None:
    _function("unpacked", _unpacked)
    for table in TABLES:
        with event_triggers_dropped(table):
            _convert(table, "unpacked")
            with op.batch_alter_table(table) as batch:
                batch.alter_column(COLUMN, existing_type=BYTES, type_=TEXT, postgresql_using=TO_TEXT)


def _function(name: str, function: object) -> None:
    """SQLite's own functions do not read hexadecimal digits before 3.41."""
    if _is_sqlite():
        driver: Any = op.get_bind().connection.driver_connection
        driver.create_function(name, 1, function, deterministic=True)


def _convert(table: str, function: str) -> None:
    """Before SQLite builds the table anew, which leaves values of the new type as they are."""
    if _is_sqlite():
        op.execute(f"UPDATE {table} SET {COLUMN} = {function}({COLUMN}) WHERE {COLUMN} IS NOT NULL")  # nosec B608


def _packed(text: str) -> bytes:
    return bytes.fromhex(text) if DIGITS.fullmatch(text) else text.encode().ljust(33, b"\0")


def _unpacked(stored: bytes) -> str:
    return stored.hex() if len(stored) == 32 else stored.rstrip(b"\0").decode()


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
