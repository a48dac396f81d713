"""Names, headers and keywords that a brand had, by which replies may still call it."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.add_column("brand", sa.Column("former_names", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("brand", "former_names")
