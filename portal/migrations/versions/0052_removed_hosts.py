"""Hosts that a brand removed: links that were sent with them still open."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.add_column("domain", sa.Column("removed_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("domain", "removed_at")
