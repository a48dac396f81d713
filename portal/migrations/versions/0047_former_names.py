"""Names, headers and keywords of a brand's past, and headers of an account's, by which replies may still call them;
how many messages in a row an account's vendor took for ones to people on its list of refusals."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.add_column("brand", sa.Column("former_names", sa.Text(), server_default="", nullable=False))
    op.add_column("message_gateway", sa.Column("former_headers", sa.Text(), server_default="", nullable=False))
    op.add_column("message_gateway", sa.Column("refused_in_a_row", sa.Integer(), server_default="0", nullable=False))
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("message_gateway", sa.Column("refused_message_id", big, nullable=True))


def downgrade() -> None:
    op.drop_column("message_gateway", "refused_message_id")
    op.drop_column("message_gateway", "refused_in_a_row")
    op.drop_column("message_gateway", "former_headers")
    op.drop_column("brand", "former_names")
