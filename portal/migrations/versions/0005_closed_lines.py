"""When an operator said that a recipient's line was closed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("recipient", sa.Column("closed_at", sa.DateTime(), nullable=True))
    op.execute(
        "UPDATE recipient SET closed_at = (SELECT max(movement.creation_date) FROM movement "
        "JOIN consent ON consent.id = movement.consent_id "
        "WHERE consent.recipient_id = recipient.id AND movement.source = 'IYS_AHS_HAT_KAPATMA') "
        "WHERE id IN (SELECT consent.recipient_id FROM movement JOIN consent ON consent.id = movement.consent_id "
        "WHERE movement.source = 'IYS_AHS_HAT_KAPATMA')"
    )


def downgrade() -> None:
    op.drop_column("recipient", "closed_at")
