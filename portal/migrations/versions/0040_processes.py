"""Programs that run, with the node numbers of their row ids, and the key generations that seal."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "process",
        sa.Column("node", big, primary_key=True, autoincrement=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("host", sa.String(60), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("generations", sa.String(10), nullable=True),
    )
    op.create_table(
        "key_generation",
        sa.Column("generation", big, primary_key=True, autoincrement=False),
        sa.Column("check_value", sa.String(32), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("key_generation")
    op.drop_table("process")
