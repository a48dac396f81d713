"""Facts are added, never changed: the database itself refuses UPDATE and DELETE on decisions, evidence and audit.

Deletion is open only while a retention_run row is open, and never for leaves. A sealed column may be sealed anew when
keys rotate; what it says is bound to its row by the seal itself.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Table: (what is unique in it, deletion allowed in a retention run)
FACTS = {
    "decision": (("id",), True),
    "receipt": (("id", "token_digest choices"), True),
    "receipt_decision": (("receipt_id decision_id",), True),
    "consent_text": (("id", "campaign_id version"), True),
    "audit_entry": (("id",), True),
    "attempt": (("id",), True),
    "leaf": (("decision_id",), False),
}
# Where a column may be sealed anew: all the others.
COLUMNS = {
    "receipt": "id nonce provider_id recipient_id link_id text_id language served_at decided_at token_digest choices",
    "attempt": "id provider_id submission_id at question http_status code",
}
RUN = "id reason started_at"
OPEN_RUN = "EXISTS (SELECT 1 FROM retention_run WHERE ended_at IS NULL)"


def upgrade():
    op.execute("INSERT INTO node_counter (name, next) VALUES ('node', 0)")
    (_guard_sqlite if op.get_bind().dialect.name == "sqlite" else _guard_postgresql)()


def downgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in (*FACTS, "retention_run"):
        for what in ("update", "delete", "replace", "truncate", "reopen"):
            if sqlite:
                op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{what}")
            else:
                op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{what} ON {table}")
    if not sqlite:
        op.execute("DROP FUNCTION refuse_change()")
        op.execute("DROP FUNCTION refuse_delete()")
    op.execute("DELETE FROM node_counter")


def _guard_sqlite():
    def refuse(table, what, when, condition=""):
        op.execute(
            f"CREATE TRIGGER {table}_no_{what} BEFORE {when} ON {table} {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )

    for table, (unique, deletable) in FACTS.items():
        refuse(table, "update", "UPDATE", f"WHEN {_changed(COLUMNS[table])}" if table in COLUMNS else "")
        refuse(table, "delete", "DELETE", f"WHEN NOT {OPEN_RUN}" if deletable else "")
        refuse(table, "replace", "INSERT", f"WHEN {_takes_the_place(table, unique)}")
    refuse("retention_run", "delete", "DELETE")
    refuse("retention_run", "replace", "INSERT", f"WHEN {_takes_the_place('retention_run', ('id',))}")
    refuse("retention_run", "update", "UPDATE", f"WHEN {_changed(RUN)}")
    refuse("retention_run", "reopen", "UPDATE", "WHEN OLD.ended_at IS NOT NULL")


def _changed(columns):
    """Said by values: UPDATE OF would not notice an id that is changed by its other name, rowid."""
    return " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns.split())


def _takes_the_place(table, unique):
    """INSERT OR REPLACE deletes whatever is in its way, by any unique constraint, without a DELETE trigger."""
    same = [" AND ".join(f"{column} = NEW.{column}" for column in each.split()) for each in unique]
    return f"EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid OR {' OR '.join(f'({each})' for each in same)})"  # nosec B608


def _guard_postgresql():
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {OPEN_RUN} THEN RETURN OLD; END IF; RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )

    def refuse(table, what, when, condition="", function="refuse_change", each="ROW"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{what} BEFORE {when} ON {table} FOR EACH {each} {condition} "
            f"EXECUTE FUNCTION {function}()"
        )

    for table, (_, deletable) in FACTS.items():
        refuse(table, "update", f"UPDATE OF {_listed(COLUMNS[table])}" if table in COLUMNS else "UPDATE")
        refuse(table, "delete", "DELETE", function="refuse_delete" if deletable else "refuse_change")
        refuse(table, "truncate", "TRUNCATE", each="STATEMENT")
    refuse("retention_run", "delete", "DELETE")
    refuse("retention_run", "truncate", "TRUNCATE", each="STATEMENT")
    refuse("retention_run", "update", f"UPDATE OF {_listed(RUN)}")
    refuse("retention_run", "reopen", "UPDATE", "WHEN (OLD.ended_at IS NOT NULL)")


def _listed(columns):
    return ", ".join(columns.split())
