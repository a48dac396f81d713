"""Which mailbox an e-mail address reaches, where that is spelled otherwise: a mailbox changes hands, not a spelling."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"

COLUMNS = ("mailbox_odd", "mailbox_even")


def upgrade() -> None:
    """Of recipients that are there, the worker fills it in."""
    for name in COLUMNS:
        op.add_column("recipient", sa.Column(name, sa.LargeBinary(32), nullable=True))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("recipient", name)
