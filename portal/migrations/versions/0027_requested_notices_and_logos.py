"""Privacy notices on new hosts, and logos, of admitted brands wait for the operator, like names."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("brand", sa.Column("requested_notice_url", sa.String(500), nullable=True))
    op.add_column("brand", sa.Column("requested_logo", sa.LargeBinary(), nullable=True))
    op.add_column("brand", sa.Column("requested_logo_digest", sa.String(16), nullable=True))


def downgrade() -> None:
    """What was requested is forgotten: the old ones stay in force."""
    op.execute("UPDATE brand SET requested_at = NULL WHERE requested_name IS NULL AND requested_contact IS NULL")
    for name in ("requested_logo_digest", "requested_logo", "requested_notice_url"):
        op.drop_column("brand", name)
