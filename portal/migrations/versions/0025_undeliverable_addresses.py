"""Addresses that do not exist: no campaign makes them a link."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks

revision = "0025"
down_revision = "0024"

EXCLUSIONS = "refused already_asked no_channel no_contact offered_lately changed_hands unread_reply stopped"
INDEX, WRONG = "ix_message_bad_address", sa.text("reason = 'bad_address'")


def upgrade() -> None:
    enum_checks.set_values("audience_entry", "left_out", f"{EXCLUSIONS} no_address")
    op.create_index(INDEX, "message", ["recipient_id"], sqlite_where=WRONG, postgresql_where=WRONG)


def downgrade() -> None:
    """Who was left out for that stays left out, as one whom no channel serves."""
    op.drop_index(INDEX, "message")
    op.execute("UPDATE audience_entry SET left_out = 'no_channel' WHERE left_out = 'no_address'")
    enum_checks.set_values("audience_entry", "left_out", EXCLUSIONS)
