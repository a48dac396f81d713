"""Counts of decisions, alarms of readiness checks with mails about them, and the maintenance mode."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks

revision = "0042"
down_revision = "0041"

MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked import_ended point_budget name_settled submissions_wait "
    "gateway_stopped launch_refused campaign_paused cases_wait confirmations_wait replies_wait webhook_fails"
)


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    enum_checks.set_values("mail", "kind", f"{MAILS} check_fails")
    op.create_table(
        "decision_tally",
        sa.Column("origin", sa.String(20), primary_key=True),
        sa.Column("status", sa.String(10), primary_key=True),
        sa.Column("decisions", big, nullable=False),
    )
    op.create_table(
        "readiness_alarm",
        sa.Column("check_name", sa.String(20), primary_key=True),
        sa.Column("failing_since", sa.DateTime(), nullable=True),
        sa.Column("mailed_at", sa.DateTime(), nullable=True),
        sa.Column("is_told", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "maintenance",
        sa.Column("id", big, primary_key=True, autoincrement=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("message", sa.String(300), nullable=False),
    )


def downgrade() -> None:
    for table in ("maintenance", "readiness_alarm", "decision_tally"):
        op.drop_table(table)
    op.execute("DELETE FROM mail WHERE kind = 'check_fails'")
    enum_checks.set_values("mail", "kind", MAILS)
