"""The retailer that mediated a decision, and the retailers that may use the consent, as İYS is told."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("decision", sa.Column("retailer_code", sa.Integer(), nullable=True))
    op.add_column("decision", sa.Column("retailer_access", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("decision", "retailer_access")
    op.drop_column("decision", "retailer_code")
