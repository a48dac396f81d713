"""A merchant's first consent may have no date and no source; an import of consents from before 2015 is confirmed."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.append_only import triggers_dropped

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _set_nullable(True)
    op.add_column("import_batch", sa.Column("before_2015", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("import_batch", sa.Column("before_2015_confirmed_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("import_batch", "before_2015_confirmed_at")
    op.drop_column("import_batch", "before_2015")
    _set_nullable(False)


def _set_nullable(nullable: bool) -> None:
    with triggers_dropped("decision"):
        if not nullable:  # What the portal wrote before in their place.
            op.execute("UPDATE decision SET consent_date = effective_at WHERE consent_date IS NULL")
            op.execute("UPDATE decision SET source = 'HS_FIZIKSEL_ORTAM' WHERE source IS NULL")
        with op.batch_alter_table("decision") as table:
            table.alter_column("consent_date", existing_type=sa.DateTime(), nullable=nullable)
            table.alter_column("source", existing_type=sa.String(30), nullable=nullable)
