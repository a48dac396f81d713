"""The lines of a batch that must be mended: as they stood in the file, each with what is wrong with it.

Brought again they have the same columns in the same order, so the file is read as the first one was; what we added is
told by its name, and passed by.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel
from portal.core.lazy_text import N_
from portal.core.models import Decision, ImportBatch, ImportChunk, Outcome, Submission
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents.bulk_import import Effect
from portal.services.imports import row_results, store
from portal.services.imports.layout import headers
from portal.services.imports.layout.layout import Field
from portal.services.imports.layout.normalization import folded
from portal.services.imports.stored_rows import header_of, layout_of, outline_of

log = structlog.get_logger()

OURS = ("Satır", "Sorun", "Çözüm", "İYS kodu")  # In one language, or no program would know them again.
REFUSED = (Outcome.PARKED, Outcome.EXPIRED)  # By İYS, or too late for it.
NO_BOUND = 2**31 - 1
SLOTS = len(row_results.SLOTS)
ADDRESS_CODES = {"phone": "H121", "email": "H120"}  # Of problems with an address, by how their words begin.
ANY_ADDRESS = "H122"

# What columns of a file without a header are called, so that the next reading knows them.
NAMES = {
    Field.ADDRESS: "Alıcı", Field.PHONE: "Telefon", Field.EMAIL: "E-posta", Field.CHANNEL: "Kanal",
    Field.STATUS: "Durum", Field.STATUS_SMS: "SMS izni", Field.STATUS_CALL: "Arama izni",
    Field.STATUS_EMAIL: "E-posta izni", Field.DATE: "İzin tarihi", Field.TIME: "Saat", Field.SOURCE: "Kaynak",
    Field.TYPE: "Alıcı tipi", Field.NAME: "Ad soyad", Field.ORIGIN: "Dayanak", Field.CONTACT: "İlk temas",
}  # fmt: skip
WITHOUT_CODE = N_("İYS bu kaydı almadı."), N_("Satırı kontrol edip yeniden yükleyin.")


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a line, as msgids, and the code that İYS gives or would give for it."""

    sentence: str
    cure: str
    code: str


@dataclass(frozen=True)
class Line:
    """A line as it stood in the file."""

    number: int
    cells: Sequence[str] = field(repr=False)
    wrong: tuple[Wrong, ...] = ()


