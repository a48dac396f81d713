"""Gateways of providers, which brands send through them, and what they say of each message."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks
from portal.migrations.baseline.ddl import BIG

revision = "0015"
down_revision = "0014"

KINDS = ("phone", "email")
STATES = ("untested", "working", "stopped", "removed")
MESSAGE_STATES = "waiting accepted failed not_needed"
IS_DUE = sa.text("due_at IS NOT NULL")


def _enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=False, length=20)


def upgrade() -> None:
    _create_gateways()
    _create_brand_gateways()
    _extend_messages()


def _create_gateways() -> None:
    op.create_table(
        "message_gateway",
        sa.Column("id", BIG, nullable=False),
        sa.Column("provider_id", BIG, nullable=True),
        sa.Column("carries", _enum("carries", KINDS), nullable=False),
        sa.Column("vendor", sa.String(20), nullable=False),
        sa.Column("header", sa.String(254), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("per_second", sa.Integer(), nullable=False),
        sa.Column("state", _enum("state", STATES), nullable=False),
        sa.Column("stopped_code", sa.String(60), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.DateTime(), nullable=name != "created_at")
            for name in (
                "next_at", "resting_until", "served_at", "swept_at", "tested_at", "created_at", "removed_at",
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_gateway")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_message_gateway_provider_id_provider")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_message_gateway_secret_digest")),
        sa.CheckConstraint(f"carries IN {KINDS}", name=op.f("ck_message_gateway_carries")),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_message_gateway_state")),
    )  # fmt: skip
    op.create_index(op.f("ix_message_gateway_provider_id"), "message_gateway", ["provider_id"])


def _create_brand_gateways() -> None:
    op.create_table(
        "brand_gateway",
        sa.Column("brand_id", BIG, nullable=False),
        sa.Column("carries", _enum("carries", KINDS), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("gateway_id", BIG, nullable=False),
        sa.Column("share", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "carries", "place", name=op.f("pk_brand_gateway")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_brand_gateway_brand_id_brand")),
        sa.ForeignKeyConstraint(
            ["gateway_id"], ["message_gateway.id"], name=op.f("fk_brand_gateway_gateway_id_message_gateway")
        ),
        sa.CheckConstraint(f"carries IN {KINDS}", name=op.f("ck_brand_gateway_carries")),
    )
    op.create_index(op.f("ix_brand_gateway_gateway_id"), "brand_gateway", ["gateway_id"])


def _extend_messages() -> None:
    op.drop_index("ix_message_due", "message")
    enum_checks.set_values("message", "state", f"{MESSAGE_STATES} delivered expired blocked uncertain")
    with op.batch_alter_table("message") as table:
        table.add_column(sa.Column("address_kind", _enum("address_kind", KINDS), nullable=True))
        table.create_check_constraint(op.f("ck_message_address_kind"), sa.text(f"address_kind IN {KINDS}"))
        table.add_column(sa.Column("gateway_id", BIG, nullable=True))
        table.create_foreign_key(
            op.f("fk_message_gateway_id_message_gateway"), "message_gateway", ["gateway_id"], ["id"]
        )
        table.add_column(sa.Column("batch_id", BIG, nullable=True))
        table.add_column(sa.Column("called_at", sa.DateTime(), nullable=True))
        table.add_column(sa.Column("vendor_ref", sa.String(80), nullable=False, server_default=""))
        table.add_column(sa.Column("reason", sa.String(20), nullable=True))
        table.add_column(sa.Column("code", sa.String(60), nullable=True))
        table.add_column(sa.Column("parts", sa.SmallInteger(), nullable=True))
        table.add_column(sa.Column("cost", sa.String(20), nullable=True))
        table.add_column(sa.Column("reported_at", sa.DateTime(), nullable=True))
    op.execute(
        "UPDATE message SET address_kind = (SELECT kind FROM recipient WHERE recipient.id = message.recipient_id) "
        "WHERE recipient_id IS NOT NULL"
    )
    op.execute("UPDATE message SET address_kind = 'phone' WHERE address_kind IS NULL AND due_at IS NOT NULL")
    op.create_index(
        "ix_message_due", "message", ["provider_id", "address_kind", "rank", "due_at"],
        sqlite_where=IS_DUE, postgresql_where=IS_DUE,
    )  # fmt: skip
    op.create_index("ix_message_vendor_ref", "message", ["gateway_id", "vendor_ref"])


def downgrade() -> None:
    """What the gateways reported is folded into the states of before: it left, or it did not."""
    op.drop_index("ix_message_vendor_ref", "message")
    op.drop_index("ix_message_due", "message")
    op.execute("UPDATE message SET state = 'accepted' WHERE state IN ('delivered', 'uncertain')")
    op.execute("UPDATE message SET state = 'failed' WHERE state IN ('expired', 'blocked')")
    enum_checks.set_values("message", "state", MESSAGE_STATES)
    with op.batch_alter_table("message") as table:
        table.drop_constraint(op.f("fk_message_gateway_id_message_gateway"), type_="foreignkey")
        table.drop_constraint(op.f("ck_message_address_kind"), type_="check")
        for name in (
            "address_kind", "gateway_id", "batch_id", "called_at", "vendor_ref", "reason", "code", "parts", "cost",
            "reported_at",
        ):  # fmt: skip
            table.drop_column(name)
    op.create_index("ix_message_due", "message", ["rank", "due_at"], sqlite_where=IS_DUE, postgresql_where=IS_DUE)
    op.drop_table("brand_gateway")
    op.drop_table("message_gateway")
