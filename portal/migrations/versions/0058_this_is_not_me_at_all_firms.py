"""Since when an address is somebody else's, as any admitted firm heard by "this is not me": beside each recipient, and
for firms that get it later."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG

revision = "0058"
down_revision = "0057"

COLUMN, TABLE = "reassigned_anywhere_at", "reassigned_address"
INDEXES = ("index_odd", "index_even")


def upgrade() -> None:
    """What was said before, the worker spreads."""
    op.add_column("recipient", sa.Column(COLUMN, sa.DateTime(), nullable=True))
    op.create_table(
        TABLE,
        sa.Column("id", BIG, nullable=False),
        *(sa.Column(name, sa.LargeBinary(32), nullable=True) for name in INDEXES),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("reassigned_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    for name in INDEXES:
        op.create_index(op.f(f"ix_{TABLE}_{name}"), TABLE, [name])


def downgrade() -> None:
    op.drop_table(TABLE)
    op.drop_column("recipient", COLUMN)
