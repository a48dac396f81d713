"""A firm's recipients are read in the order of their ids without those of others."""

from alembic import op

revision = "0068"
down_revision = "0067"

INDEX = "ix_recipient_of_provider"


def upgrade() -> None:
    """Everybody writes there, so beside writers."""
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "recipient", if_exists=True, postgresql_concurrently=True)
        op.create_index(INDEX, "recipient", ["provider_id", "id"], postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(INDEX, "recipient")
