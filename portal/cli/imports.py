"""`flask import FILE…`: import files of consents from a shell, for cron and for folders into which others put files.

A file is recognized by its digest: an unfinished import is continued, a finished one is not repeated, but for a file
with refusals that was put there anew, and for one whose grants were left out, once nothing holds them.
"""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from portal.cli.import_steps import ImportFailed, ImportOptions, find_earlier_batches, run_steps, upload
from portal.cli.import_summary import ExitCode, Summary
from portal.cli.parameter_types import Channels, brand_option, find_brand
from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import BatchState, Brand, ImportBatch, ImportProfile, Provider
from portal.domain.consents.import_plan import REFUSALS, Effect
from portal.services.imports import profiles
from portal.services.imports.store import layout_of

SAYS_NO = {*REFUSALS, Effect.SAME}  # Effects of which a refusal without a date has one.


@click.command("import")
@with_appcontext
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@brand_option
@click.option("--profile", help="Read it by this profile's columns [the one remembered for its header].")
@click.option("--guess", is_flag=True, help="Where no profile fits, guess what the columns are.")
@click.option("--channels", type=Channels(), default=[], help="What consents are for, where no column says it.")
@click.option("--dry-run", is_flag=True, help="Dry run only: nothing is written, and its lines are thrown away.")
@click.option("--only-refusals", is_flag=True, help="Leave grants out; works where the package has no room.")
@click.option(
    "--confirm-before-2015", is_flag=True,
    help="Vouch that all grants of HS_2015 were taken before 1 May 2015 (Law 6563, provisional art. 1).",
)  # fmt: skip
@click.option(
    "--confirm-after-refusal", is_flag=True,
    help="Vouch that people consented anew after their own refusals; such grants are left out otherwise.",
)  # fmt: skip
@click.option(
    "--ignore-unread", is_flag=True,
    help="Vouch that nothing that is not read or not understood (unused_columns with may_refuse, unused_sheets, marks) "
    "means a refusal; all grants are left out otherwise, and those beside a note that refuses always.",
)  # fmt: skip
@click.option("--again", is_flag=True, help="Bring a file anew that was brought, stopped or could not be read before.")
@click.option("--settled", type=click.IntRange(0), default=0, help="Leave files alone that changed in these seconds.")
@click.option(
    "--move-to", type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    help="Where files go that were brought.",
)  # fmt: skip
@click.option("--profiles", "list_profiles", is_flag=True, help="List the provider's profiles instead.")
def import_files(
    files: tuple[Path, ...], brand_code: int, profile: str | None, guess: bool, channels: list[Channel], dry_run: bool,
    only_refusals: bool, confirm_before_2015: bool, confirm_after_refusal: bool, ignore_unread: bool, again: bool,
    settled: int, move_to: Path | None, list_profiles: bool,
) -> None:  # fmt: skip
    """Bring files of consents for a brand: upload, read, dry run and run, all in this process.

    Prints a JSON object a file. Exit code 0: all is brought; 1: some entries have problems, the others are brought, or
    only refusals were, since refusals may stand in what is not read; 2: a file could not be read or brought, or only
    its refusals were, since its grants lack something; 3: no room in the package for its grants, or the provider is
    suspended.
    """
    brand = find_brand(brand_code)
    if list_profiles:
        for each in profiles.list_profiles(read_session(), brand.provider_id):
            click.echo(json.dumps(_describe_profile(each), ensure_ascii=False))
        return
    if not files:
        raise click.UsageError("Name a file.")
    is_suspended = read_session().get_one(Provider, brand.provider_id).suspended_at is not None
    if (brand.closed_at or is_suspended) and not only_refusals:
        click.echo(f"Brand {brand_code} is passive, or its provider suspended: bring --only-refusals.", err=True)
        sys.exit(ExitCode.NO_ROOM)
    options = ImportOptions(
        profile,
        guess=guess,
        channels=tuple(channels),
        dry_run=dry_run,
        only_refusals=only_refusals,
        confirms_before_2015=confirm_before_2015,
        confirms_after_refusal=confirm_after_refusal,
        ignores_unread=ignore_unread,
    )
    exit_codes = [_import_file(brand, path, options, again=again, settled=settled, move_to=move_to) for path in files]
    sys.exit(max(exit_codes))


