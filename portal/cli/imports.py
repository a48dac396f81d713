"""`flask import FILE…`: import files of consents from a shell, for cron and for folders into which others put files.

A file is recognized by its digest: an unfinished import is continued, a finished one is not repeated, but for a file
that is read by another layout by now, of which only the refusals are taken unless the profile is named, for one with
refusals that was put there anew, and for one whose grants were left out, once nothing holds them.
"""

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from flask.cli import with_appcontext

from portal.cli import waiting_files
from portal.cli.confirmations import confirmation_options
from portal.cli.import_failures import ImportFailed
from portal.cli.import_repeats import (
    TAKEN_BACK_STATES,
    FormerImports,
    describe_arrival,
    find_former_imports,
    find_same_import,
    reads_otherwise,
)
from portal.cli.import_steps import ImportOptions, find_earlier_batches, run_steps, upload
from portal.cli.import_summary import ExitCode, Summary, describe_profile, describe_unfinished
from portal.cli.parameter_types import Channels, brand_option, find_brand
from portal.cli.waiting_files import WAITING, Waiting
from portal.cli.watched_folder import (
    LONGEST_UNSETTLED,
    OURS,
    Claim,
    InOtherHands,
    claim,
    is_named,
    is_taken,
    note_settled,
    take_again,
    take_up,
    unsettled_for,
)
from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.iys_protocol import Channel
from portal.core.models import BatchState, Brand, ImportBatch
from portal.core.vault import CannotOpen
from portal.services.imports import profiles
from portal.services.imports.batch_problems import Confirmation

TAKEN = "taken"  # A file's state: another command has it.
TAKEN_BACK = ("undone", "Somebody took this file back.", "If it is right, bring it anew with --again.")

LOST = ("lost", "What is stored of an earlier import of it cannot be opened.", "Repeat with --again.")


@click.command("import")
@with_appcontext
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@brand_option
@click.option("--profile", help="Read it by this profile's columns [the one remembered for its header].")
@click.option("--guess", is_flag=True, help="Where no profile fits, guess what the columns are.")
@click.option("--channels", type=Channels(), default=[], help="What consents are for, where no column says it.")
@click.option("--dry-run", is_flag=True, help="Dry run only: nothing is written, and its lines are thrown away.")
@click.option("--only-refusals", is_flag=True, help="Leave grants out; works where the package has no room.")
@confirmation_options
@click.option("--again", is_flag=True, help="Bring a file anew that was brought, stopped or could not be read before.")
@click.option("--settled", type=click.IntRange(0), default=0, help="Leave files alone that changed in these seconds.")
@click.option(
    "--move-to", type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    help="Where files go that were brought.",
)  # fmt: skip
@click.option("--profiles", "list_profiles", is_flag=True, help="List the provider's profiles instead.")
def import_files(
    files: tuple[Path, ...], brand_code: int, profile: str | None, guess: bool, channels: list[Channel], dry_run: bool,
    only_refusals: bool, again: bool, settled: int, move_to: Path | None, list_profiles: bool, **confirmed: bool,
) -> None:  # fmt: skip
    """Bring files of consents for a brand: upload, read, dry run and run, all in this process.

    Prints a JSON object a file. Exit code 0: all is brought; 1: some entries have problems, the others are brought, or
    only refusals were, since refusals may stand in what is not read; 2: a file could not be read or brought, or only
    its refusals were, since its grants lack something; 3: only its refusals were, since the package has no room, the
    provider is suspended or the brand passive. A file that was brought before has the exit code of that time.
    """
    brand = find_brand(brand_code)
    if list_profiles:
        for each in profiles.list_profiles(read_session(), brand.provider_id):
            click.echo(json.dumps(describe_profile(each), ensure_ascii=False))
        return
    if not files:
        raise click.UsageError("Name a file.")
    options = ImportOptions(
        profile,
        guess=guess,
        channels=tuple(channels),
        dry_run=dry_run,
        only_refusals=only_refusals,
        confirms=tuple(Confirmation(each) for each, is_given in confirmed.items() if is_given),
    )
    call = Call(brand, options, again, timedelta(seconds=settled), None if dry_run else move_to)
    sys.exit(max(call.bring(files)))


