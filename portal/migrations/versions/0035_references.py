"""A recipient's number in the provider's own programs."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.add_column("recipient", sa.Column("reference", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("recipient", "reference")
