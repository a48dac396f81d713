"""Since when decisions may stand in no journal."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "journal_gap",
        sa.Column("id", big, primary_key=True, autoincrement=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("failures", big, nullable=False),
        sa.Column("starts", big, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("journal_gap")
