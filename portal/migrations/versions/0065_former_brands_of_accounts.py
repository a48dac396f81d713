"""Which brands sent through an account before."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    op.create_table(
        "former_brand_gateway",
        sa.Column("brand_id", BIG, sa.ForeignKey("brand.id"), primary_key=True),
        sa.Column("gateway_id", BIG, sa.ForeignKey("message_gateway.id"), primary_key=True),
        sa.Column("left_at", sa.DateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("former_brand_gateway")
