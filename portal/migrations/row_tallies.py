"""What migrations 0050 and 0051 count: the triggers that keep counts, and the statement that fills them. Frozen as they
are (landed.sha256); what is counted today stands beside RowTally."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic import op

KEY = "subject, provider_id, bucket"
TO_TOTALS = f"ON CONFLICT ({KEY}) DO UPDATE SET total = row_tally.total + excluded.total"  # nosec B608
DAYS = {"sqlite": "date({}, '+3 hours')", "postgresql": "to_char({} + interval '3 hours', 'YYYY-MM-DD')"}  # Istanbul's.


@dataclass(frozen=True)
class Tally:
    """How rows of a table are counted: {row} stands before a column, {created} and {recorded} are days."""

    table: str
    subject: str
    bucket: str
    condition: str = "TRUE"
    columns: str = ""  # With which a row's bucket may change.
    sign: int = 1
    is_late: bool = False  # Hardly any row is counted as soon as it is inserted.

    def select(self, dialect: str, row: str, rows: int | str) -> str:
        """A row's key and `rows`."""
        days = {name: DAYS[dialect].format(f"{row}{name}_at") for name in ("created", "recorded")}
        days["decided"] = DAYS[dialect].format("decision.recorded_at")
        return f"SELECT '{self.subject}', {row}provider_id, {self.bucket.format(row=row, **days)}, {rows}"

    def is_counted(self, row: str) -> str:
        return self.condition.format(row=row)


TALLIES = (
    Tally("recipient", "recipient", "{created}", columns="provider_id created_at"),
    Tally(
        "consent", "consent",
        "{row}brand_id || ' ' || {row}channel || ' ' || {row}recipient_type || ' ' || {row}status",
        "{row}status IS NOT NULL", "provider_id brand_id channel recipient_type status",
    ),
    Tally(
        "submission", "submission",
        "{row}outcome || CASE WHEN {row}endpoint LIKE '%/sps/99_______/%' THEN ' sandbox' ELSE ' iys' END",
        "{row}closed_at IS NULL AND {row}outcome NOT IN ('waiting', 'sent', 'blocked')",
        "provider_id endpoint outcome closed_at", is_late=True,
    ),
    Tally("decision", "decision", "{recorded} || ' ' || {row}brand_id || ' ' || {row}status"),
    Tally(
        "annulment", "decision",
        "(SELECT {decided} || ' ' || brand_id || ' ' || status FROM decision WHERE id = {row}decision_id)", sign=-1,
    ),
)  # fmt: skip


def correct(dialect: str) -> str:
    """The statement that sets counts right, beside writers too."""
    found = f"SELECT * FROM ({_select_differences(dialect)}) AS found WHERE TRUE"  # nosec B608
    return f"INSERT INTO row_tally ({KEY}, total) {found} {TO_TOTALS}"  # nosec B608


def create_triggers(dialect: str, tallies: Sequence[Tally] = TALLIES) -> None:
    """A later migration that counts something else has its own list."""
    for tally in tallies:
        for statement in (_sqlite_triggers if dialect == "sqlite" else _postgresql_triggers)(tally):
            op.execute(statement)


def drop_triggers(dialect: str) -> None:
    for tally in TALLIES:
        for name in (f"{tally.table}_tally{what}" for what in ("", "_update", "_delete")):
            op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if dialect == "sqlite" else f" ON {tally.table}"))
        if dialect != "sqlite":
            op.execute(f"DROP FUNCTION IF EXISTS tally_{tally.table}_row()")
            op.execute(f"DROP FUNCTION IF EXISTS tally_{tally.table}_rows()")


def _select_differences(dialect: str) -> str:
    """The statement that finds how many rows more there are than the counts say: one statement sees one moment, so it
    is right beside writers."""
    counted = [
        f"{tally.select(dialect, 'r.', f'{tally.sign} * count(*)')} FROM {tally.table} AS r "
        f"WHERE {tally.is_counted('r.')} GROUP BY 2, 3"
        for tally in TALLIES
    ]
    kept = [f"SELECT {KEY}, -total FROM row_tally", f"SELECT {KEY}, -change FROM row_tally_change"]  # nosec B608
    found = " UNION ALL ".join(counted + kept)
    return (
        f"WITH found ({KEY}, more) AS ({found}) "  # nosec B608
        f"SELECT {KEY}, sum(more) FROM found GROUP BY {KEY} HAVING sum(more) <> 0 ORDER BY {KEY}"
    )


def _sqlite_triggers(tally: Tally) -> Iterator[str]:
    new, old = (
        f"INSERT INTO row_tally ({KEY}, total) {tally.select('sqlite', row, sign * tally.sign)} "  # nosec B608
        f"WHERE {tally.is_counted(row)} {TO_TOTALS};"
        for row, sign in (("NEW.", 1), ("OLD.", -1))
    )
    name, table = f"CREATE TRIGGER {tally.table}_tally", tally.table
    yield f"{name} AFTER INSERT ON {table} WHEN {tally.is_counted('NEW.')} BEGIN {new} END"
    yield f"{name}_delete AFTER DELETE ON {table} BEGIN {old} END"
    if columns := tally.columns.split():
        changes = " OR ".join(f"OLD.{each} IS NOT NEW.{each}" for each in columns)
        yield f"{name}_update AFTER UPDATE OF {', '.join(columns)} ON {table} WHEN {changes} BEGIN {old} {new} END"


def _postgresql_triggers(tally: Tally) -> Iterator[str]:
    """Rows that one statement inserts are counted together."""
    insert, table = f"INSERT INTO row_tally_change ({KEY}, change)", tally.table
    new, old = (
        f"{insert} {tally.select('postgresql', row, sign * tally.sign)} WHERE {tally.is_counted(row)};"
        for row, sign in (("NEW.", 1), ("OLD.", -1))
    )
    yield _create_function(
        f"{table}_row", f"IF TG_OP <> 'INSERT' THEN {old} END IF; IF TG_OP <> 'DELETE' THEN {new} END IF;"
    )
    name, by_row = f"CREATE TRIGGER {table}_tally", f"EXECUTE FUNCTION tally_{table}_row()"
    if tally.is_late:
        yield f"{name} AFTER INSERT ON {table} FOR EACH ROW WHEN ({tally.is_counted('NEW.')}) {by_row}"
    else:
        rows = f"{tally.select('postgresql', 'r.', f'{tally.sign} * count(*)')} FROM written AS r"
        yield _create_function(f"{table}_rows", f"{insert} {rows} WHERE {tally.is_counted('r.')} GROUP BY 2, 3;")
        yield (
            f"{name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS written "
            f"FOR EACH STATEMENT EXECUTE FUNCTION tally_{table}_rows()"
        )
    yield f"{name}_delete AFTER DELETE ON {table} FOR EACH ROW {by_row}"
    if columns := tally.columns.split():
        changes = " OR ".join(f"OLD.{each} IS DISTINCT FROM NEW.{each}" for each in columns)
        yield f"{name}_update AFTER UPDATE OF {', '.join(columns)} ON {table} FOR EACH ROW WHEN ({changes}) {by_row}"


def _create_function(name: str, body: str) -> str:
    return f"CREATE FUNCTION tally_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
