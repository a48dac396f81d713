"""Checks of lists before sending, and messages that providers report having sent by other systems."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.append_only import FactTable, guard_table
from portal.migrations.baseline.ddl import BIG

revision = "0034"
down_revision = "0033"

CHECK = "id provider_id brand_id key_id channel recipient_type may may_not unknown digests checked_at valid_until"
SEND = (
    "id provider_id brand_id recipient_id channel recipient_type sent_at reported_at request_id check_id check_verdict"
)


def upgrade() -> None:
    op.create_table(
        "address_check",
        *_key("address_check", "provider", "brand", "api_key"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("may", "may_not", "unknown")),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("salt", "digests")),
        *(sa.Column(name, sa.DateTime(), nullable=False) for name in ("checked_at", "valid_until")),
    )
    op.create_table(
        "reported_send",
        *_key("reported_send", "provider", "brand", "recipient"),
        sa.Column("campaign", sa.LargeBinary(), nullable=True),
        *(sa.Column(name, sa.DateTime(), nullable=False) for name in ("sent_at", "reported_at")),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("check_id", BIG, nullable=True),
        sa.Column("check_verdict", sa.String(10), nullable=True),
    )
    op.create_index("ix_address_check_brand_id_checked_at", "address_check", ["brand_id", "checked_at"])
    op.create_index("ix_reported_send_recipient_id_sent_at", "reported_send", ["recipient_id", "sent_at"])
    guard_table(FactTable("address_check", ("id",), CHECK))
    guard_table(FactTable("reported_send", ("id",), SEND))


def downgrade() -> None:
    op.drop_table("reported_send")
    op.drop_table("address_check")


def _key(table: str, *parents: str) -> tuple[sa.schema.SchemaItem, ...]:
    """The id, references to other tables, and on which channel and to whom."""
    names = {parent: "key_id" if parent == "api_key" else f"{parent}_id" for parent in parents}
    return (
        sa.Column("id", BIG, nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in names.values()),
        _enum(table, "channel", "ARAMA", "MESAJ", "EPOSTA"),
        _enum(table, "recipient_type", "BIREYSEL", "TACIR"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([name], [f"{parent}.id"], name=op.f(f"fk_{table}_{name}_{parent}"))
            for parent, name in names.items()
        ),
    )


def _enum(table: str, name: str, *values: str) -> sa.Column:
    kind = sa.Enum(*values, name=op.f(f"ck_{table}_{name}"), native_enum=False, create_constraint=True, length=20)
    return sa.Column(name, kind, nullable=False)
