"""By which value LINK_SALT is known again, and how forwarded headers contradict PROXY_HOPS."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.create_table(
        "noted_setting",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("check_value", sa.String(32), nullable=False),
    )
    op.add_column("process", sa.Column("proxies", sa.String(10), nullable=True))


def downgrade() -> None:
    op.drop_column("process", "proxies")
    op.drop_table("noted_setting")
