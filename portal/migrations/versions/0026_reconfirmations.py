"""Campaigns that ask people to confirm what they granted earlier, and who is left out of them."""

from alembic import op

from portal.migrations import enum_checks

revision = "0026"
down_revision = "0025"

REASONS = "refused already_asked no_channel no_contact offered_lately changed_hands unread_reply stopped no_address"


def upgrade() -> None:
    enum_checks.set_values("campaign", "kind", "ask refuse reconfirm")
    enum_checks.set_values("audience_entry", "left_out", f"{REASONS} no_permission")


def downgrade() -> None:
    """The older version knows no such campaign: its links ask, which is what they did."""
    op.execute("UPDATE campaign SET kind = 'ask' WHERE kind = 'reconfirm'")
    op.execute("UPDATE audience_entry SET left_out = 'refused' WHERE left_out = 'no_permission'")
    enum_checks.set_values("campaign", "kind", "ask refuse")
    enum_checks.set_values("audience_entry", "left_out", REASONS)
