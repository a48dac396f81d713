"""Any number of brands may claim a host; one proves it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("domain") as table:
        table.drop_constraint("uq_domain_host", type_="unique")
        table.create_unique_constraint("uq_domain_brand_id_host", ["brand_id", "host"])
        table.create_index("ix_domain_host", ["host"])
    proved = sa.text("verified_at IS NOT NULL")
    op.create_index(
        "uq_domain_verified_host", "domain", ["host"], unique=True, sqlite_where=proved, postgresql_where=proved
    )


def downgrade() -> None:
    op.drop_index("uq_domain_verified_host", "domain")
    op.execute(
        "DELETE FROM domain WHERE verified_at IS NULL AND EXISTS (SELECT 1 FROM domain AS other WHERE other.host = "
        "domain.host AND other.id <> domain.id AND (other.verified_at IS NOT NULL OR other.id < domain.id))"
    )
    with op.batch_alter_table("domain") as table:
        table.drop_index("ix_domain_host")
        table.drop_constraint("uq_domain_brand_id_host", type_="unique")
        table.create_unique_constraint("uq_domain_host", ["host"])
