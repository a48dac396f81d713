"""Which news of accounts is read first, and sweeps that fail."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    op.add_column("message_gateway", sa.Column("news_read_at", sa.DateTime(), nullable=True))
    op.add_column("gateway_event", sa.Column("only_reports", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("gateway_event", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("gateway_event", "failures")
    op.drop_column("gateway_event", "only_reports")
    op.drop_column("message_gateway", "news_read_at")
