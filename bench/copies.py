"""Copies of consents by SQL alone, for databases that an import would take hours to fill: each copy is three days older
than the one before, under ids of its time. Copied addresses cannot be opened, and blind indexes are nobody's."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Attempt, Base, Consent, Decision, Leaf, Movement, Recipient, Submission
from portal.services import row_tallies

DAYS, MILLISECONDS = 3, 86_400_000
ID_BITS = 22  # Of an id below its milliseconds.
MODELS: tuple[type[Base], ...] = (Recipient, Consent, Decision, Leaf, Submission, Attempt, Movement)
MOVED = ("id", "recipient_id", "consent_id", "decision_id", "submission_id")
HASHED = ("index_", "transaction_id")  # Unique, so another in each copy.
INDEXES = text(  # Those that are no constraint's.
    "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index "
    "WHERE indrelid = ANY(CAST(:tables AS regclass[])) "
    "AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"
)
SEEDS = (
    "decision JOIN consent ON consent.id = consent_id JOIN recipient ON recipient.id = decision.recipient_id "
    "JOIN leaf ON leaf.decision_id = decision.id JOIN submission ON submission.decision_id = decision.id "
    "JOIN attempt ON attempt.submission_id = submission.id JOIN movement ON movement.decision_id = decision.id "
    "WHERE decision.recorded_at > :since"
)


def add_copies(numbers: range) -> None:
    """Add copies of today's consents with these numbers, on PostgreSQL. Triggers and foreign keys rest meanwhile;
    indexes are made anew afterwards, which takes a fraction of adding each row to them."""
    connection = db.session.connection()
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    since = {"since": (clock.now() - timedelta(days=1)).replace(tzinfo=None)}
    for model in MODELS:
        name = model.__tablename__
        seed = f"CREATE TEMP TABLE seed_{name} ON COMMIT DROP AS SELECT {name}.* FROM {SEEDS}"  # nosec B608
        connection.execute(text(seed), since)
    indexes = connection.execute(INDEXES, {"tables": [model.__tablename__ for model in MODELS]}).all()
    for index in indexes:
        connection.execute(text(f"DROP INDEX {index.name}"))
    for number in reversed(numbers):
        for model in MODELS:
            connection.execute(text(_insert(model, number)))
    for index in indexes:
        connection.execute(text(index.definition))
    db.session.commit()
    row_tallies.correct_counts()


def _insert(model: type[Base], number: int) -> str:
    name, columns = model.__tablename__, model.__table__.columns
    names, values = ", ".join(columns.keys()), ", ".join(_values(columns, number))
    order = next(iter(model.__table__.primary_key)).name
    return f"INSERT INTO {name} ({names}) SELECT {values} FROM seed_{name} ORDER BY {order}"  # nosec B608


def _values(columns: Any, number: int) -> Iterator[str]:
    back = number * DAYS * MILLISECONDS
    for column in columns:
        name, kind = column.name, str(column.type)
        if name in MOVED:
            yield f"{name} - {back << ID_BITS}"
        elif name.startswith(HASHED):
            yield f"sha256({name} || '{number}'::bytea)"
        elif kind == "DATETIME":
            yield f"{name} - interval '{back} milliseconds'"
        else:
            yield f"{name} - {number * DAYS}" if kind == "DATE" else name
