"""A sender header that is not simply short for its brand's name waits for the operator, also one there was before."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.core import clock

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.add_column("brand", sa.Column("requested_header", sa.String(11), nullable=True))
    texts: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("header", "requested_header", "provider_id")]
    brand, provider = sa.table("brand", *texts, sa.column("requested_at", sa.DateTime())), sa.table("provider")
    admitted: sa.Select[Any] = (
        sa.select(sa.column("id")).select_from(provider).where(sa.column("admitted_at").is_not(None))
    )
    requested_at = sa.func.coalesce(brand.c.requested_at, clock.now().replace(tzinfo=None))
    asked = {"requested_header": brand.c.header, "header": None, "requested_at": requested_at}
    op.execute(brand.update().where(brand.c.header.is_not(None), brand.c.provider_id.in_(admitted)).values(asked))


def downgrade() -> None:
    op.execute("UPDATE brand SET header = coalesce(header, requested_header)")
    op.drop_column("brand", "requested_header")
