"""Audience lists wait, encrypted, for the worker that reads them; rows that say no are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COUNTS = ("attempts", "added", "refused")


def upgrade() -> None:
    op.add_column("audience_list", sa.Column("content", sa.LargeBinary(), nullable=True))
    op.add_column("audience_list", sa.Column("lease_until", sa.DateTime(), nullable=True))
    op.add_column("audience_list", sa.Column("problem", sa.String(40), nullable=True))
    for name in COUNTS:
        op.add_column("audience_list", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in ("content", "lease_until", "problem", *COUNTS):
        op.drop_column("audience_list", name)
