"""Triggers that refuse UPDATE and DELETE on append-only tables: decisions, evidence and the audit log.

DELETE is allowed only while a retention_run row is open, and never for Merkle leaves. Encrypted columns may be updated
for key rotation; the encryption itself binds their values to the row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

OPEN_RUN = "EXISTS (SELECT 1 FROM retention_run WHERE ended_at IS NULL)"


@dataclass(frozen=True)
class FactTable:
    """An append-only table."""

    table: str
    unique: tuple[str, ...] = ("id",)  # Its unique keys, each with columns separated by spaces.
    fixed: str | None = None  # The columns that never change; None: all of them.
    deletable: bool = True  # In a retention run.
    once: str | None = None  # A column that may be set once; rows where it is null may be deleted.
    has_rowid: bool = True  # At SQLite.


FACT_TABLES = (  # Of the baseline.
    FactTable("decision"),
    FactTable(
        "receipt",
        ("id", "token_digest choices"),
        "id nonce provider_id recipient_id link_id text_id language served_at decided_at token_digest choices number "
        "origin",
    ),
    FactTable("receipt_decision", ("receipt_id decision_id",)),
    FactTable("annulment", ("decision_id",)),
    FactTable("consent_text", ("id", "campaign_id version")),
    FactTable("audit_entry"),
    FactTable("attempt", ("id",), "id provider_id submission_id at question http_status code"),
    FactTable("leaf", ("decision_id",), deletable=False),
    FactTable("complaint_step", ("id",), "id provider_id complaint_id at act user_id"),
    FactTable(
        "import_chunk", ("batch_id place",), "id provider_id batch_id sheet place first_line lines", once="ran_at"
    ),
)
RUN_COLUMNS = "id reason started_at"


def create_triggers() -> None:
    """Create all triggers of the baseline."""
    (_create_sqlite_triggers if _is_sqlite() else _create_postgresql_triggers)()


@contextmanager
def triggers_dropped(table: str, facts: FactTable | None = None) -> Iterator[None]:
    """Let a migration alter an append-only table: its triggers go first and come back last, as `facts` say, which a
    table needs that is not of the baseline.

    SQLite alters a column by building the table anew, which would lose them.
    """
    facts = facts or next(each for each in FACT_TABLES if each.table == table)
    for what in ("update", "delete", "replace", "truncate", "rerun"):
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{what}" + ("" if _is_sqlite() else f" ON {table}"))
    with event_triggers_dropped(table):
        yield
    guard_table(facts)


@contextmanager
def event_triggers_dropped(table: str) -> Iterator[None]:
    """The same for a table that is not append-only, or whose other triggers are gone: of SQLite, all triggers that
    stand on it, or on another table and read it."""
    those = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '% ' || :table || ' %'")
    found = op.get_bind().execute(those, {"table": table}).all() if _is_sqlite() else []
    for trigger in found:
        op.execute(f"DROP TRIGGER {trigger.name}")
    yield
    for trigger in found:
        op.execute(trigger.sql)


def guard_table(facts: FactTable) -> None:
    """Create the triggers of one table, such as a new one that a migration has just made."""
    (_guard_sqlite if _is_sqlite() else _guard_postgresql)(facts)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _create_sqlite_triggers() -> None:
    for facts in FACT_TABLES:
        _guard_sqlite(facts)
    _refuse_sqlite("retention_run", "delete", "DELETE")
    _refuse_sqlite("retention_run", "replace", "INSERT", _would_replace("retention_run", ("id",)))
    _refuse_sqlite("retention_run", "update", "UPDATE", _differs(RUN_COLUMNS))
    _refuse_sqlite("retention_run", "reopen", "UPDATE", "OLD.ended_at IS NOT NULL")


def _guard_sqlite(facts: FactTable) -> None:
    table, unless = facts.table, f"NOT {OPEN_RUN}"
    _refuse_sqlite(table, "update", "UPDATE", _changes_fixed(facts))
    if facts.once:
        unless = f"OLD.{facts.once} IS NOT NULL AND {unless}"
    _refuse_sqlite(table, "delete", "DELETE", unless if facts.deletable else "")
    _refuse_sqlite(table, "replace", "INSERT", _would_replace(table, facts.unique, facts.has_rowid))


def _refuse_sqlite(table: str, what: str, when: str, condition: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{what} BEFORE {when} ON {table} {condition and f'WHEN {condition}'} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _changes_fixed(facts: FactTable) -> str:
    condition = _differs(facts.fixed) if facts.fixed else ""
    if facts.once:
        condition += f" OR (OLD.{facts.once} IS NOT NULL AND OLD.{facts.once} IS NOT NEW.{facts.once})"
    return condition


def _differs(columns: str) -> str:
    """Compares values: UPDATE OF does not notice an id that is changed as rowid."""
    return " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns.split())


def _would_replace(table: str, unique: tuple[str, ...], has_rowid: bool = True) -> str:
    """INSERT OR REPLACE deletes rows with the same unique key without firing DELETE triggers."""
    same = [" AND ".join(f"{column} = NEW.{column}" for column in each.split()) for each in unique]
    same += ["rowid = NEW.rowid"] if has_rowid else []
    return f"EXISTS (SELECT 1 FROM {table} WHERE {' OR '.join(f'({each})' for each in same)})"  # nosec B608


def _create_postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {OPEN_RUN} THEN RETURN OLD; END IF; RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for facts in FACT_TABLES:
        _guard_postgresql(facts)
    _refuse_postgresql("retention_run", "delete", "DELETE")
    _refuse_postgresql("retention_run", "truncate", "TRUNCATE", each="STATEMENT")
    _refuse_postgresql("retention_run", "update", _update_of(RUN_COLUMNS))
    _refuse_postgresql("retention_run", "reopen", "UPDATE", "WHEN (OLD.ended_at IS NOT NULL)")


def _guard_postgresql(facts: FactTable) -> None:
    table, once = facts.table, facts.once
    _refuse_postgresql(table, "update", _update_of(facts.fixed) if facts.fixed else "UPDATE")
    if once:
        changed = f"OLD.{once} IS NOT NULL AND OLD.{once} IS DISTINCT FROM NEW.{once}"
        _refuse_postgresql(table, "rerun", "UPDATE", f"WHEN ({changed})")
    _refuse_postgresql(
        table,
        "delete",
        "DELETE",
        f"WHEN (OLD.{once} IS NOT NULL)" if once else "",
        function="refuse_delete" if facts.deletable else "refuse_change",
    )
    _refuse_postgresql(table, "truncate", "TRUNCATE", each="STATEMENT")


def _refuse_postgresql(
    table: str, what: str, when: str, condition: str = "", function: str = "refuse_change", each: str = "ROW"
) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{what} BEFORE {when} ON {table} FOR EACH {each} {condition} "
        f"EXECUTE FUNCTION {function}()"
    )


def _update_of(columns: str) -> str:
    return f"UPDATE OF {', '.join(columns.split())}"
