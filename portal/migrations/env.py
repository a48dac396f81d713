"""Alembic environment: migrates the tables of the portal and of shortlinks."""

from typing import Literal

import click
from alembic import context
from alembic.runtime.migration import MigrationInfo
from sqlalchemy import NullPool, create_engine, event

import shortlinks
from portal.core.extensions import db
from portal.core.models import Base
from portal.migrations import enum_checks

LOCK_TIMEOUT = "5s"  # Whoever asks for a table waits behind a migration that waits for it.
READING = ("check", "current", "edit", "history", "merge", "revision", "show")  # Commands that change no database.
METADATA = [Base.metadata, shortlinks.Base.metadata]


def run() -> None:
    """Run the migrations, each in a transaction of its own, on an engine of their own: the portal's engines need tables
    that may not exist yet."""
    engine, command = create_engine(db.engine.url, poolclass=NullPool), click.get_current_context(silent=True)
    if engine.dialect.name == "sqlite":  # Its driver would begin transactions late, and none before DDL.
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            with connection.begin():  # Its own: otherwise all migrations would be part of it.
                connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        context.configure(
            connection=connection, target_metadata=METADATA, render_as_batch=True, compare_type=True,
            render_item=_render, user_module_prefix="sa.", transaction_per_migration=True,
            on_version_apply=_tell_step if command else None,
        )  # fmt: skip
        with context.begin_transaction():
            context.run_migrations()
        if command and command.info_name == "upgrade":
            click.echo(f"The schema is {context.get_context().get_current_revision()}.")
    if engine.dialect.name == "sqlite" and not (command and command.info_name in READING):
        with engine.begin() as connection:
            enum_checks.replace_long_lists(connection)


def _tell_step(ctx: object, step: MigrationInfo, heads: object, run_args: object) -> None:
    done = "Applied" if step.is_upgrade else "Took back"
    click.echo(f"{done} {step.up_revision_id}: {getattr(step.up_revision, 'doc', '').partition(chr(10))[0]}")


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Render our types as plain SQLAlchemy, so that migrations don't depend on them."""
    plain = {"UtcDateTime": "sa.DateTime()", "TransactionId": "sa.LargeBinary()"}
    return plain.get(type(item).__name__, False) if kind == "type" else False


run()
