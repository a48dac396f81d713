"""Keywords of brands for replies, refusals that vendors and mail systems tell, and reminders of replies to read."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks
from portal.migrations.append_only import triggers_dropped

revision = "0020"
down_revision = "0019"

ORIGINS = "link one_click point mine not_mine import staff iys other_sender renewal reply"
MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked import_ended point_budget name_settled submissions_wait "
    "cases_wait gateway_stopped"
)


def upgrade() -> None:
    op.add_column("brand", sa.Column("keyword", sa.String(11), nullable=True))
    there = sa.text("keyword IS NOT NULL")
    op.create_index(
        "uq_brand_keyword", "brand", ["provider_id", "keyword"], unique=True, sqlite_where=there, postgresql_where=there
    )
    op.add_column("message_gateway", sa.Column("mailbox_position", sa.String(40), nullable=True))
    op.add_column("gateway_event", sa.Column("reminded_at", sa.DateTime(), nullable=True))
    enum_checks.set_values("mail", "kind", f"{MAILS} replies_wait")
    for table in ("decision", "receipt"):
        with triggers_dropped(table):
            enum_checks.set_values(table, "origin", f"{ORIGINS} feedback")


def downgrade() -> None:
    """Decisions by feedback keep their origin, which their proofs name."""
    op.execute("DELETE FROM mail WHERE kind = 'replies_wait'")
    enum_checks.set_values("mail", "kind", MAILS)
    op.drop_column("gateway_event", "reminded_at")
    op.drop_column("message_gateway", "mailbox_position")
    op.drop_index("uq_brand_keyword", "brand")
    op.drop_column("brand", "keyword")
