"""Queries for a batch's pages: sample lines of a result, and how its entries stand with İYS now.

Cells of the file are shown unmasked; they are the provider's own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import Row, Select, func, literal, null, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.iys_protocol import Channel
from portal.core.models import (
    TAKEN_OUTCOMES,
    Annulment,
    BatchState,
    Decision,
    ImportBatch,
    ImportChunk,
    Outcome,
    Recipient,
    Submission,
)
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import recipients
from portal.domain.consents.evidence import late_grants
from portal.domain.consents.import_plan import KEPT, SENT, WRITTEN, Effect
from portal.services.imports import row_results, store, undo
from portal.services.imports.chunk_parser import BatchReader
from portal.services.imports.layout.layout import RETAILERS, STATUS_FIELDS, Field
from portal.services.imports.reading import Line
from portal.services.imports.reading.workbook_chunker.chunks import LINES
from portal.services.imports.row_results import SkipReason
from portal.services.imports.store import DAMAGED, Cell, ChunkRow, StoredLines, cells_of, layout_of, outline_of

SLOTS = len(row_results.SLOTS)
SEARCHED_CHUNKS = 5  # For unknown words: others come up when these are explained.
# The columns that a problem is about, by how its value begins; any other is about the address.
PROBLEM_FIELDS = {
    "status": (Field.STATUS, Field.STATUS_SMS, Field.STATUS_CALL, Field.STATUS_EMAIL),
    "channel": (Field.CHANNEL, Field.ADDRESS, Field.PHONE, Field.EMAIL),
    "type": (Field.TYPE,),
    "source": (Field.SOURCE, Field.DATE),
    "date": (Field.DATE, Field.TIME, Field.SOURCE),
    "origin": (Field.ORIGIN,),
    "retailer": RETAILERS,
    "other": (Field.ADDRESS, Field.PHONE, Field.EMAIL, Field.STATUS, *STATUS_FIELDS.values()),
    "over": (Field.ADDRESS, Field.PHONE, Field.EMAIL, Field.DATE),
    "address": (Field.STATUS_SMS, Field.STATUS_CALL, Field.STATUS_EMAIL, Field.PHONE, Field.EMAIL),
}
PHONE_FIELDS, EMAIL_FIELDS = (Field.ADDRESS, Field.PHONE), (Field.ADDRESS, Field.EMAIL)
# Shown of a good entry.
ENTRY_FIELDS = (
    Field.ADDRESS, Field.PHONE, Field.EMAIL, Field.CHANNEL, Field.STATUS, Field.STATUS_SMS, Field.STATUS_CALL,
    Field.STATUS_EMAIL, Field.DATE, Field.SOURCE, *RETAILERS,
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """An entry with a given result: where it stands, and the cells concerned. `key` is for the next page."""

    key: int
    line: int
    sheet: str  # Empty where the file has but one.
    channel: Channel
    cells: tuple[Cell, ...]


def result_samples(
    session: Session, vault: Vault, batch: ImportBatch, result: str, limit: int = 50, after: int = -1
) -> list[Sample]:
    """Entries with this result in the order of the file, after the one whose key is `after`."""
    outline, layout = outline_of(vault, batch), layout_of(vault, batch)
    reader = BatchReader(lambda: session, vault, batch, clock.now())
    found: list[Sample] = []
    for chunk in _chunks_with(session, batch, result, (after + 1) // (LINES * SLOTS)):
        first_key = chunk.place * LINES * SLOTS
        slots = [each for each in _slots_with(chunk, result) if first_key + each > after][: limit - len(found)]
        lines = reader.lines_of(chunk) if slots else []
        sheet = outline.sheets[chunk.sheet]
        for slot in slots:
            number, cells = lines[slot // SLOTS]
            channel = row_results.SLOTS[slot % SLOTS]
            shown = cells_of(cells, _fields_concerned(result, channel), layout, sheet.header)
            found.append(Sample(first_key + slot, number, sheet.name if len(layout.sheets) > 1 else "", channel, shown))
        if len(found) >= limit:
            break
    return found


def lines_with_result(session: Session, vault: Vault, batch: ImportBatch, result: str) -> Iterator[Line]:
    """Lines with this result, from the first chunks that have some."""
    reader = BatchReader(lambda: session, vault, batch, clock.now())
    for chunk in islice(_chunks_with(session, batch, result), SEARCHED_CHUNKS):
        lines = reader.lines_of(chunk)
        yield from (lines[each] for each in sorted({slot // SLOTS for slot in _slots_with(chunk, result)}))


def _chunks_with(session: Session, batch: ImportBatch, result: str, first_place: int = 0) -> Iterator[ChunkRow]:
    tallies = select(ImportChunk.place, ImportChunk.tally).where(
        ImportChunk.batch_id == batch.id, ImportChunk.row_results.is_not(None)
    )
    for place, tally in session.execute(tallies.order_by(ImportChunk.place)).all():
        if place >= first_place and (tally or {}).get(result):
            chunk = store.chunk_at(session, batch.id, place)
            if chunk is not None:
                yield chunk


def _slots_with(chunk: ChunkRow, result: str) -> Iterator[int]:
    wanted = row_results.BYTE_OF[result]
    return (slot for slot, byte in enumerate(chunk.row_results) if byte == wanted)


def _fields_concerned(result: str, channel: Channel) -> Sequence[Field]:
    if result not in row_results.PROBLEMS:
        return ENTRY_FIELDS
    of_address = EMAIL_FIELDS if channel == Channel.EMAIL else PHONE_FIELDS
    return PROBLEM_FIELDS.get(result.partition("_")[0], of_address)


class RowGroup(StrEnum):
    """How an entry stands with İYS now."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    NOT_NEEDED = "not_needed"
    REFUSED = "refused"
    ANNULLED = "annulled"


