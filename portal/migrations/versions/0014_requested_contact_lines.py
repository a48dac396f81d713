"""Contact lines of brands that wait for the operator, like names and together with them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("brand", sa.Column("requested_contact", sa.String(255), nullable=True))
    op.execute("ALTER TABLE brand RENAME COLUMN name_requested_at TO requested_at")


def downgrade() -> None:
    """Requested contact lines are forgotten: the old ones stay in force."""
    op.execute("UPDATE brand SET requested_at = NULL WHERE requested_name IS NULL")
    op.execute("ALTER TABLE brand RENAME COLUMN requested_at TO name_requested_at")
    op.drop_column("brand", "requested_contact")