def _describe_profile(profile: ImportProfile) -> dict[str, Any]:
    """By its name where it has one, and by the columns that it reads: one without is found by its file's header."""
    name = {"profile": profile.name} if profile.name else {}
    used_at = clock.istanbul(profile.used_at).isoformat(timespec="seconds")
    return name | {"columns": profiles.columns_of(vault(), profile), "used_at": used_at}


def _import_file(
    brand: Brand, path: Path, options: ImportOptions, *, again: bool, settled: int, move_to: Path | None
) -> ExitCode:
    """Import one file; its failure stops no other."""
    summary = Summary(str(path))
    try:
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if settled and clock.now() - written_at < timedelta(seconds=settled):  # It may be incomplete.
            summary.state = "unsettled"
        else:
            _run_import(brand, path, options, summary, again=again)
    except OSError:
        summary.problem = {"word": "unopened", "sentence": "The file cannot be opened.", "cure": "Look at its path."}
        summary.exit_code = ExitCode.FAILED
    except ImportFailed as why:
        db.session.rollback()
        summary.problem = why.report
        summary.exit_code = ExitCode.NO_ROOM if why.is_for_room else ExitCode.FAILED
    if move_to and summary.state == BatchState.DONE and not (options.dry_run or summary.problem):
        target = move_to / path.name
        if target.exists():
            target = move_to / f"{path.stem}-{summary.batch}{path.suffix}"
        shutil.move(path, target)
        summary.moved_to = str(target)
    report = {name: value for name, value in vars(summary).items() if name != "exit_code"}
    click.echo(json.dumps(report, ensure_ascii=False))
    return summary.exit_code


def _run_import(brand: Brand, path: Path, options: ImportOptions, summary: Summary, *, again: bool) -> None:
    earlier = [] if again else find_earlier_batches(brand, path)
    before = next(iter(earlier), None)
    options = replace(options, received_at=_received_at(path, earlier))
    if before is not None and before.state in (BatchState.UNDOING, BatchState.UNDONE):
        summary.read_batch(before, options)
        raise ImportFailed("undone", "Somebody took this file back.", "If it is right, bring it anew with --again.")
    if before is not None and before.state == BatchState.DONE and _came_anew(path, before):
        before = None
    if before is not None and before.state == BatchState.DONE and before.only_refusals:
        held = options.what_holds(before)  # Its grants were left out.
        before = before if held or options.leaves_grants_out(before) else None
    if before is not None and before.state == BatchState.DONE and options.confirms_after_refusal:
        before = None if Effect.OVER_REFUSAL in (before.tally or {}) else before
    if before is not None and before.state == BatchState.DONE:
        summary.read_batch(before, options)
        summary.repeated, summary.exit_code = True, ExitCode.GOOD
        if before.only_refusals and (held := options.what_holds(before)):
            raise held
        return
    batch_id = before.id if before is not None else upload(brand, path)
    try:
        run_steps(batch_id, options, summary.read_file)
    finally:
        summary.read_batch(read_session().get_one(ImportBatch, batch_id, populate_existing=True), options)


def _received_at(path: Path, earlier: Sequence[ImportBatch]) -> datetime | None:
    """When the refusals of a file that runs again, and was not written since, were taken first."""
    last = next((each for each in earlier if each.state == BatchState.DONE), None)
    if last is None or _came_anew(path, last):
        return None
    return layout_of(vault(), last).received_at or last.started_at


def _came_anew(path: Path, before: ImportBatch) -> bool:
    """Whether a file with refusals was written after the same one was imported: those without a date are of its
    arrival, and newer than what people consented to meanwhile.

    Another name, chmod and hard links do not change when it was written; a time of modification that lies ahead is
    limited by that of change, which is nobody's to set.
    """
    status = path.stat()
    is_newer = min(status.st_mtime, status.st_ctime) > before.created_at.timestamp()
    return is_newer and not SAYS_NO.isdisjoint(before.tally or {})
