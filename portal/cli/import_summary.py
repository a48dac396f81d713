"""What `flask import` prints of a file, and its exit codes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from portal.cli.import_steps import ImportOptions, find_unfinished_batches
from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.models import Brand, ImportBatch, ImportProfile
from portal.domain.consents.import_plan import Effect
from portal.services.imports import profiles, queries
from portal.services.imports.batch_problems import Confirmation, file_problem
from portal.services.imports.row_results import PROBLEMS, code_of
from portal.services.imports.store import file_name_of
from portal.services.imports.unread import unread_of

CURES = {Effect.OVER_REFUSAL.value: " (--confirm-after-refusal)"}  # By an option, beside what a page says.
LONGEST_HEADER = 60  # Characters.


class ExitCode(IntEnum):
    """Exit codes; of several files the worst."""

    GOOD = 0
    PROBLEMS = 1  # Some entries have one, the good ones were imported; or grants were left out for what is not read.
    FAILED = 2  # A file could not be read or imported, or only its refusals were.
    NO_ROOM = 3  # Refusals were imported; the package has no room, the provider is suspended or the brand passive.


@dataclass
class Summary:
    """The JSON printed for one file: numbers and words, none of its lines."""

    file: str
    batch: int | None = None
    state: str | None = None
    lines: int = 0
    tally: dict[str, int] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    problem: dict[str, Any] | None = None  # Why it was not imported.
    unused_columns: list[dict[str, Any]] = field(default_factory=list)  # With values that were not read.
    unused_sheets: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)  # What else nobody understands: headings, names, looks.
    unread: int = 0  # How many of these columns, sheets and marks somebody must vouch for.
    first_grants: int = 0  # For how many grants `--confirm-first-grants` vouches.
    hidden_lines: int = 0  # Of the sheets that are read; they count like others.
    only_refusals: bool = False  # Its grants were left out.
    repeated: bool = False  # It was imported before.
    moved_to: str | None = None
    hidden_as: str | None = None  # Its name beside its own, where an earlier or the next call has to do with it.
    exit_code: ExitCode = ExitCode.GOOD

    def fail(self, word: str, sentence: str, cure: str) -> None:
        self.problem = {"word": word, "sentence": sentence, "cure": cure}
        self.exit_code = ExitCode.FAILED

    def read_batch(self, batch: ImportBatch, options: ImportOptions) -> None:
        self.batch, self.state, self.lines = batch.id, batch.state.value, batch.lines
        self.only_refusals, self.first_grants = batch.only_refusals, batch.first_grants
        self.tally = queries.tally_now(read_session(), batch)
        self.problems = [
            {"word": word, "count": count, "sentence": PROBLEMS[word].sentence, "code": code_of(word),
             "cure": PROBLEMS[word].cure + CURES.get(word, "")}
            for word, count in self.tally.items() if word in PROBLEMS
        ]  # fmt: skip
        self.read_file(batch)
        if self.problems or (self.unread and Confirmation.UNREAD not in options.confirms):
            self.exit_code = ExitCode.PROBLEMS
        if found := file_problem(batch):
            self.fail(found.value, found.sentence, found.cure)

    def read_file(self, batch: ImportBatch) -> None:
        """What of the file is not read; its header is gone once the batch is dropped."""
        if batch.outline is None:
            return
        unread = unread_of(vault(), batch)
        self.unread = unread.doubtful
        self.unused_columns = [
            {"column": each.letter, "header": each.header[:LONGEST_HEADER], "filled": each.filled,
             "statuses": each.statuses, "refusals": each.refusals, "dates": each.dates, "addresses": each.addresses,
             "strange": each.strange, "may_refuse": each.may_refuse}
            for each in unread.columns
        ]  # fmt: skip
        self.unused_sheets = [
            {"sheet": each.name, "lines": each.lines, "is_hidden": each.is_hidden} for each in unread.sheets
        ]  # fmt: skip
        self.marks = [{"kind": each.kind, "where": each.where, "text": each.text} for each in unread.marks]
        self.hidden_lines = unread.hidden_lines


def describe_unfinished(brand: Brand) -> Iterator[Summary]:
    """Files that a killed command, or one that was told why it failed, left unwritten."""
    for batch in find_unfinished_batches(brand):
        summary = Summary(file_name_of(vault(), batch), batch.id, batch.state.value, batch.lines)
        summary.fail(
            "unfinished", "An earlier file was read and is not written.",
            "Let it go on or drop it on the dashboard, or bring the same file again.",
        )  # fmt: skip
        yield summary


def describe_profile(profile: ImportProfile) -> dict[str, Any]:
    """By its name where it has one, and by the columns that it reads: one without is found by its file's header."""
    name = {"profile": profile.name} if profile.name else {}
    used_at = clock.istanbul(profile.used_at).isoformat(timespec="seconds")
    return name | {"columns": profiles.columns_of(vault(), profile), "used_at": used_at}
