"""Texts that firms write themselves wait for the operator, whose decisions name them by their hash."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks

revision = "0028"
down_revision = "0027"

ACTS = "admitted sent_back suspended resumed left came_back"


def upgrade() -> None:
    op.add_column("review", sa.Column("digest", sa.LargeBinary(32), nullable=True))
    enum_checks.set_values("review", "act", f"{ACTS} text_approved text_declined")


def downgrade() -> None:
    """The older version asks nobody about texts, so it needs none of these decisions."""
    op.execute("DELETE FROM review WHERE act IN ('text_approved', 'text_declined')")
    enum_checks.set_values("review", "act", ACTS)
    op.drop_column("review", "digest")
