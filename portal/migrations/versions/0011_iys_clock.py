"""How far our clock is ahead of İYS's."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    with op.batch_alter_table("iys_rate") as table:
        table.add_column(sa.Column("ahead_ms", BIG, server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("iys_rate") as table:
        table.drop_column("ahead_ms")
