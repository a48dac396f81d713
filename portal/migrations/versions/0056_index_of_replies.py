"""Launches find what an account brought, to name only numbers that take replies."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"

INDEX, TABLE, REPLIES = "ix_gateway_event_reply", "gateway_event", sa.text("kind = 'reply'")


def upgrade() -> None:
    """Each report writes there, so beside writers."""
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            INDEX, TABLE, ["gateway_id", "id"], postgresql_concurrently=True, postgresql_where=REPLIES,
            sqlite_where=REPLIES,
        )  # fmt: skip


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