OUTCOMES = {
    RowGroup.ACCEPTED: TAKEN_OUTCOMES,
    RowGroup.WAITING: (Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED),
    RowGroup.NOT_NEEDED: (Outcome.NOT_NEEDED, Outcome.OVERTAKEN),
    RowGroup.REFUSED: (Outcome.PARKED, Outcome.EXPIRED),
    RowGroup.ANNULLED: (Outcome.ANNULLED,),
}
AS_BEFORE = (Effect.SAME, Effect.KNOWN)
DECISION_COLUMNS = (Decision.line, Decision.channel, Decision.status, Recipient)


@dataclass(frozen=True)
class GroupCounts:
    """Entries of a batch by group; they add up to all entries of the file."""

    accepted: int
    waiting: int
    not_needed: int  # İYS said so, or need not be sent it at all.
    refused: int
    annulled: int
    kept: int  # As evidence only: too late for İYS, or something newer is known.
    as_before: int  # The consent stood so already.
    passed: int  # Skipped: repeated in the file, or not for this address.
    problems: int
    unwritten: int = 0  # The run was stopped before them.

    @property
    def total(self) -> int:
        return sum(self.__dict__.values())


@dataclass(frozen=True)
class ImportedEntry:
    """One imported entry with its outcome."""

    entry: Row[*tuple[Any, ...]]  # Its id is for the next page.
    cells: tuple[Cell, ...]
    address: str  # Masked.


def count_groups(session: Session, batch: ImportBatch) -> GroupCounts:
    """Count the entries by group; one index scan, also for a large file."""
    counted = select(Submission.outcome, func.count()).where(Submission.batch_id == batch.id)
    by_outcome = dict(session.execute(counted.group_by(Submission.outcome)).all())
    submitted = {group: sum(by_outcome.get(each, 0) for each in outcomes) for group, outcomes in OUTCOMES.items()}
    tally = tally_so_far(session, batch)
    kept = _sum(tally, KEPT)
    unsent = max(0, _sum(tally, SENT) - sum(submitted.values()))  # Obeyed here; İYS is not sent it.
    void = max(0, batch.annulled - submitted[RowGroup.ANNULLED])  # Of decisions without a submission.
    void_of_kept = min(kept, void)
    void_of_unsent = min(unsent, void - void_of_kept)
    submitted[RowGroup.NOT_NEEDED] += unsent - void_of_unsent
    submitted[RowGroup.ANNULLED] += void_of_kept + void_of_unsent
    return GroupCounts(
        **{group.value: count for group, count in submitted.items()},
        kept=kept - void_of_kept,
        as_before=_sum(tally, AS_BEFORE),
        passed=_sum(tally, SkipReason),
        problems=_sum(tally, row_results.PROBLEMS),
        unwritten=sum((batch.tally or {}).values()) - sum(tally.values()),
    )


