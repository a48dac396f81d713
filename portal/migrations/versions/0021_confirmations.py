"""Confirmations of refusals, who confirms consents where no gateway does, and whom we told of what waits."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import append_only, enum_checks
from portal.migrations.baseline.ddl import BIG

revision = "0021"
down_revision = "0020"

KINDS = "invitation confirmation code complaint_settled"
REASONS = "refused expired landline undone sandbox"
MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked import_ended point_budget name_settled submissions_wait "
    "cases_wait gateway_stopped replies_wait"
)
CONFIRMS = sa.text("receipt_id IS NOT NULL")


def upgrade() -> None:
    enum_checks.set_values("message", "kind", f"{KINDS} refusal")
    enum_checks.set_values("message", "unsent_reason", f"{REASONS} reassigned provider")
    enum_checks.set_values("mail", "kind", f"{MAILS} confirmations_wait")
    op.create_index(
        "ix_message_confirmation", "message", ["provider_id", "created_at"],
        sqlite_where=CONFIRMS, postgresql_where=CONFIRMS,
    )  # fmt: skip
    op.create_table(
        "own_confirmation",
        *(sa.Column(name, BIG, nullable=False) for name in ("campaign_id", "provider_id", "user_id")),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_own_confirmation")),
        *(
            sa.ForeignKeyConstraint([f"{of}_id"], [f"{of}.id"], name=op.f(f"fk_own_confirmation_{of}_id_{of}"))
            for of in ("campaign", "provider")
        ),
    )
    append_only.guard_table(append_only.FactTable("own_confirmation", ("campaign_id",)))
    op.create_table(
        "confirmation_alarm",
        sa.Column("provider_id", BIG, nullable=False),
        sa.Column("told_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_confirmation_alarm")),
    )


def downgrade() -> None:
    """Confirmations of refusals, and mails that tell of those that wait, are deleted."""
    op.drop_table("confirmation_alarm")
    op.drop_table("own_confirmation")
    op.drop_index("ix_message_confirmation", "message")
    op.execute("DELETE FROM mail WHERE kind = 'confirmations_wait'")
    op.execute("DELETE FROM message WHERE kind = 'refusal'")
    op.execute("UPDATE message SET unsent_reason = NULL WHERE unsent_reason IN ('reassigned', 'provider')")
    enum_checks.set_values("mail", "kind", MAILS)
    enum_checks.set_values("message", "unsent_reason", REASONS)
    enum_checks.set_values("message", "kind", KINDS)
