"""When an import's author vouched for grants that are newer than people's own refusals."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("import_batch", sa.Column("after_refusal_confirmed_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("import_batch", "after_refusal_confirmed_at")
