"""What gateways tell us of messages, and decisions by reply."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks
from portal.migrations.append_only import triggers_dropped
from portal.migrations.baseline.ddl import BIG

revision = "0017"
down_revision = "0016"

KINDS = ("push", "reply", "blocked", "sweep")
OUTCOMES = ("read", "unreadable", "refused", "granted", "likely_refusal", "review")
ORIGINS = "link one_click point mine not_mine import staff iys other_sender renewal reply"


def _enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=False, length=20)


def _partial(name: str, table: str, *columns: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, list(columns), sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    op.create_table(
        "gateway_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("provider_id", BIG, nullable=True),
        sa.Column("gateway_id", BIG, nullable=False),
        sa.Column("kind", _enum("kind", KINDS), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", _enum("outcome", OUTCOMES), nullable=True),
        sa.Column("recipient_id", BIG, nullable=True),
        sa.Column("receipt_id", BIG, nullable=True),
        sa.Column("user_id", BIG, nullable=True),
        *(
            sa.Column(name, sa.DateTime(), nullable=name != "received_at")
            for name in ("received_at", "due_at", "lease_until", "settled_at")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_event")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_gateway_event_provider_id_provider")),
        sa.ForeignKeyConstraint(
            ["gateway_id"], ["message_gateway.id"], name=op.f("fk_gateway_event_gateway_id_message_gateway")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipient.id"], name=op.f("fk_gateway_event_recipient_id_recipient")
        ),
        sa.UniqueConstraint("gateway_id", "digest", name=op.f("uq_gateway_event_gateway_id_digest")),
        sa.CheckConstraint(f"kind IN {KINDS}", name=op.f("ck_gateway_event_kind")),
        sa.CheckConstraint(f"outcome IN {OUTCOMES}", name=op.f("ck_gateway_event_outcome")),
    )
    _partial("ix_gateway_event_due", "gateway_event", "due_at", where="due_at IS NOT NULL")
    _partial("ix_gateway_event_to_read", "gateway_event", "provider_id", "received_at", where="settled_at IS NULL")
    _partial("ix_gateway_event_held", "gateway_event", "recipient_id", where="settled_at IS NULL")
    _partial("ix_message_unreported", "message", "gateway_id", "called_at", where="state = 'accepted'")
    for table in ("decision", "receipt"):
        with triggers_dropped(table):
            enum_checks.set_values(table, "origin", ORIGINS)


def downgrade() -> None:
    """Decisions by reply keep their origin, which their proofs name."""
    op.drop_index("ix_message_unreported", "message")
    op.drop_table("gateway_event")
