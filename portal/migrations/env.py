"""Alembic environment: migrates the tables of the portal and of shortlinks."""

from typing import Literal

from alembic import context
from sqlalchemy import NullPool, create_engine

import shortlinks
from portal.core.extensions import db
from portal.core.models import Base

METADATA = [Base.metadata, shortlinks.Base.metadata]


def run() -> None:
    """Run the migrations on an engine of their own: the portal's engines need tables that may not exist yet."""
    with create_engine(db.engine.url, poolclass=NullPool).connect() as connection:
        context.configure(
            connection=connection, target_metadata=METADATA, render_as_batch=True, compare_type=True,
            render_item=_render, user_module_prefix="sa.",
        )  # fmt: skip
        with context.begin_transaction():
            context.run_migrations()


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Render our types as plain SQLAlchemy, so that migrations don't depend on them."""
    if kind == "type" and type(item).__name__ == "UtcDateTime":
        return "sa.DateTime()"
    return False


run()
