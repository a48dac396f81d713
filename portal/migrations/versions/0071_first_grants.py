"""Grants of addresses of which a brand knew little when it brought them, and who vouched for their dates."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"


def upgrade() -> None:
    op.add_column("import_batch", sa.Column("first_grants", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("import_batch", sa.Column("first_grants_confirmed_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("import_batch", "first_grants_confirmed_at")
    op.drop_column("import_batch", "first_grants")
