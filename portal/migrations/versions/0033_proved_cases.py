"""When the address of a case was proved by a code: until then nobody reads its words, nor is sent a message."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Requests for erasure came from İzinlerim, behind its code."""
    op.add_column("complaint", sa.Column("proved_at", sa.DateTime(), nullable=True))
    op.execute("UPDATE complaint SET proved_at = created_at WHERE kind = 'erasure'")


def downgrade() -> None:
    op.drop_column("complaint", "proved_at")