def tally_now(session: Session, batch: ImportBatch) -> dict[str, int]:
    """Entries by result: planned before a run, and of one that began what has come of them."""
    return (batch.tally or {}) if batch.started_at is None else tally_so_far(session, batch)


def tally_so_far(session: Session, batch: ImportBatch) -> dict[str, int]:
    """Entries by result, without those that a run has still to write: of chunks that it did not come to, or could not
    open."""
    if batch.state == BatchState.DONE and batch.problem != DAMAGED:
        return batch.tally or {}
    to_write = (*WRITTEN, Effect.OVER_REFUSAL) if batch.after_refusal_confirmed_at else WRITTEN
    chunks = select(ImportChunk.ran_at, ImportChunk.tally).where(ImportChunk.batch_id == batch.id)
    tally: Counter[str] = Counter()
    for ran_at, results in session.execute(chunks):
        tally.update({each: count for each, count in (results or {}).items() if ran_at or each not in to_write})
    return tally


def group_rows(
    session: Session, vault: Vault, batch: ImportBatch, group: RowGroup, limit: int = 50, after: int = 0
) -> list[ImportedEntry]:
    """Entries of a group in the order in which they were written, after the one whose key is `after`."""
    if group == RowGroup.ANNULLED:
        entries = _annulled_entries(batch, limit, after)
    else:
        entries = _submitted_entries(session, batch, OUTCOMES[group], limit, after)
    lines, rows = StoredLines(session, vault, batch), []
    for entry in session.execute(entries).all():
        try:
            address = recipients.address_of(vault, entry.Recipient)
        except CannotOpen:
            address = ""
        cells = lines.cells_of(entry.line, address, ENTRY_FIELDS) if entry.line else ()
        rows.append(ImportedEntry(entry, cells, recipients.masked_address(vault, entry.Recipient)))
    return rows


def _annulled_entries(batch: ImportBatch, limit: int, after: int) -> Select[*tuple[Any, ...]]:
    """Also those that İYS was never to be sent."""
    outcome, code = literal(Outcome.ANNULLED, Submission.outcome.type), null()
    return (
        select(Decision.id, outcome.label("outcome"), code.label("code"), *DECISION_COLUMNS)
        .join(Annulment, Annulment.decision_id == Decision.id)
        .join(Recipient, Recipient.id == Decision.recipient_id)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .where(Decision.batch_id == batch.id, Decision.id > after)
        .where(undo.is_entry())
        .order_by(Decision.id)
        .limit(limit)
    )


def _submitted_entries(
    session: Session, batch: ImportBatch, outcomes: Sequence[Outcome], limit: int, after: int
) -> Select[*tuple[Any, ...]]:
    ids: list[int] = []
    for outcome in outcomes:  # Each is a range of its own in the index.
        mine = select(Submission.id).where(
            Submission.batch_id == batch.id, Submission.outcome == outcome, Submission.id > after
        )
        ids += session.scalars(mine.order_by(Submission.id).limit(limit))
    return (
        select(Submission.id, Submission.outcome, Submission.code, *DECISION_COLUMNS)
        .join(Decision, Decision.id == Submission.decision_id)
        .join(Recipient, Recipient.id == Decision.recipient_id)
        .where(Submission.id.in_(sorted(ids)[:limit]))
        .order_by(Submission.id)
    )


def _sum(tally: dict[str, int], results: Iterable[str]) -> int:
    return sum(tally.get(result, 0) for result in results)


def late_recipients(session: Session, batch: ImportBatch) -> Mapping[int, list[Channel]]:
    """Recipients by id with the channels of their late grants, without those who have refused or granted since."""
    late = late_grants().where(Decision.batch_id == batch.id)
    found: dict[int, list[Channel]] = {}
    for recipient_id, channel in session.execute(late.distinct()):
        found.setdefault(recipient_id, []).append(channel)
    return found
