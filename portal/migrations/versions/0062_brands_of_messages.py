"""For which brand a message speaks that belongs to no campaign and confirms no act: of a case."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    """Those from before speak for their whole firm."""
    op.add_column("message", sa.Column("brand_id", BIG, nullable=True))


def downgrade() -> None:
    op.drop_column("message", "brand_id")
