"""Counts of rows, kept by triggers. The next migration fills them, when whatever is written is already counted."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG
from portal.migrations.row_tallies import create_triggers, drop_triggers

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.create_table(
        "row_tally",
        sa.Column("subject", sa.String(12), nullable=False),
        sa.Column("provider_id", BIG, nullable=False),
        sa.Column("bucket", sa.String(60), nullable=False),
        sa.Column("total", BIG, nullable=False),
        sa.PrimaryKeyConstraint("subject", "provider_id", "bucket", name=op.f("pk_row_tally")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "row_tally_change",
        sa.Column("id", BIG, sa.Identity(), nullable=False),
        sa.Column("subject", sa.String(12), nullable=False),
        sa.Column("provider_id", BIG, nullable=False),
        sa.Column("bucket", sa.String(60), nullable=False),
        sa.Column("change", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_tally_change")),
    )
    create_triggers(op.get_bind().dialect.name)


def downgrade() -> None:
    drop_triggers(op.get_bind().dialect.name)
    op.drop_table("row_tally_change")
    op.drop_table("row_tally")
