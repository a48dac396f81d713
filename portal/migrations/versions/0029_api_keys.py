"""Keys of providers' programs for the API, the requests by which they wrote, and decisions that came by them."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks
from portal.migrations.append_only import FactTable, guard_table, triggers_dropped
from portal.migrations.baseline.ddl import BIG

revision = "0029"
down_revision = "0028"

ORIGINS = "link one_click point mine not_mine import staff iys other_sender renewal reply feedback"


def upgrade() -> None:
    op.create_table(
        "api_key",
        *_columns("provider_id"),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("hint", sa.String(4), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("brand_ids", sa.JSON(), nullable=True),
        sa.Column("replaces_id", BIG, nullable=True),
        sa.Column("created_by", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        *(sa.Column(f"{name}_at", sa.DateTime(), nullable=True) for name in ("expires", "used", "revoked")),
        *_constraints("api_key", "provider"),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    op.create_table(
        "api_request",
        *_columns("provider_id", "brand_id", "key_id"),
        sa.Column("idempotency_digest", sa.LargeBinary(32), nullable=True),
        sa.Column("path", sa.String(120), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        *_constraints("api_request", "provider", "brand"),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_api_request_key_id_api_key")),
    )
    for table in ("api_key", "api_request"):
        op.create_index(op.f(f"ix_{table}_provider_id"), table, ["provider_id"])
    op.create_index("uq_api_request_idempotency", "api_request", ["key_id", "idempotency_digest"], unique=True)
    guard_table(FactTable("api_request", ("id",), "id provider_id brand_id key_id path status rows created_at"))
    for table in ("decision", "receipt"):
        with triggers_dropped(table):
            enum_checks.set_values(table, "origin", f"{ORIGINS} api")


def downgrade() -> None:
    """Decisions by the API keep their origin, which their proofs name; the requests behind them go."""
    op.drop_table("api_request")
    op.drop_table("api_key")


def _columns(*names: str) -> tuple[sa.Column, ...]:
    return tuple(sa.Column(name, BIG, nullable=False) for name in ("id", *names))


def _constraints(table: str, *parents: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(sa.ForeignKeyConstraint([f"{of}_id"], [f"{of}.id"], name=op.f(f"fk_{table}_{of}_id_{of}")) for of in parents),
    )
