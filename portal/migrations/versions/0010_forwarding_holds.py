"""Holds on forwarding by provider, brand and channel; lists of one channel."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG

revision = "0010"
down_revision = "0009"

CHANNELS = ("ARAMA", "MESAJ", "EPOSTA")


def upgrade() -> None:
    op.create_table(
        "forwarding_hold",
        sa.Column("provider_id", BIG, nullable=False),
        sa.Column("brand_id", BIG, nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "brand_id", "channel", "code", name=op.f("pk_forwarding_hold")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_forwarding_hold_provider_id_provider")),
    )
    channel = sa.Enum(*CHANNELS, name="channel", native_enum=False, create_constraint=False, length=20)
    with op.batch_alter_table("bulk_request") as table:
        table.add_column(sa.Column("channel", channel, nullable=True))
        table.create_check_constraint(op.f("ck_bulk_request_channel"), sa.text(f"channel IN {CHANNELS}"))
    with op.batch_alter_table("connection") as table:
        for column in ("blocked_until", "grants_blocked_until", "blocked_code"):
            table.drop_column(column)


def downgrade() -> None:
    with op.batch_alter_table("connection") as table:
        table.add_column(sa.Column("blocked_until", sa.DateTime(), nullable=True))
        table.add_column(sa.Column("grants_blocked_until", sa.DateTime(), nullable=True))
        table.add_column(sa.Column("blocked_code", sa.String(20), nullable=True))
    with op.batch_alter_table("bulk_request") as table:
        table.drop_constraint(op.f("ck_bulk_request_channel"), type_="check")
        table.drop_column("channel")
    op.drop_table("forwarding_hold")
