"""Pages find the changes of a firm's counts by an index, while nobody folds them."""

from alembic import op

revision = "0054"
down_revision = "0053"

INDEX, TABLE = "ix_row_tally_change_firm", "row_tally_change"


def upgrade() -> None:
    """Each decision writes there, so beside writers."""
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(INDEX, TABLE, ["provider_id", "subject"], postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
