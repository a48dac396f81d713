"""How often in a row a brand's host did not lead here: new links do not begin with it then."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    op.add_column("domain", sa.Column("unreached_looks", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("domain", "unreached_looks")
