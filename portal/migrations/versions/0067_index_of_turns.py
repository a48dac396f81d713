"""News of an account is found by its kind, in the order in which it came."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"

TURN, BEFORE, TABLE, DUE = (
    "ix_gateway_event_turn",
    "ix_gateway_event_due",
    "gateway_event",
    sa.text("due_at IS NOT NULL"),
)
COLUMNS = ["kind", "only_reports", "gateway_id", "due_at"]


def upgrade() -> None:
    """Beside writers. By the index before, databases would read through all that is due of others."""
    with op.get_context().autocommit_block():
        op.drop_index(TURN, TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            TURN, TABLE, COLUMNS, postgresql_concurrently=True, postgresql_where=DUE, sqlite_where=DUE,
        )  # fmt: skip
        op.drop_index(BEFORE, TABLE, if_exists=True, postgresql_concurrently=True)


def downgrade() -> None:
    op.create_index(BEFORE, TABLE, ["due_at"], postgresql_where=DUE, sqlite_where=DUE)
    op.drop_index(TURN, TABLE)
