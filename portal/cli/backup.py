"""`flask backup` and `flask restore`: the database in one encrypted file, and back with what the journals hold."""

from datetime import datetime
from pathlib import Path
from subprocess import CalledProcessError  # nosec B404

import click
from flask.cli import with_appcontext

from portal.cli import restored_hold
from portal.cli.doctor import refuse_if_faulty
from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.vault import CannotOpen, KeyMissing
from portal.services import backups, readiness

NO_JOURNAL = "Name the folder of each machine's journal (--journal), or a backup (--from), or both; or --hold."
NOT_EMPTY = "The database of DATABASE_URL is not empty: a backup is unpacked into an empty one only."
NO_KEY = "VAULT_KEYS lacks the key that sealed this ({}): add it behind the first one."
RUNNING = "These run, or ran a minute ago: {}. İYS should be told nothing before this is through."
GAP = "From {0.since} to {0.until} decisions may be missing that are in no backup: {0.path}"
NOT_KEPT = (
    "Not in the journals: what people wrote in cases since the backup, and what vendors pushed that no worker had read "
    "yet. Nobody is held for these; what to do: docs/backups.md."
)
NOT_HELD = (
    "The tables are of an earlier version, so nothing is held yet: run `db upgrade`, then `restore` with the journals, "
    "or with --hold where there are none. Start nothing before."
)
HELD = (
    "Held until a person has looked: all firms ({0.all_firms}) are suspended, refusals go on. Of this run: {0.firms} "
    "firms suspended, {0.plans} planned campaigns drafts again, {0.campaigns} campaigns paused, {0.imports} imports "
    "without their grants, {0.keys} API keys for refusals only, {0.webhooks} webhooks paused, {0.sessions} sessions "
    "ended."
)
HELD_AGAIN = "{0.again} of these firms went on after an earlier hold: resume them if nothing was restored since."
RELEASE = (
    "What was shut since the backup is open again: staff, people, invitations, passwords, texts that were declined, "
    "firms that were suspended. Look at your staff first, then at each firm, shut it again, and resume the firm on "
    "its page; its people resume campaigns, import files again for their grants, make new keys, and turn webhooks on. "
    "What to look at: "
    "docs/backups.md."
)
FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)


@click.command("backup")
@click.argument("file", type=FILE)
@with_appcontext
def backup(file: Path) -> None:
    """Write the whole database, as it is now, to a new FILE, encrypted with the first key of VAULT_KEYS.

    The portal runs on meanwhile. PostgreSQL needs pg_dump of the server's version or a newer one.
    """
    try:
        size = backups.write_backup(vault(), file)
    except FileExistsError as there:
        raise click.ClickException(f"{file} is there already.") from there
    except (OSError, CalledProcessError) as failure:
        raise click.ClickException(f"No backup was made: {failure}") from failure
    click.echo(f"{file}: {size} bytes")


@click.command("restore")
@click.option("--from", "file", type=FILE, help="A backup, to be unpacked into the empty database first.")
@click.option("--journal", "folders", type=FOLDER, multiple=True, help="A machine's journal; may be given repeatedly.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Leave journals of earlier days out.")
@click.option("--dry-run", is_flag=True, help="Only count what the journals would add.")
@click.option("--hold", is_flag=True, help="Hold what is held after a restore, where there are no journals.")
@with_appcontext
def restore(file: Path | None, folders: tuple[Path, ...], since: datetime | None, *, dry_run: bool, hold: bool) -> None:
    """Unpack a backup, and add what people decided after it, as the journals hold it.

    Run it before any other program is started, as often as you like: what is there stays as it is, and whatever asks
    people or sends by itself is held until a person has looked. Exits with 1 where something is missing or not held.
    """
    if not file and not folders and not hold:
        raise click.UsageError(NO_JOURNAL)
    try:
        begun_at = None
        if file:
            begun_at = datetime.fromisoformat(backups.unpack(vault(), file)["begun_at"])
            click.echo(f"Unpacked the backup begun at {begun_at.isoformat()}.")
        if folders or hold:
            refuse_if_faulty()
        _hold(is_dry_run=dry_run)
        if folders:
            if running := readiness.running_programs(read_session()):
                click.echo(RUNNING.format(", ".join(running)), err=True)
            first = since.date() if since else None
            _report(backups.replay(folders, first, begun_at=begun_at, is_dry_run=dry_run), is_dry_run=dry_run)
    except backups.NotEmpty as filled:
        raise click.ClickException(NOT_EMPTY) from filled
    except KeyMissing as missing:
        raise click.ClickException(NO_KEY.format(missing)) from missing
    except (backups.BadArchive, CannotOpen, OSError, CalledProcessError) as failure:
        raise click.ClickException(str(failure)) from failure


def _hold(*, is_dry_run: bool) -> None:
    """Before the journals are read: whatever comes of that, nothing leaves by itself."""
    if is_dry_run:
        return
    if readiness.find_faults(readiness.TO_START):
        raise click.ClickException(NOT_HELD)
    held = restored_hold.hold(db.session, clock.now())
    db.session.commit()
    click.echo(HELD.format(held))
    if held.again:
        click.echo(HELD_AGAIN.format(held))
    click.echo(RELEASE)


def _report(run: backups.Replay, *, is_dry_run: bool) -> None:
    click.echo(f"{run.files} files of the journal.")
    for end in run.torn:
        click.echo(f"Cut off, by a crash before anybody was answered, or by a full disk: {end}")
    for place in run.damaged:
        click.echo(f"Damaged, or of another file, and not read: {place}", err=True)
    for gap in run.gaps:
        click.echo(GAP.format(gap), err=True)
    for table, held in run.held.items():
        added = run.missing[table] - (0 if is_dry_run else run.left[table])
        of_them = f", {run.refusals} missing refusals among them" if table == "decision" else ""
        verb = "would be added" if is_dry_run else "added"
        click.echo(f"{table}: {held} in the journal, {held - run.missing[table]} were there, {added} {verb}{of_them}")
    left = 0 if is_dry_run else run.left.total()
    if not is_dry_run:
        state = "INCOMPLETE" if left or run.damaged or run.gaps else "COMPLETE"
        click.echo(f"{state}: {left} of {run.held.total()} are missing still.")
        click.echo(NOT_KEPT)
    if run.damaged:
        click.echo(f"What stood at {len(run.damaged)} damaged places is not known.", err=True)
    if run.damaged or run.gaps or left:
        raise SystemExit(1)
