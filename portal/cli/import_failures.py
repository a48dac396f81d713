"""Why a file of `flask import`, or its grants, was not imported: the word, the sentence and the cure it prints."""

from portal.core.models import BatchState, ImportBatch
from portal.services.imports.batch_problems import NO_ROOM, RESTORED, SUSPENDED, Confirmation, held_counts
from portal.services.imports.reading.file_problems import FileProblem

READ_OTHERWISE = "read_otherwise"  # Known to this command alone: the batch has no such problem.

# Why grants were left out, by ImportBatch.problem: the word, the sentence and the cure that are printed.
HELD = {
    NO_ROOM: (
        "no_room", "The provider's package takes no new addresses now.",
        "Its page on the dashboard says more; bring the file again once there is room.",
    ),
    SUSPENDED: (
        "suspended", "The provider is suspended, or the brand passive.",
        "Bring the file again once it is not; by --only-refusals its grants are not waited for.",
    ),
    Confirmation.BEFORE_2015: (
        "before_2015_unconfirmed",
        "Grants of HS_2015 count as taken before 1 May 2015 (Law 6563, provisional art. 1).",
        "If they were, and you can prove it, repeat with --confirm-before-2015.",
    ),
    Confirmation.FIRST_GRANTS: (
        "first_grants_unconfirmed",
        "Many addresses come for the first time: nobody here knows who of them refused at İYS before the brand was "
        "connected, and a date of the export would replace that.",
        "Look at the dates, and take out whom the panel of İYS lists as refusing; then repeat with "
        "--confirm-first-grants.",
    ),
    Confirmation.UNREAD: (
        "unread", "Refusals may stand in what is not read or not understood.",
        "Look at unused_columns, unused_sheets and marks; if none is a refusal, repeat with --ignore-unread.",
    ),
    READ_OTHERWISE: (
        READ_OTHERWISE,
        "The file, or what it begins with, was imported before; it is read by another layout now, which nobody named.",
        "If its grants are meant so, repeat with --again or name the --profile; if not, take the file away.",
    ),
    RESTORED: ("restored", "The database was restored from a backup meanwhile.", "Bring the file again."),
}  # fmt: skip


class ImportFailed(Exception):
    """Why a file, or its grants, was not imported; `report` is printed. `is_for_room`: no new grants are taken now."""

    def __init__(self, word: str, sentence: str, cure: str, *, is_for_room: bool = False, **more: object):
        super().__init__(word)
        self.report = {"word": word, "sentence": sentence, "cure": cure, **more}
        self.is_for_room = is_for_room


def failure_of_file(problem: FileProblem) -> ImportFailed:
    return ImportFailed(problem.value, problem.sentence, problem.cure)


def failure_of_answers(names: list[str], batch: ImportBatch) -> ImportFailed:
    return ImportFailed(
        "missing", f"The file does not say: {', '.join(names)}.{_written(batch)}",
        "Say it for the whole file on the dashboard, or keep it in a profile; channels, by --channels.", missing=names,
    )  # fmt: skip


def failure_of_grants(problem: str, batch: ImportBatch) -> ImportFailed:
    word, sentence, cure = HELD[problem]
    vouched = {Confirmation.BEFORE_2015.value: batch.before_2015, Confirmation.FIRST_GRANTS.value: batch.first_grants}
    counts = {"grants": vouched[problem]} if problem in vouched else {}
    is_for_room = problem in (NO_ROOM, SUSPENDED)
    return ImportFailed(word, sentence + _written(batch), cure, is_for_room=is_for_room, **counts)


def _written(batch: ImportBatch) -> str:
    said = " {refusals} refusals were recorded, {grants} grants wait."
    return said.format(**held_counts(batch)) if batch.state == BatchState.DONE else ""
