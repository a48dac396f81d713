"""What a sweep went on without, beside the code of what makes it wait: one hid the other."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"


def upgrade() -> None:
    """`not_asked` is an earlier name of `not_answered`."""
    op.add_column("sweep", sa.Column("left_out", sa.String(20), nullable=True))
    op.execute("UPDATE sweep SET left_out = 'not_answered', code = NULL WHERE code IN ('not_asked', 'not_answered')")
    op.execute("UPDATE sweep SET left_out = code, code = NULL WHERE code = 'wrong_addresses'")


def downgrade() -> None:
    op.execute("UPDATE sweep SET code = coalesce(code, left_out)")
    op.drop_column("sweep", "left_out")
