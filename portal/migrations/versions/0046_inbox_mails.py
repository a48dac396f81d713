"""Mails to owners about an account whose inbox cannot be read."""

from alembic import op

from portal.migrations import enum_checks

revision = "0046"
down_revision = "0045"

MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked import_ended point_budget name_settled submissions_wait "
    "gateway_stopped launch_refused campaign_paused cases_wait confirmations_wait replies_wait webhook_fails "
    "check_fails"
)


def upgrade() -> None:
    enum_checks.set_values("mail", "kind", f"{MAILS} inbox_unread")


def downgrade() -> None:
    op.execute("DELETE FROM mail WHERE kind = 'inbox_unread'")
    enum_checks.set_values("mail", "kind", MAILS)
