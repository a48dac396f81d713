"""Events for the changes feed and webhooks. Triggers record those of decisions, so that no writer can forget one."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG

revision = "0030"
down_revision = "0029"

TYPES = (
    "decision.made decision.annulled iys.outcome complaint.opened deadline.near deadline.passed package.low "
    "certificate.issued"
)
INDEXES = (
    ("ix_event_unsequenced", ["id"], "sequence IS NULL"),
    ("uq_event_sequence", ["sequence"], "sequence IS NOT NULL"),
    ("ix_event_provider_sequence", ["provider_id", "sequence"], "sequence IS NOT NULL"),
)
MADE = (
    "INSERT INTO event (provider_id, brand_id, type, subject_id, at) "
    "SELECT provider_id, brand_id, 'decision.made', id, recorded_at FROM {} AS made {}"
)
ANNULLED = (
    "INSERT INTO event (provider_id, brand_id, type, subject_id, at) "
    "SELECT provider_id, (SELECT brand_id FROM decision WHERE id = decision_id), 'decision.annulled', decision_id, at "
    "FROM {} AS annulled {}"
)
SETTLED = (
    "INSERT INTO event (provider_id, brand_id, type, subject_id, at, facts) "
    "SELECT NEW.provider_id, brand_id, 'iys.outcome', NEW.decision_id, coalesce(NEW.ended_at, NEW.created_at), "
    "{}('outcome', NEW.outcome, 'code', NEW.code) FROM consent WHERE id = NEW.consent_id"
)
IS_SETTLED = (
    "NEW.outcome IN ('accepted', 'verified', 'not_needed', 'overtaken', 'parked', 'expired') "
    "AND OLD.outcome <> NEW.outcome AND NOT (OLD.outcome = 'accepted' AND NEW.outcome = 'verified')"
)


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", BIG, sa.Identity(), nullable=False),
        sa.Column("sequence", BIG, nullable=True),
        sa.Column("provider_id", BIG, nullable=False),
        sa.Column("brand_id", BIG, nullable=True),
        sa.Column(
            "type",
            sa.Enum(*TYPES.split(), name=op.f("ck_event_type"), native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("subject_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    for name, columns, condition in INDEXES:
        where = sa.text(condition)
        op.create_index(
            name, "event", columns, unique=name.startswith("uq"), sqlite_where=where, postgresql_where=where
        )
    (_create_sqlite_triggers if op.get_bind().dialect.name == "sqlite" else _create_postgresql_triggers)()


def downgrade() -> None:
    """The counter of sequences stays: what readers remember must not mean other events one day."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in ("decision", "annulment", "submission"):
        op.execute(f"DROP TRIGGER {table}_event" + ("" if is_sqlite else f" ON {table}"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION record_{table}_event()")
    op.drop_table("event")


def _create_sqlite_triggers() -> None:
    for table, insert, key in (("decision", MADE, "id"), ("annulment", ANNULLED, "decision_id")):
        row = insert.format(table, f"WHERE {key} = NEW.{key}")
        op.execute(f"CREATE TRIGGER {table}_event AFTER INSERT ON {table} BEGIN {row}; END")
    op.execute(
        f"CREATE TRIGGER submission_event AFTER UPDATE OF outcome ON submission WHEN {IS_SETTLED} "
        f"BEGIN {SETTLED.format('json_object')}; END"
    )


def _create_postgresql_triggers() -> None:
    """A statement's decisions are recorded together, which for COPY and long inserts costs less than row by row."""
    for table, insert in (("decision", MADE), ("annulment", ANNULLED)):
        _create_function(table, insert.format("written", ""))
        op.execute(
            f"CREATE TRIGGER {table}_event AFTER INSERT ON {table} REFERENCING NEW TABLE AS written "
            f"FOR EACH STATEMENT EXECUTE FUNCTION record_{table}_event()"
        )
    _create_function("submission", SETTLED.format("json_build_object"))
    op.execute(
        f"CREATE TRIGGER submission_event AFTER UPDATE OF outcome ON submission FOR EACH ROW WHEN ({IS_SETTLED}) "
        "EXECUTE FUNCTION record_submission_event()"
    )


def _create_function(table: str, insert: str) -> None:
    op.execute(
        f"CREATE FUNCTION record_{table}_event() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {insert}; RETURN NULL; END $$"
    )
