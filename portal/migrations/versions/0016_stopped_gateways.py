"""Why a gateway stopped, in our terms, and whether its owners were mailed."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks

revision = "0016"
down_revision = "0015"

MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked import_ended point_budget name_settled submissions_wait "
    "cases_wait"
)


def upgrade() -> None:
    op.add_column("message_gateway", sa.Column("stopped_reason", sa.String(20), nullable=True))
    op.add_column("message_gateway", sa.Column("stop_mailed_at", sa.DateTime(), nullable=True))
    enum_checks.set_values("mail", "kind", f"{MAILS} gateway_stopped")


def downgrade() -> None:
    """Mails that tell of stopped gateways are deleted."""
    op.execute("DELETE FROM mail WHERE kind = 'gateway_stopped'")
    enum_checks.set_values("mail", "kind", MAILS)
    op.drop_column("message_gateway", "stop_mailed_at")
    op.drop_column("message_gateway", "stopped_reason")
