"""`flask db-copy`: move from SQLite to PostgreSQL."""

import contextlib
import sqlite3

import click
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from portal.services import database_copy, readiness
from portal.services.database_copy import CannotCopy, Digest, Target

TOGETHER = 1 << 128


@click.command("db-copy")
@click.argument("source_url")
@click.argument("target_url")
@click.option("--anyway", is_flag=True, help="Copy though programs run on the source: a rehearsal.")
@click.option("--verify-only", is_flag=True, help="Copy nothing; compare.")
def copy_database(source_url: str, target_url: str, anyway: bool, verify_only: bool) -> None:
    """Copy a SQLite database into an empty PostgreSQL of the same schema version, and prove that both are equal.

    Ended in any way, it goes on when it is started again. Exits with 1 where anything differs.
    """
    try:
        with (
            contextlib.closing(database_copy.open_source(source_url)) as source,
            contextlib.closing(database_copy.open_target(target_url)) as target,
        ):
            if not (anyway or verify_only):
                _refuse_running_programs(source_url)
            revision = database_copy.check_versions(source, target)
            if not verify_only:
                database_copy.begin(source, target)
                _copy(source, target)
            _prove(source, target, revision)
            if not verify_only:
                database_copy.finish(source, target, revision)
    except CannotCopy as refused:
        raise click.ClickException(str(refused)) from refused


def _refuse_running_programs(url: str) -> None:
    engine = create_engine(url)
    with Session(engine) as session:
        running = readiness.running_programs(session)
    engine.dispose()
    if running:
        raise CannotCopy(f"These run on the source: {', '.join(running)}. Stop them, and wait for a minute.")


def _copy(source: sqlite3.Connection, target: Target) -> None:
    for table in database_copy.tables():
        if rows := sum(database_copy.copy_table(source, target, table)):
            click.echo(f"{table.name}: {rows} copied", err=True)


def _prove(source: sqlite3.Connection, target: Target, revision: str) -> None:
    """Print a line per table and one of all. Raises CannotCopy where anything differs."""
    different, rows, total = [], 0, 0
    click.echo(f"{'table':28}{'rows':>12}  hash")
    for table in database_copy.tables():
        ours, theirs = database_copy.digest_source(source, table), database_copy.digest_target(target, table)
        if ours != theirs:
            different.append(table.name)
        rows, total = rows + ours.rows, (total * 3 + ours.total) % TOGETHER  # Tables have an order.
        click.echo(f"{table.name:28}{_describe(ours)}" + (f"  DIFFERENT{_describe(theirs)}" if ours != theirs else ""))
    if different:
        raise CannotCopy(f"Source and target differ: {', '.join(different)}.")
    count = len(database_copy.tables())
    click.echo(f"EQUAL: {count} tables, {rows} rows, schema {revision}, hash {total:032x}.")


def _describe(digest: Digest) -> str:
    return f"{digest.rows:12}  {digest.total:032x}"
