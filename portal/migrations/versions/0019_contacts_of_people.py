"""How and when each person of an audience began the contact, more reasons to leave one out, and whether a list's
author vouched for the columns that were not read."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks

revision = "0019"
down_revision = "0018"

KINDS = ("purchase", "membership", "visit", "call", "form", "event", "request", "other")
REASONS = "refused already_asked no_channel"


def upgrade() -> None:
    enum_checks.set_values(
        "audience_entry", "left_out", f"{REASONS} no_contact offered_lately changed_hands unread_reply"
    )
    kind = sa.Enum(*KINDS, name="contact_kind", native_enum=False, create_constraint=False, length=20)
    with op.batch_alter_table("audience_entry") as table:
        table.add_column(sa.Column("contact_kind", kind, nullable=True))
        table.create_check_constraint(op.f("ck_audience_entry_contact_kind"), sa.text(f"contact_kind IN {KINDS}"))
        table.add_column(sa.Column("contact_date", sa.Date(), nullable=True))
    op.add_column("audience_list", sa.Column("unread_confirmed_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    """Reasons that the older version does not know become the one that says most."""
    op.drop_column("audience_list", "unread_confirmed_at")
    with op.batch_alter_table("audience_entry") as table:
        table.drop_constraint(op.f("ck_audience_entry_contact_kind"), type_="check")
        table.drop_column("contact_kind")
        table.drop_column("contact_date")
    op.execute(
        "UPDATE audience_entry SET left_out = 'refused' WHERE left_out NOT IN "
        "('refused', 'already_asked', 'no_channel')"
    )
    enum_checks.set_values("audience_entry", "left_out", REASONS)
