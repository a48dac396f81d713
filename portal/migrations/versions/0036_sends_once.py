"""A message that a provider reported is stored once, also by two reports at the same moment."""

from alembic import op

from portal.migrations.append_only import FactTable, triggers_dropped

revision = "0036"
down_revision = "0035"

MESSAGE = "recipient_id brand_id channel sent_at"
FIXED = f"id provider_id {MESSAGE} recipient_type reported_at request_id check_id check_verdict"
TWICE = (
    "DELETE FROM reported_send WHERE id NOT IN "
    "(SELECT min(id) FROM reported_send GROUP BY recipient_id, brand_id, channel, sent_at)"
)


def upgrade() -> None:
    """What was stored twice says the same message twice: the first report stays."""
    with triggers_dropped("reported_send", FactTable("reported_send", ("id", MESSAGE), FIXED)):
        op.execute(TWICE)
    op.create_index("uq_reported_send_message", "reported_send", MESSAGE.split(), unique=True)
    op.drop_index("ix_reported_send_recipient_id_sent_at", "reported_send")


def downgrade() -> None:
    op.create_index("ix_reported_send_recipient_id_sent_at", "reported_send", ["recipient_id", "sent_at"])
    op.drop_index("uq_reported_send_message", "reported_send")
    with triggers_dropped("reported_send", FactTable("reported_send", ("id",), FIXED)):
        pass
