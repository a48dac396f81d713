"""What programs called with test keys of the API, for their authors."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.baseline.ddl import BIG

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "api_call",
        *(sa.Column(name, BIG, nullable=False) for name in ("id", "provider_id", "key_id")),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.String(60), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("called_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_call")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_api_call_provider_id_provider")),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_api_call_key_id_api_key")),
    )
    op.create_index(op.f("ix_api_call_provider_id_called_at"), "api_call", ["provider_id", "called_at"])


def downgrade() -> None:
    op.drop_table("api_call")
