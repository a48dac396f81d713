"""The mail service of a recipient, for counts. Recipients from before have none: their addresses are encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("recipient", sa.Column("mail_service", sa.String(12), nullable=True))


def downgrade() -> None:
    op.drop_column("recipient", "mail_service")
