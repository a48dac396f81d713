"""The lines of a batch with errors, as they stood in the file, each with its problems: for a file to correct.

Uploaded again it has the same columns in the same order, so it is read as the first file was; the columns that we add
are recognized by their names and ignored. What held the file's grants back beside its lines (its name, headings, looks)
comes as one more cell of each line, without a name as comments have it, so that it is asked or holds again.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import structlog
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from portal.core import clock, iys_protocol
from portal.core.iys_protocol import Channel
from portal.core.models import Decision, ImportBatch, ImportChunk, Outcome, Submission
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents.bulk_import import Effect
from portal.services.imports import row_results, store
from portal.services.imports.chunk_parser import BatchReader
from portal.services.imports.layout import headers
from portal.services.imports.layout.layout import Field
from portal.services.imports.store import header_of, layout_of, outline_of
from portal.services.imports.unread import MarkKind, unread_of

log = structlog.get_logger()

OURS = ("Satır", "Sorun", "Çözüm", "İYS kodu")  # In one language, to be recognized (layout.headers.OURS).
REFUSED = (Outcome.PARKED, Outcome.EXPIRED)  # By İYS, or too late for it.
NO_BOUND = 2**31 - 1
SLOTS = len(row_results.SLOTS)

# The columns' names where the file has no header, so that the corrected file has one.
NAMES = {
    Field.ADDRESS: "Alıcı", Field.PHONE: "Telefon", Field.EMAIL: "E-posta", Field.CHANNEL: "Kanal",
    Field.STATUS: "Durum", Field.STATUS_SMS: "SMS izni", Field.STATUS_CALL: "Arama izni",
    Field.STATUS_EMAIL: "E-posta izni", Field.DATE: "İzin tarihi", Field.TIME: "Saat", Field.SOURCE: "Kaynak",
    Field.TYPE: "Alıcı tipi", Field.NAME: "Ad soyad", Field.ORIGIN: "Dayanak", Field.CONTACT: "İlk temas",
    Field.RETAILER: "Bayi kodu", Field.RETAILER_ACCESS: "Bayi erişimi",
}  # fmt: skip

BESIDE = "İlk dosyada: "
# Marks beside the lines, with words for those without a text; none of these refuses, or no tick would do.
_BESIDE = {
    MarkKind.FILE: "", MarkKind.SHEET: "", MarkKind.TITLE: "", MarkKind.COLOUR: "renk", MarkKind.FORMAT: "biçim",
    MarkKind.STRUCK: "çizgi",
}  # fmt: skip
ANOTHER_SHEET = "başka sayfa"

CHUNK_FACTS = (ImportChunk.place, ImportChunk.sheet, ImportChunk.first_line, ImportChunk.tally, ImportChunk.ran_at)
ChunkFacts = Row[*tuple[Any, ...]]  # Those of a chunk.


@dataclass(frozen=True)
class RowError:
    """What is wrong with a line, as msgids, and the code that İYS gives or would give; `problem` is the value of ours,
    empty where İYS refused."""

    sentence: str
    cure: str
    code: str
    problem: str = ""


@dataclass(frozen=True)
class ErrorLine:
    number: int
    cells: Sequence[str] = field(repr=False)
    errors: tuple[RowError, ...] = ()


class RowErrors:
    """The errors of one batch, from the chunks that have some. Raises CannotOpen where the outline cannot be opened."""

    def __init__(self, session: Session, vault: Vault, batch: ImportBatch):
        self._session, self._vault, self._batch = session, vault, batch
        self._reader: BatchReader | None = None
        header = _header(vault, batch)
        self._columns = [place for place in range(len(header)) if place not in headers.our_columns(header)]
        self._beside = _said_beside(vault, batch)
        self.header = [header[place] for place in self._columns] + [""] * len(self._beside)

    def lines(self) -> Iterator[ErrorLine]:
        """Lines with a problem, and those that İYS refused, in the order of the file."""
        for _, found in self.pages():
            yield from found

    def pages(self, start: int = 0) -> Iterator[tuple[int, list[ErrorLine]]]:
        """The same of each chunk that has some, with its place, from the place `start` on."""
        are_refused = self._session.scalar(self._refused_submissions().limit(1)) is not None
        for chunk, last_line in self._chunks(row_results.PROBLEMS, all_of_them=are_refused):
            if chunk.place < start:
                continue
            refused = self._refusals_by_line(chunk, last_line) if are_refused else {}
            rows = self._rows(chunk) if refused or _has(chunk, row_results.PROBLEMS) else ()
            found = [
                ErrorLine(number, self._select(cells), tuple(errors))
                for number, cells, results in rows
                if (errors := dict.fromkeys(_errors(results, refused.get(number, ()))))
            ]
            if found:
                yield chunk.place, found

    def late_grants(self) -> Iterator[ErrorLine]:
        """Lines with a grant that is too old for İYS."""
        for chunk, _ in self._chunks((Effect.LATE_GRANT,)):
            for number, cells, results in self._rows(chunk):
                if Effect.LATE_GRANT in results:
                    yield ErrorLine(number, self._select(cells))

    def _chunks(self, results: Container[str], *, all_of_them: bool = False) -> Iterator[tuple[ChunkFacts, int]]:
        """Chunks with one of these results, each with the number of its last line."""
        facts = select(*CHUNK_FACTS)
        mine = facts.where(ImportChunk.batch_id == self._batch.id, ImportChunk.row_results.is_not(None))
        found = self._session.execute(mine.order_by(ImportChunk.place)).all()
        for chunk, after in zip_longest(found, found[1:]):
            if all_of_them or _has(chunk, results):
                yield chunk, after.first_line - 1 if after and after.sheet == chunk.sheet else NO_BOUND

    def _rows(self, facts: ChunkFacts) -> Iterator[tuple[int, list[str], list[str]]]:
        """(number, cells, one result per slot) of each line. A damaged chunk has none; the others go on."""
        chunk = store.chunk_at(self._session, self._batch.id, facts.place)
        if chunk is None:  # The batch was dropped meanwhile.
            return
        try:
            self._reader = self._reader or BatchReader(lambda: self._session, self._vault, self._batch, clock.now())
            lines = self._reader.lines_of(chunk)
        except CannotOpen:
            log.error("import.chunk_damaged", batch=self._batch.id, chunk=facts.place)
            return
        for place, (number, cells) in enumerate(lines):
            slots = chunk.row_results[place * SLOTS : (place + 1) * SLOTS]
            yield number, cells, [row_results.result_of(byte) if byte else "" for byte in slots]

    def _refused_submissions(self) -> Select[int]:
        return select(Submission.id).where(
            Submission.batch_id == self._batch.id, Submission.outcome.in_(REFUSED), Submission.closed_at.is_(None)
        )

    def _refusals_by_line(self, chunk: ChunkFacts, last: int) -> dict[int, list[tuple[Channel, str | None]]]:
        """By line of a chunk: the channels whose entry İYS refused, with its code."""
        written = Decision.batch_id == self._batch.id, Decision.recorded_at == chunk.ran_at
        refused = (
            self._refused_submissions()
            .join(Decision, Decision.id == Submission.decision_id)
            .where(*written, Decision.line.between(chunk.first_line, last))
            .with_only_columns(Decision.line, Decision.channel, Submission.code)
        )
        found: dict[int, list[tuple[Channel, str | None]]] = defaultdict(list)
        for line, channel, code in self._session.execute(refused.order_by(Decision.line)):
            found[line or 0].append((channel, code))
        return found

    def _select(self, cells: list[str]) -> list[str]:
        """Without our own columns, and with what stands beside the lines."""
        return [cells[place] if place < len(cells) else "" for place in self._columns] + self._beside


def _header(vault: Vault, batch: ImportBatch) -> list[str]:
    """A name for each column of the sheets that are read; empty for an unreadable file."""
    if batch.outline is None or batch.layout is None:
        return []
    outline, layout = outline_of(vault, batch), layout_of(vault, batch)
    named = {column: NAMES[field] for field, column in layout.columns.items()}
    header = list(header_of(outline, layout))
    width = max((outline.sheets[each].width for each in layout.sheets), default=0)
    if not any(header):
        return [named.get(place, "") for place in range(width)]
    return header + [""] * (width - len(header))


def _said_beside(vault: Vault, batch: ImportBatch) -> list[str]:
    """What nobody understands beside the lines, or refuses there, as one cell; the lines have the rest of it."""
    if batch.outline is None or batch.layout is None:
        return []
    unread, sheets = unread_of(vault, batch), outline_of(vault, batch).sheets
    said = [sheets[place].title for place in layout_of(vault, batch).sheets]
    said += [mark.text or _BESIDE[mark.kind] for mark in unread.marks if mark.kind in _BESIDE]
    said = list(filter(None, dict.fromkeys([*said, ANOTHER_SHEET if unread.sheets else ""])))
    return [BESIDE + row_results.BETWEEN.join(said)] if said else []


def _has(chunk: ChunkFacts, results: Container[str]) -> bool:
    return any(result in results for result in chunk.tally or ())


def _errors(results: list[str], refused: Sequence[tuple[Channel, str | None]]) -> Iterator[RowError]:
    """The problems of a line, then what İYS refused."""
    for result in results:
        if problem := row_results.PROBLEMS.get(result):
            yield RowError(problem.sentence, problem.cure, row_results.code_of(result), result)
    for channel, code in refused:
        result = results[row_results.SLOTS.index(channel)]
        if result and result not in row_results.PROBLEMS:
            said = (iys_protocol.sentence_of(code), iys_protocol.cure_of(code)) if code else row_results.WITHOUT_CODE
            yield RowError(*said, code or "")
