"""Numbers whose line was closed, for firms that get them later."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG

revision = "0018"
down_revision = "0017"

INDEXES = ("index_odd", "index_even")


def upgrade() -> None:
    """Of closures heard before, only the firms that had the number then know."""
    op.create_table(
        "closed_line",
        sa.Column("id", BIG, nullable=False),
        *(sa.Column(name, sa.LargeBinary(32), nullable=True) for name in INDEXES),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_line")),
    )
    for name in INDEXES:
        op.create_index(op.f(f"ix_closed_line_{name}"), "closed_line", [name])


def downgrade() -> None:
    op.drop_table("closed_line")
