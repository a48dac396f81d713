"""Mails to owners about a brand's number that takes no more replies, a host of its own that is lost, and API keys that
end."""

from alembic import op

from portal.migrations import enum_checks

revision = "0057"
down_revision = "0056"

MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked import_ended point_budget name_settled submissions_wait "
    "gateway_stopped launch_refused campaign_paused cases_wait confirmations_wait replies_wait webhook_fails "
    "check_fails inbox_unread"
)


def upgrade() -> None:
    enum_checks.set_values("mail", "kind", f"{MAILS} reply_number_lost host_lost key_ends")


def downgrade() -> None:
    op.execute("DELETE FROM mail WHERE kind IN ('reply_number_lost', 'host_lost', 'key_ends')")
    enum_checks.set_values("mail", "kind", MAILS)
