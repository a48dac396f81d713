"""Runs migrations over the portal's tables and those of the house next door, on an engine of their own."""

from alembic import context
from sqlalchemy import NullPool, create_engine

import shortlinks
from portal.core.extensions import db
from portal.core.models import Base

METADATA = [Base.metadata, shortlinks.Base.metadata]


def run() -> None:
    """Bring the database to the asked version. The portal's engines expect tables that may not be there yet."""
    with create_engine(db.engine.url, poolclass=NullPool).connect() as connection:
        context.configure(
            connection=connection, target_metadata=METADATA, render_as_batch=True, compare_type=True,
            render_item=_render, user_module_prefix="sa.",
        )  # fmt: skip
        with context.begin_transaction():
            context.run_migrations()


def _render(kind, item, _context):
    """Migrations speak plain SQLAlchemy, so that they stay true when our types change."""
    if kind == "type" and type(item).__name__ == "UtcDateTime":
        return "sa.DateTime()"
    return False


run()
