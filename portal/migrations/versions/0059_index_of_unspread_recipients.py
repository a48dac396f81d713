"""The worker finds which "this is not me" other firms may not know."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"

INDEX = "ix_recipient_unspread"
UNSPREAD = sa.text(
    "reassigned_at IS NOT NULL AND (reassigned_anywhere_at IS NULL OR reassigned_anywhere_at < reassigned_at)"
)


def upgrade() -> None:
    """Everybody writes there, so beside writers."""
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "recipient", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            INDEX, "recipient", ["provider_id"], postgresql_concurrently=True, postgresql_where=UNSPREAD,
            sqlite_where=UNSPREAD,
        )  # fmt: skip


def downgrade() -> None:
    op.drop_index(INDEX, "recipient")
