"""Where files of watched folders wait for what a program appends to them."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG

revision = "0069"
down_revision = "0068"


def upgrade() -> None:
    op.create_table(
        "waiting_file",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        sa.Column("provider_id", BIG, sa.ForeignKey("provider.id"), nullable=False),
        sa.Column("brand_id", BIG, sa.ForeignKey("brand.id"), nullable=False, index=True),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("waiting_file")
