"""Headers, keywords and numbers for replies wait for the operator, also those there were; logos lie on white."""

import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.core import clock, images

revision = "0039"
down_revision = "0038"

BOX, MOST, WAYS = (320, 112), 8192, ((1, 256), (1, 64), (0.75, 32), (0.5, 16))
MOVED = "header", "keyword", "reply_number"


def upgrade() -> None:
    with op.batch_alter_table("brand") as table:
        table.add_column(sa.Column("requested_keyword", sa.String(11), nullable=True))
        table.add_column(sa.Column("requested_reply_number", sa.String(12), nullable=True))
        for name in ("logo_digest", "requested_logo_digest"):
            table.alter_column(name, type_=sa.String(64), existing_type=sa.String(16), existing_nullable=True)
    _move()
    for name in ("logo", "requested_logo"):
        _whiten(name)


def _move() -> None:
    """A header that is the brand's name, as most are that need nobody, stays."""
    texts: list[sa.ColumnClause[Any]] = [sa.column(name) for each in MOVED for name in (each, f"requested_{each}")]
    texts += [sa.column("name"), sa.column("provider_id")]
    is_sandbox, requested = sa.column("is_sandbox", sa.Boolean()), sa.column("requested_at", sa.DateTime())
    brand, provider = sa.table("brand", *texts, is_sandbox, requested), sa.table("provider")
    admitted: sa.Select[Any] = (
        sa.select(sa.column("id")).select_from(provider).where(sa.column("admitted_at").is_not(None))
    )
    requested_at = sa.func.coalesce(brand.c.requested_at, clock.now().replace(tzinfo=None))
    for name in MOVED:
        asked = {f"requested_{name}": sa.func.coalesce(brand.c[f"requested_{name}"], brand.c[name]), name: None}
        is_other = sa.func.lower(brand.c[name]) != sa.func.lower(brand.c.name)
        other = brand.update().where(is_other, brand.c.provider_id.in_(admitted), ~brand.c.is_sandbox)
        op.execute(other.values(asked | {"requested_at": requested_at}))


def _whiten(name: str) -> None:
    """Store the logos again, without transparency."""
    connection, picture = op.get_bind(), sa.column(name, sa.LargeBinary())
    brand = sa.table("brand", sa.column("id"), picture, sa.column(f"{name}_digest", sa.String()))
    for brand_id in connection.scalars(sa.select(brand.c.id).where(picture.is_not(None))).all():
        of_brand = brand.c.id == brand_id
        stored = connection.scalars(sa.select(picture).where(of_brand)).one()
        try:
            drawn = images.decode_image(stored, largest=2**21, most_pixels=12_000_000, most_elongated=4096)
            png = images.encode_png(drawn, box=BOX, ways=WAYS, most=MOST)
            new: dict[str, Any] = {name: png, f"{name}_digest": hashlib.sha256(png).hexdigest()}
        except images.BadImage:
            new = {name: None, f"{name}_digest": None}
        connection.execute(brand.update().where(of_brand).values(new))


def downgrade() -> None:
    op.execute("UPDATE brand SET logo = NULL, logo_digest = NULL, requested_logo = NULL, requested_logo_digest = NULL")
    with op.batch_alter_table("brand") as table:
        table.drop_column("requested_keyword")
        table.drop_column("requested_reply_number")
        for name in ("logo_digest", "requested_logo_digest"):
            table.alter_column(name, type_=sa.String(16), existing_type=sa.String(64), existing_nullable=True)
