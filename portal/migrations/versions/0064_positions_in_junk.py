"""How far the folder for spam of an account's mailbox was read."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"


def upgrade() -> None:
    op.add_column("message_gateway", sa.Column("junk_position", sa.String(40), nullable=True))


def downgrade() -> None:
    op.drop_column("message_gateway", "junk_position")
