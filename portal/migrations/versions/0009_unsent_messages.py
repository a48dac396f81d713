"""Why a message was not sent; a page's decisions have no source of replies."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

REASONS = ("refused", "expired", "landline", "undone", "sandbox")


def upgrade() -> None:
    reason = sa.Enum(*REASONS, name="unsent_reason", native_enum=False, create_constraint=False, length=20)
    with op.batch_alter_table("message") as table:
        table.add_column(sa.Column("unsent_reason", reason, nullable=True))
        table.create_check_constraint(op.f("ck_message_unsent_reason"), sa.text(f"unsent_reason IN {REASONS}"))
    op.execute("UPDATE brand SET source = NULL WHERE source IN ('HS_MESAJ', 'HS_EPOSTA')")
    op.execute("UPDATE provider SET source = 'HS_WEB' WHERE source IN ('HS_MESAJ', 'HS_EPOSTA')")


def downgrade() -> None:
    with op.batch_alter_table("message") as table:
        table.drop_constraint(op.f("ck_message_unsent_reason"), type_="check")
        table.drop_column("unsent_reason")
