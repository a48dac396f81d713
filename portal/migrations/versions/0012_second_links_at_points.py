"""A second link for an address at a consent point, once the address changed hands."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

KEY = ["campaign_id", "recipient_id"]


def upgrade() -> None:
    with op.batch_alter_table("audience_entry") as table:
        table.drop_constraint(op.f("uq_audience_entry_campaign_id_recipient_id"), type_="unique")
    op.create_index(op.f("ix_audience_entry_campaign_id_recipient_id"), "audience_entry", KEY)
    waits = sa.text("link_id IS NULL")
    op.create_index(
        "ix_audience_entry_waiting", "audience_entry", KEY, unique=True, sqlite_where=waits, postgresql_where=waits
    )


def downgrade() -> None:
    """Of an address with two links at a point the later one goes: its receipts stay."""
    op.execute(
        "DELETE FROM audience_entry WHERE link_id IS NOT NULL AND id NOT IN "
        "(SELECT min(id) FROM audience_entry GROUP BY campaign_id, recipient_id)"
    )
    op.drop_index("ix_audience_entry_waiting", "audience_entry")
    op.drop_index(op.f("ix_audience_entry_campaign_id_recipient_id"), "audience_entry")
    with op.batch_alter_table("audience_entry") as table:
        table.create_unique_constraint(op.f("uq_audience_entry_campaign_id_recipient_id"), KEY)
