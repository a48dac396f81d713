"""Programs tell by which values the keys that they know are known again."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    with op.batch_alter_table("process") as table:
        table.alter_column("generations", type_=sa.String(40), existing_type=sa.String(10), existing_nullable=True)
    op.execute("UPDATE process SET generations = NULL")


def downgrade() -> None:
    op.execute("UPDATE process SET generations = NULL")
    with op.batch_alter_table("process") as table:
        table.alter_column("generations", type_=sa.String(10), existing_type=sa.String(40), existing_nullable=True)