@dataclass(frozen=True)
class Call:
    """One call of the command: for whom, and how files are read."""

    brand: Brand
    options: ImportOptions
    again: bool
    settled: timedelta
    move_to: Path | None  # Files are claimed while they are read only where they are moved away.

    def bring(self, paths: Sequence[Path]) -> list[ExitCode]:
        """Import what waits for this brand or was left in hand, and these files; the failure of one stops no other."""
        waiting = waiting_files.list_waiting(self.brand)
        lost = waiting_files.describe_lost(self.brand, forgets=not self.options.dry_run)
        summaries = [self._tell(each) for each in lost]
        summaries += [self._tell(summary) for each in waiting if (summary := self._look_at(each, paths))]
        if self.move_to:
            hidden = take_up(paths, self._key(), {each.path for each in waiting})
            summaries += [self._tell(self._bring_claimed(each, paths)) for each in hidden]
        summaries += [self._tell(self._bring(path)) for path in paths]
        told = {each.batch for each in summaries}
        summaries += [self._tell(each) for each in describe_unfinished(self.brand) if each.batch not in told]
        return [each.exit_code for each in summaries]

    def _key(self) -> str:
        return hashlib.sha256(repr((self.brand.id, self.options)).encode()).hexdigest()[:8]

    def _look_at(self, waiting: Waiting, paths: Sequence[Path]) -> Summary | None:
        """Bring what was appended, as the file was brought first; a dry run tells only whether it waits for long."""
        call = replace(self, options=waiting.options, settled=waiting.settled, move_to=waiting.move_to)
        try:
            found = take_again(waiting.path)
        except InOtherHands:
            return None
        except OSError:
            return waiting_files.describe_missing(waiting, clock.now())
        if self.options.dry_run:
            found.release()
            summary = Summary(str(found.origin), state=WAITING, hidden_as=found.path.name)
        else:
            summary = call._bring_claimed(found, paths)
        if summary.hidden_as is None:
            waiting_files.forget(waiting)
        waiting_files.tell_long_wait(summary, waiting, clock.now())
        return summary if summary.problem or not self.options.dry_run else None

    def _tell(self, summary: Summary) -> Summary:
        report = {name: value for name, value in vars(summary).items() if name != "exit_code"}
        click.echo(json.dumps(report, ensure_ascii=False))
        return summary

    def _bring(self, path: Path) -> Summary:
        summary = Summary(str(path))
        if OURS.fullmatch(path.name):
            summary.state = TAKEN
            return summary
        try:
            if self._is_unsettled(path, summary):
                return summary
            if self.move_to:
                return self._bring_claimed(claim(path, self._key()), [path])
            self._import(path, path.name, summary)
        except InOtherHands:
            summary.state = TAKEN
        except OSError as why:
            if self.move_to and isinstance(why, FileNotFoundError) and is_taken(path, self.move_to):
                summary.state = TAKEN
            else:
                summary.fail("unopened", "The file cannot be opened.", "Look at its path.")
        return summary

    def _is_unsettled(self, path: Path, summary: Summary) -> bool:
        """Whether it may be incomplete; one that never settles is a failure."""
        written_at = datetime.fromtimestamp(_written(path.stat()), UTC)
        if not self.settled:
            return False
        if clock.now() - written_at >= self.settled:
            note_settled(path)
            return False
        summary.state = "unsettled"
        if unsettled_for(path, clock.now()) >= LONGEST_UNSETTLED:
            cure = "Look who writes into it all the time, or whose clock is ahead; or bring it without --settled."
            summary.fail("unsettled", "The file has been changing for more than an hour.", cure)
        return True

    def _bring_claimed(self, found: Claim, paths: Sequence[Path]) -> Summary:
        """`--again` is said only of the files that a call names."""
        summary, call = Summary(str(found.origin)), replace(self, again=self.again and is_named(found, paths))
        try:
            if not found.is_ours:
                self._tell_other(found, summary)
            elif found.first_batch is None or not self._is_unsettled(found.path, summary):
                call._import(found.path, found.origin.name, summary, found.first_batch)
                self._put_away(found, summary)
        except OSError:
            found.put_back()
            summary.fail("unopened", "The file cannot be opened or moved.", "Look at its path.")
        finally:
            found.release()
        summary.hidden_as = found.path.name if found.path.exists() else None
        return summary

    def _tell_other(self, found: Claim, summary: Summary) -> None:
        if found.first_batch is not None and not found.is_at_rest():
            summary.state = WAITING
            return
        cure = "Such a command takes it up, or it is put back by one of the next calls; if not, rename it."
        summary.fail("unfinished", "A command with other options left it under its hidden name.", cure)

    def _put_away(self, found: Claim, summary: Summary) -> None:
        """Only what was read, once nobody writes into it. Raises OSError."""
        brought = (BatchState.DONE, BatchState.UNDOING, BatchState.UNDONE)
        if summary.state not in brought or summary.problem or summary.batch is None:
            found.put_back()
            return
        assert self.move_to
        target = self.move_to / found.origin.name
        if target.exists():
            target = self.move_to / f"{target.stem}-{summary.batch}{target.suffix}"
        if found.is_at_rest():
            found.move(target)
            summary.moved_to = str(target)
        else:
            summary.state = WAITING
            found.keep_waiting(summary.batch)
            waiting_files.remember(self.brand, found.path, self.options, self.settled, self.move_to, clock.now())

    def _import(self, path: Path, name: str, summary: Summary, first_batch: int | None = None) -> None:
        """Of a file that changed after it was brought, and that a person took back meanwhile, only the refusals."""
        call = self
        try:
            former = find_former_imports(self.brand, path, name, first_batch)
            if former.is_undone and not self.again:
                call = replace(self, options=replace(self.options, only_refusals=True))
            _run_import(call, path, name, summary, former)
            if former.is_undone and summary.only_refusals and summary.state == BatchState.DONE:
                raise ImportFailed(*TAKEN_BACK)
        except (ImportFailed, CannotOpen) as failure:
            db.session.rollback()
            why = failure if isinstance(failure, ImportFailed) else ImportFailed(*LOST)
            summary.problem = why.report
            summary.exit_code = ExitCode.NO_ROOM if why.is_for_room else ExitCode.FAILED


