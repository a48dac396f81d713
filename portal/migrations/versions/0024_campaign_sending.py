"""When a campaign is launched and by whom, how its sending pauses, stops and ends, its budget; and a firm's rules."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks
from portal.migrations.baseline.ddl import BIG

revision = "0024"
down_revision = "0023"

TIMES = ("launch_at", "paused_at", "pause_told_at", "stopped_at", "finished_at")
PEOPLE = ("prepared_by", "launched_by")
LIMITS = ("most_parts", "most_cost", "part_price")
EXCLUSIONS = "refused already_asked no_channel no_contact offered_lately changed_hands unread_reply"
UNSENT = "refused expired landline undone sandbox reassigned provider"
MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked import_ended point_budget name_settled submissions_wait "
    "cases_wait gateway_stopped replies_wait confirmations_wait"
)
OF_CAMPAIGN = ("campaign_id", "kind", "state", "unsent_reason", "reason")


def upgrade() -> None:
    with op.batch_alter_table("campaign") as table:
        for name in TIMES:
            table.add_column(sa.Column(name, sa.DateTime(), nullable=True))
        for name in (*PEOPLE, *LIMITS):
            table.add_column(sa.Column(name, BIG, nullable=True))
        table.add_column(sa.Column("parts_used", BIG, nullable=False, server_default="0"))
        reason = sa.Enum("person", "budget", name="pause_reason", native_enum=False, create_constraint=False, length=20)
        table.add_column(sa.Column("pause_reason", reason, nullable=True))
        table.create_check_constraint(op.f("ck_campaign_pause_reason"), sa.text("pause_reason IN ('person', 'budget')"))
        table.add_column(sa.Column("tags", sa.String(200), nullable=False, server_default=""))
        table.add_column(sa.Column("note", sa.String(1000), nullable=False, server_default=""))
    with op.batch_alter_table("provider") as table:
        table.add_column(sa.Column("needs_two_people", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("sends_from", sa.SmallInteger(), nullable=False, server_default="9"))
        table.add_column(sa.Column("sends_until", sa.SmallInteger(), nullable=False, server_default="21"))
    op.drop_index(op.f("ix_message_campaign_id"), "message")
    op.create_index("ix_message_of_campaign", "message", list(OF_CAMPAIGN))
    enum_checks.set_values("audience_entry", "left_out", f"{EXCLUSIONS} stopped")
    enum_checks.set_values("message", "unsent_reason", f"{UNSENT} stopped")
    enum_checks.set_values("mail", "kind", f"{MAILS} launch_refused campaign_paused")


def downgrade() -> None:
    """Who was left out since the campaign was stopped counts as asked: it is not asked again."""
    op.execute("DELETE FROM mail WHERE kind IN ('launch_refused', 'campaign_paused')")
    op.execute("UPDATE message SET unsent_reason = 'expired' WHERE unsent_reason = 'stopped'")
    op.execute("UPDATE audience_entry SET left_out = 'already_asked' WHERE left_out = 'stopped'")
    enum_checks.set_values("mail", "kind", MAILS)
    enum_checks.set_values("message", "unsent_reason", UNSENT)
    enum_checks.set_values("audience_entry", "left_out", EXCLUSIONS)
    op.drop_index("ix_message_of_campaign", "message")
    op.create_index(op.f("ix_message_campaign_id"), "message", ["campaign_id"])
    with op.batch_alter_table("provider") as table:
        for name in ("sends_until", "sends_from", "needs_two_people"):
            table.drop_column(name)
    with op.batch_alter_table("campaign") as table:
        table.drop_constraint(op.f("ck_campaign_pause_reason"), type_="check")
        for name in ("note", "tags", "pause_reason", "parts_used", *LIMITS, *PEOPLE, *TIMES):
            table.drop_column(name)
