"""Columns of a file that are not read, and a mail when an import has ended."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks

revision = "0003"
down_revision = "0002"

MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked point_budget cases_wait name_settled"
)


def upgrade() -> None:
    enum_checks.set_values("mail", "kind", f"{MAILS} import_ended")
    op.add_column("import_batch", sa.Column("unused_columns", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("import_batch", "unused_columns")
    op.execute("DELETE FROM mail WHERE kind = 'import_ended'")
    enum_checks.set_values("mail", "kind", MAILS)