def _run_import(call: Call, path: Path, name: str, summary: Summary, former: FormerImports) -> None:
    status = path.stat()  # Before its bytes are read: of two writings the earlier one is kept.
    is_anew = call.again and (former.is_undone or not former.has_hidden_name)  # Else `again` vouches for its layout.
    earlier = [] if is_anew else find_earlier_batches(call.brand, path)
    before = next(iter(earlier), None)
    arrived = describe_arrival(status, earlier)
    options = replace(call.options, received_at=arrived.received_at, written_ns=status.st_mtime_ns)
    if call.again:
        options = replace(options, brings_anew=former.taken_back)
    else:
        options = replace(options, reads_otherwise=reads_otherwise([*earlier, *former.batches], options))
    if before is not None and before.state in TAKEN_BACK_STATES:
        summary.read_batch(before, options)
        if former.has_hidden_name:
            return
        raise ImportFailed(*TAKEN_BACK)
    if before is not None and before.state == BatchState.DONE:
        before = None if arrived.is_anew else find_same_import(earlier, options)
        if before is not None:
            summary.read_batch(before, options)
            summary.repeated = True
            if before.only_refusals and (held := options.what_holds(before)):
                raise held
            return
    batch_id = before.id if before is not None else upload(call.brand, path, name)
    try:
        run_steps(batch_id, options, summary.read_file)
    finally:
        summary.read_batch(read_session().get_one(ImportBatch, batch_id, populate_existing=True), options)


def _written(status: os.stat_result) -> float:
    """Limited by the time of the last change, which is nobody's to set: a writer's clock may be ahead."""
    return min(status.st_mtime, status.st_ctime)
