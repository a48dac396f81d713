"""Who has an address of a mailbox is found by it at every firm."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"

COLUMNS = ("mailbox_odd", "mailbox_even")


def upgrade() -> None:
    """Everybody writes there, so beside writers."""
    with op.get_context().autocommit_block():
        for name in COLUMNS:
            is_there = sa.text(f"{name} IS NOT NULL")
            op.drop_index(f"ix_recipient_{name}", "recipient", if_exists=True, postgresql_concurrently=True)
            op.create_index(
                f"ix_recipient_{name}", "recipient", ["provider_id", name], postgresql_concurrently=True,
                postgresql_where=is_there, sqlite_where=is_there,
            )  # fmt: skip


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_recipient_{name}", "recipient")
