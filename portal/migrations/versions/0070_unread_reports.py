"""Since when the reports of an account have been asked for in vain."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"


def upgrade() -> None:
    op.add_column("message_gateway", sa.Column("reports_unread_since", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("message_gateway", "reports_unread_since")
