"""Count what was written before the triggers of 0050; beside writers, as one statement sees one moment of both."""

from alembic import op

from portal.migrations.row_tallies import correct

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.execute(correct(op.get_bind().dialect.name))


def downgrade() -> None:
    """The counts go with their table."""