class Errors:
    """Those of one batch, read piece by piece, and only of pieces that have some. Raises CannotOpen where not even the
    file's outline can be opened."""

    def __init__(self, session: Session, vault: Vault, batch: ImportBatch):
        self._session, self._vault, self._batch = session, vault, batch
        header = _header(vault, batch)
        self._kept = [place for place, name in enumerate(header) if folded(name) not in headers.OURS]
        self.header = [header[place] for place in self._kept]

    def lines(self) -> Iterator[Line]:
        """Those with a problem, and those that İYS refused, in the order of the file."""
        are_refused = self._session.scalar(self._refused().limit(1)) is not None
        for piece, until in self._pieces(row_results.PROBLEMS, all_of_them=are_refused):
            refused = self._refused_in(piece.first_line, until) if are_refused else {}
            for number, cells, words in self._opened(piece) if refused or _has(piece, row_results.PROBLEMS) else ():
                wrong = dict.fromkeys([*_problems(words), *_refusals(words, refused.get(number, ()))])
                if wrong:
                    yield Line(number, self._cut(cells), tuple(wrong))

    def late(self) -> Iterator[Line]:
        """Those with a grant that is too old for İYS."""
        for piece, _ in self._pieces((Effect.LATE_GRANT,)):
            for number, cells, words in self._opened(piece):
                if Effect.LATE_GRANT in words:
                    yield Line(number, self._cut(cells))

    def _pieces(self, words: Container[str], *, all_of_them: bool = False) -> Iterator[tuple[ImportChunk, int]]:
        """Pieces that have one of these verdicts, each with the number up to which its lines go."""
        facts = select(ImportChunk.id, ImportChunk.sheet, ImportChunk.first_line, ImportChunk.tally)
        mine = facts.where(ImportChunk.batch_id == self._batch.id, ImportChunk.row_results.is_not(None))
        found = self._session.execute(mine.order_by(ImportChunk.place)).all()
        for each, after in pairwise([*found, None]):
            if all_of_them or _has(each, words):
                is_last = after is None or after.sheet != each.sheet
                yield self._session.get_one(ImportChunk, each.id), NO_BOUND if is_last else after.first_line - 1

    def _opened(self, piece: ImportChunk) -> Iterator[tuple[int, list[str], list[str]]]:
        """(number, cells, a word per slot) of each line."""
        for place, (number, cells) in enumerate(self._lines_of(piece)):
            slots = piece.row_results[place * SLOTS : (place + 1) * SLOTS]
            yield number, cells, [row_results.word_of(byte) if byte else "" for byte in slots]
        self._session.expunge(piece)

    def _lines_of(self, piece: ImportChunk) -> list[store.Line]:
        """Of a piece that is damaged nothing can be told; the others go on."""
        try:
            return store.lines_of(self._vault, piece)
        except CannotOpen:
            log.error("import.piece_damaged", batch=self._batch.id, piece=piece.place)
            return []

    def _refused(self) -> Select:
        return select(Submission.id).where(
            Submission.batch_id == self._batch.id, Submission.outcome.in_(REFUSED), Submission.closed_at.is_(None)
        )

    def _refused_in(self, first: int, last: int) -> dict[int, list[tuple[Channel, str | None]]]:
        """By line: the channels of which İYS refused the entry, with its code."""
        told = (
            self._refused()
            .join(Decision, Decision.id == Submission.decision_id)
            .where(Decision.batch_id == self._batch.id, Decision.line.between(first, last))
            .with_only_columns(Decision.line, Decision.channel, Submission.code)
        )
        found = defaultdict(list)
        for line, channel, code in self._session.execute(told.order_by(Decision.line)):
            found[line].append((channel, code))
        return found

    def _cut(self, cells: list[str]) -> list[str]:
        return [cells[place] if place < len(cells) else "" for place in self._kept]


def _header(vault: Vault, batch: ImportBatch) -> list[str]:
    """Of the sheets that are read, a name for each column; of a file that nobody could read, none."""
    if batch.outline is None or batch.layout is None:
        return []
    outline, layout = outline_of(vault, batch), layout_of(vault, batch)
    named = {column: NAMES[field] for field, column in layout.columns.items()}
    header = list(header_of(outline, layout))
    width = max((outline.sheets[each].width for each in layout.sheets), default=0)
    if not any(header):
        return [named.get(place, "") for place in range(width)]
    return header + [""] * (width - len(header))


def _has(piece, words: Container[str]) -> bool:
    return any(word in words for word in piece.tally or ())


def _problems(words: list[str]) -> Iterator[Wrong]:
    for word in filter(row_results.PROBLEMS.get, words):
        problem = row_results.PROBLEMS[word]
        yield Wrong(problem.sentence, problem.cure, code_of(word))


def _refusals(words: list[str], refused: Sequence[tuple[Channel, str | None]]) -> Iterator[Wrong]:
    """Of several sheets with a line of this number, those count that say something of the channel."""
    for channel, code in refused:
        word = words[row_results.SLOTS.index(channel)]
        if word and word not in row_results.PROBLEMS:
            sentence, cure = (iys_protocol.sentence_of(code), iys_protocol.cure_of(code)) if code else WITHOUT_CODE
            yield Wrong(sentence, cure, code or "")


def code_of(word: str) -> str:
    """The code that İYS would give for a problem."""
    return row_results.CODES.get(word) or ADDRESS_CODES.get(word.partition("_")[0], ANY_ADDRESS)
