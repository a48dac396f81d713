"""The tables of 0.2.0, the append-only triggers, and the first price list."""

import sqlalchemy as sa
from alembic import op

from portal.core import clock
from portal.migrations import append_only, baseline

revision = "0001"
down_revision = None

# Name, addresses, Turkish lira a year before tax.
PACKAGES = (
    ("İLETİ 5", 5_000, 290),
    ("İLETİ 25", 25_000, 490),
    ("İLETİ 75", 75_000, 790),
    ("İLETİ 150", 150_000, 1290),
    ("İLETİ 250", 250_000, 1990),
)


def upgrade() -> None:
    baseline.METADATA.create_all(op.get_bind())
    append_only.create_triggers()
    op.execute("INSERT INTO node_counter (name, next) VALUES ('node', 0)")
    now = clock.now().replace(tzinfo=None)
    price_list = [
        {"id": number, "name": name, "records": records, "price": price, "created_at": now}
        for number, (name, records, price) in enumerate(PACKAGES, 1)
    ]
    op.bulk_insert(baseline.METADATA.tables["package"], price_list)


def downgrade() -> None:
    connection = op.get_bind()
    baseline.METADATA.drop_all(connection)
    if connection.dialect.name == "postgresql":
        for function in ("refuse_change", "refuse_delete"):
            connection.execute(sa.text(f"DROP FUNCTION {function}()"))
