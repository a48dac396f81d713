"""Facts are added, never changed: the database itself refuses UPDATE and DELETE on decisions, evidence and audit.

Deletion is open only while a retention_run row is open, and never for leaves. A sealed column may be sealed anew when
keys rotate; what it says is bound to its row by the seal itself.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Table: (key columns, columns that may be sealed anew, deletion allowed in a retention run)
FACTS = {
    "decision": (("id",), (), True),
    "receipt": (("id",), ("seen",), True),
    "receipt_decision": (("receipt_id", "decision_id"), (), True),
    "consent_text": (("id",), (), True),
    "audit_entry": (("id",), (), True),
    "attempt": (("id",), ("answer",), True),
    "leaf": (("decision_id",), (), False),
}
COLUMNS = {
    "receipt": "id nonce provider_id recipient_id link_id text_id language served_at decided_at token_digest choices",
    "attempt": "id provider_id submission_id at question http_status code",
}
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


def _guarded_columns(table):
    """UPDATE, or UPDATE OF every column but the sealed ones."""
    return f" OF {', '.join(COLUMNS[table].split())}" if table in COLUMNS else ""


def _guard_sqlite():
    def refuse(table, what, when, condition=""):
        op.execute(
            f"CREATE TRIGGER {table}_no_{what} BEFORE {when} ON {table} {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )

    for table, (key, _, deletable) in FACTS.items():
        refuse(table, "update", f"UPDATE{_guarded_columns(table)}")
        refuse(table, "delete", "DELETE", f"WHEN NOT {OPEN_RUN}" if deletable else "")
        # INSERT OR REPLACE deletes without a DELETE trigger.
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        refuse(table, "replace", "INSERT", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})")
    same_act = "token_digest = NEW.token_digest AND choices = NEW.choices"
    op.execute("DROP TRIGGER receipt_no_replace")
    refuse("receipt", "replace", "INSERT", f"WHEN EXISTS (SELECT 1 FROM receipt WHERE id = NEW.id OR ({same_act}))")
    refuse("retention_run", "delete", "DELETE")
    refuse("retention_run", "update", "UPDATE OF id, reason, started_at")
    refuse("retention_run", "reopen", "UPDATE OF ended_at", "WHEN OLD.ended_at IS NOT NULL")


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

    for table, (_, _, deletable) in FACTS.items():
        refuse(table, "update", f"UPDATE{_guarded_columns(table)}")
        refuse(table, "delete", "DELETE", function="refuse_delete" if deletable else "refuse_change")
        refuse(table, "truncate", "TRUNCATE", each="STATEMENT")
    refuse("retention_run", "delete", "DELETE")
    refuse("retention_run", "truncate", "TRUNCATE", each="STATEMENT")
    refuse("retention_run", "update", "UPDATE OF id, reason, started_at")
    refuse("retention_run", "reopen", "UPDATE OF ended_at", "WHEN (OLD.ended_at IS NOT NULL)")
