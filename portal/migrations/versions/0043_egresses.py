"""Egresses: the IP addresses that calls to İYS leave by, and which provider's calls leave by which."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG

revision = "0043"
down_revision = "0042"

STATES = ("on", "draining", "off")


def upgrade() -> None:
    op.create_table(
        "egress",
        sa.Column("id", BIG, nullable=False, autoincrement=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("source_ip", sa.String(45), nullable=True),
        sa.Column("per_second", sa.Double(), nullable=True),
        sa.Column("polling_share", sa.Double(), nullable=False),
        sa.Column(
            "state", sa.Enum(*STATES, name="egressstate", native_enum=False, create_constraint=False, length=20),
            nullable=False,
        ),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_egress")),
        sa.UniqueConstraint("name", name=op.f("uq_egress_name")),
        sa.CheckConstraint(sa.text(f"state IN {STATES}"), name=op.f("ck_egress_state")),
    )  # fmt: skip
    with op.batch_alter_table("connection") as table:
        table.add_column(sa.Column("egress_id", BIG, nullable=True))
        table.create_foreign_key(op.f("fk_connection_egress_id_egress"), "egress", ["egress_id"], ["id"])
        table.create_index(op.f("ix_connection_egress_id"), ["egress_id"])


def downgrade() -> None:
    with op.batch_alter_table("connection") as table:
        table.drop_index(op.f("ix_connection_egress_id"))
        table.drop_constraint(op.f("fk_connection_egress_id_egress"), type_="foreignkey")
        table.drop_column("egress_id")
    op.drop_table("egress")
