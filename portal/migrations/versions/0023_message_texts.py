"""Texts of campaigns' messages, and what a brand chose for its SMS: Turkish letters, a number for replies."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.append_only import FactTable, guard_table
from portal.migrations.baseline.ddl import BIG

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "message_text",
        *(sa.Column(name, BIG, nullable=False) for name in ("id", "provider_id", "campaign_id", "user_id")),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(f"sms_{language}", sa.String(300), nullable=False) for language in ("tr", "en")),
        *(sa.Column(f"subject_{language}", sa.String(120), nullable=False) for language in ("tr", "en")),
        *(sa.Column(f"body_{language}", sa.Text(), nullable=False) for language in ("tr", "en")),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_text")),
        *(
            sa.ForeignKeyConstraint([f"{of}_id"], [f"{of}.id"], name=op.f(f"fk_message_text_{of}_id_{of}"))
            for of in ("provider", "campaign")
        ),
        sa.UniqueConstraint("campaign_id", "version", name=op.f("uq_message_text_campaign_id_version")),
    )
    guard_table(FactTable("message_text", ("id", "campaign_id version")))
    op.add_column("brand", sa.Column("sms_in_turkish", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("brand", sa.Column("reply_number", sa.String(12), nullable=True))


def downgrade() -> None:
    op.drop_column("brand", "reply_number")
    op.drop_column("brand", "sms_in_turkish")
    op.drop_table("message_text")
