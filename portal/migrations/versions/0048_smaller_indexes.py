"""Indexes that nobody reads go, others leave out nulls or begin with what is asked for. PostgreSQL hashes transaction
ids, SQLite keeps the keys of two tables once."""

from dataclasses import replace
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

from portal.migrations.append_only import FactTable, event_triggers_dropped, triggers_dropped

revision = "0048"
down_revision = "0047"


class Key(NamedTuple):
    """An index, with its columns and its condition."""

    name: str
    table: str
    columns: str
    where: str | None = None
    is_unique: bool = False


BEFORE = (
    Key("ix_decision_renews_id", "decision", "renews_id"),
    Key("ix_submission_bulk_id", "submission", "bulk_id"),
    Key("ix_submission_key_order", "submission", "consent_id consent_date"),
    Key("ix_leaf_day", "leaf", "day"),
    Key("ix_movement_decision_id", "movement", "decision_id"),
    Key("ix_movement_transaction_id", "movement", "transaction_id"),
)
AFTER = (
    Key("ix_decision_renewal", "decision", "renews_id", "renews_id IS NOT NULL"),
    Key("ix_submission_bulk", "submission", "bulk_id", "bulk_id IS NOT NULL"),
    Key("ix_submission_consent_id", "submission", "consent_id"),
    Key("ix_movement_consent_id", "movement", "consent_id"),
    Key("uq_movement", "movement", "transaction_id consent_id status", is_unique=True),
    # One of the columns is null, but while keys rotate.
    Key("uq_recipient_index_odd", "recipient", "provider_id index_odd", "index_odd IS NOT NULL", True),
    Key("uq_recipient_index_even", "recipient", "provider_id index_even", "index_even IS NOT NULL", True),
)
CONSTRAINTS = {  # Whose place unique indexes take.
    "movement": ("consent_id transaction_id status",),
    "recipient": ("provider_id index_odd", "provider_id index_even"),
}
TRANSACTION = Key("ix_submission_transaction", "submission", "transaction_id")
RECEIPT_LINES = FactTable("receipt_decision", ("receipt_id decision_id",))


def upgrade() -> None:
    """What is made beside writers comes first, so that a second try begins anew; the rest is one transaction."""
    _create(AFTER)
    _drop(BEFORE)
    if _is_sqlite():
        _store_keys_once(True)
    else:
        _create((TRANSACTION,), "hash")
    for table, keys in CONSTRAINTS.items():
        with event_triggers_dropped(table), op.batch_alter_table(table) as batch:
            for columns in keys:
                batch.drop_constraint(_name(table, columns), type_="unique")


def downgrade() -> None:
    for table, keys in CONSTRAINTS.items():
        with event_triggers_dropped(table), op.batch_alter_table(table) as batch:
            for columns in keys:
                batch.create_unique_constraint(_name(table, columns), columns.split())
    if _is_sqlite():
        _store_keys_once(False)
    else:
        _create((TRANSACTION,), "btree")
    _create(BEFORE)
    _drop(AFTER)


def _create(keys: tuple[Key, ...], method: str | None = None) -> None:
    """Those that a first try left half made are made anew."""
    with op.get_context().autocommit_block():
        for name, table, columns, where, is_unique in keys:
            condition = sa.text(where) if where else None
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name, table, columns.split(), unique=is_unique, sqlite_where=condition, postgresql_where=condition,
                postgresql_using=method, postgresql_concurrently=True,
            )  # fmt: skip


def _drop(keys: tuple[Key, ...]) -> None:
    with op.get_context().autocommit_block():
        for key in keys:
            op.drop_index(key.name, key.table, if_exists=True, postgresql_concurrently=True)


def _store_keys_once(is_once: bool) -> None:
    """A table with its own row numbers has its primary key in an index besides."""
    _build_anew("consent_request", is_once)
    with triggers_dropped("receipt_decision", replace(RECEIPT_LINES, has_rowid=not is_once)):
        _build_anew("receipt_decision", is_once)


def _build_anew(table: str, is_once: bool) -> None:
    with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_with_rowid": not is_once}):
        pass


def _name(table: str, columns: str) -> str:
    return f"uq_{table}_{columns.replace(' ', '_')}"


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
