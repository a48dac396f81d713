"""Since when a case holds words that may refuse and that nobody has read: nothing is sent to its person meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
INDEX, UNREAD = "ix_complaint_unread", sa.text("unread_since IS NOT NULL")


def upgrade() -> None:
    op.add_column("complaint", sa.Column("unread_since", sa.DateTime(), nullable=True))
    op.create_index(INDEX, "complaint", ["recipient_id"], sqlite_where=UNREAD, postgresql_where=UNREAD)


def downgrade() -> None:
    op.drop_index(INDEX, "complaint")
    op.drop_column("complaint", "unread_since")
