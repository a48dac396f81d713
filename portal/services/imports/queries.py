"""What a batch's pages show: its first lines, samples of a verdict, and how its entries stand with İYS now.

Only reads. What a file's line says is shown as it stands there; it is the provider's own.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, func, literal, null, or_, select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel, Status
from portal.core.models import Annulment, BatchState, Decision, ImportBatch, ImportChunk, Outcome, Recipient, Submission
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import recipients
from portal.domain.consents.bulk_import import WRITTEN, Effect
from portal.services.imports import row_results, store
from portal.services.imports.chunks import DAMAGED
from portal.services.imports.layout.layout import Field, Layout
from portal.services.imports.outline import Outline
from portal.services.imports.row_results import Passed
from portal.services.imports.stored_rows import Cell, Lines, cells_of, layout_of, outline_of, piece_at

SLOTS = len(row_results.SLOTS)
LOOKED_THROUGH = 5  # Pieces, for words that are not understood: others come up when these are.
# Which columns a problem is about; one that is not here is of the address.
ABOUT = {
    "status": (Field.STATUS, Field.STATUS_SMS, Field.STATUS_CALL, Field.STATUS_EMAIL),
    "channel": (Field.CHANNEL, Field.ADDRESS, Field.PHONE, Field.EMAIL),
    "type": (Field.TYPE,),
    "source": (Field.SOURCE, Field.DATE),
    "date": (Field.DATE, Field.TIME, Field.SOURCE),
    "origin": (Field.ORIGIN,),
}
OF_PHONE, OF_EMAIL = (Field.ADDRESS, Field.PHONE), (Field.ADDRESS, Field.EMAIL)
# Of a good entry, what it is about and what it says.
OF_GOOD = (
    Field.ADDRESS, Field.PHONE, Field.EMAIL, Field.CHANNEL, Field.STATUS, Field.STATUS_SMS, Field.STATUS_CALL,
    Field.STATUS_EMAIL, Field.DATE, Field.SOURCE,
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """An entry with its verdict: where it stands, and the cells concerned. `key` is for the next page."""

    key: int
    line: int
    sheet: str  # Empty where the file has but one.
    channel: Channel
    cells: tuple[Cell, ...]


def samples(
    session: Session, vault: Vault, batch: ImportBatch, word: str, limit: int = 50, after: int = -1
) -> list[Sample]:
    """Entries with this verdict in the order of the file, behind the one whose key is `after`."""
    outline, layout = outline_of(vault, batch), layout_of(vault, batch)
    found: list[Sample] = []
    for place in _places_with(session, batch, word):
        if (place + 1) * store.PIECE * SLOTS <= after or len(found) >= limit:
            continue
        piece = session.scalar(piece_at(batch, place))
        slots = [each for each in _slots_with(piece, word) if _key(piece, each) > after][: limit - len(found)]
        lines = store.lines_of(vault, piece) if slots else []
        for slot in slots:
            number, cells = lines[slot // SLOTS]
            found.append(_sample(piece, slot, number, cells, word, outline, layout))
    return found


def lines_with(session: Session, vault: Vault, batch: ImportBatch, word: str) -> Iterator[store.Line]:
    """Lines that have this verdict, of the first pieces that do."""
    for place in _places_with(session, batch, word)[:LOOKED_THROUGH]:
        piece = session.scalar(piece_at(batch, place))
        lines = store.lines_of(vault, piece)
        yield from (lines[each] for each in sorted({slot // SLOTS for slot in _slots_with(piece, word)}))


def tally_of(batch: ImportBatch) -> dict[str, int]:
    """Entries by verdict."""
    return dict(batch.tally or {})


def _places_with(session: Session, batch: ImportBatch, word: str) -> list[int]:
    """Which pieces have the word among their verdicts: each piece's own tally says so."""
    mine = select(ImportChunk.place, ImportChunk.tally).where(
        ImportChunk.batch_id == batch.id, ImportChunk.row_results.is_not(None)
    )
    return [place for place, tally in session.execute(mine.order_by(ImportChunk.place)) if (tally or {}).get(word)]


def _slots_with(piece: ImportChunk, word: str) -> Iterator[int]:
    wanted = bytes([row_results.BYTE_OF[word]])
    found = piece.row_results.find(wanted)
    while found >= 0:
        yield found
        found = piece.row_results.find(wanted, found + 1)


def _key(piece: ImportChunk, slot: int) -> int:
    return piece.place * store.PIECE * SLOTS + slot


def _sample(
    piece: ImportChunk, slot: int, number: int, cells: list[str], word: str, outline: Outline, layout: Layout
) -> Sample:
    channel = row_results.SLOTS[slot % SLOTS]
    return Sample(
        key=_key(piece, slot),
        line=number,
        sheet=outline.sheets[piece.sheet].name if len(layout.sheets) > 1 else "",
        channel=channel,
        cells=cells_of(cells, _concerned(word, channel), layout, outline.sheets[piece.sheet].header),
    )


def _concerned(word: str, channel: Channel) -> Sequence[Field]:
    if word not in row_results.PROBLEMS:
        return OF_GOOD
    of_address = OF_EMAIL if channel == Channel.EMAIL else OF_PHONE
    return ABOUT.get(word.partition("_")[0], of_address) if word in tuple(row_results.RowProblem) else of_address


class Pile(StrEnum):
    """How entries stand with İYS now."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    NOT_NEEDED = "not_needed"
    REFUSED = "refused"
    ANNULLED = "annulled"


OUTCOMES = {
    Pile.ACCEPTED: (Outcome.ACCEPTED, Outcome.VERIFIED),
    Pile.WAITING: (Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED),
    Pile.NOT_NEEDED: (Outcome.NOT_NEEDED, Outcome.OVERTAKEN),
    Pile.REFUSED: (Outcome.PARKED, Outcome.EXPIRED),
    Pile.ANNULLED: (Outcome.ANNULLED,),
}
TOLD = (Effect.GRANT, Effect.REFUSAL, Effect.FIRST_REFUSAL, Effect.OLD_REFUSAL)
KEPT = (Effect.LATE_GRANT, Effect.OLDER)
AS_BEFORE = (Effect.SAME, Effect.KNOWN)
OF_DECISION = (Decision.line, Decision.channel, Decision.status, Recipient)


@dataclass(frozen=True)
class Piles:
    """Entries of a batch by how they stand now; they add up to all that the file says."""

    accepted: int
    waiting: int
    not_needed: int  # İYS says so; or it need not be told at all.
    refused: int
    annulled: int
    kept: int  # As evidence only: too old for İYS, or something newer is known.
    as_before: int  # It stood so already, or was brought before.
    passed: int  # Repeated in the file, or not for this address.
    problems: int
    unwritten: int = 0  # The run was stopped before it came to them.

    @property
    def total(self) -> int:
        return sum(self.__dict__.values())


@dataclass(frozen=True)
class Row:
    """One entry that was brought, with what became of it. `key` is for the next page."""

    key: int
    line: int | None
    cells: tuple[Cell, ...]
    address: str  # Masked.
    recipient_id: int
    channel: Channel
    status: Status
    outcome: Outcome
    code: str | None


def piles(session: Session, batch: ImportBatch) -> Piles:
    """Counts what İYS has said of the batch up to now; one look into an index, also for a large file."""
    counted = select(Submission.outcome, func.count()).where(Submission.batch_id == batch.id)
    by_outcome = dict(session.execute(counted.group_by(Submission.outcome)).all())
    told = {pile: sum(by_outcome.get(each, 0) for each in outcomes) for pile, outcomes in OUTCOMES.items()}
    tally = tally_so_far(session, batch)
    kept, untold = _sum(tally, KEPT), max(0, _sum(tally, TOLD) - sum(told.values()))  # Obeyed here, and not for İYS.
    void = max(0, batch.annulled - told[Pile.ANNULLED])  # That nobody would have been told of.
    void_of_kept = min(kept, void)
    void_of_untold = min(untold, void - void_of_kept)
    told[Pile.NOT_NEEDED] += untold - void_of_untold
    told[Pile.ANNULLED] += void_of_kept + void_of_untold
    return Piles(
        **{pile.value: count for pile, count in told.items()},
        kept=kept - void_of_kept,
        as_before=_sum(tally, AS_BEFORE),
        passed=_sum(tally, Passed),
        problems=_sum(tally, row_results.PROBLEMS),
        unwritten=_sum(tally_of(batch), WRITTEN) - _sum(tally, WRITTEN),
    )


def tally_so_far(session: Session, batch: ImportBatch) -> dict[str, int]:
    """Entries by verdict, without those that a run has still to write."""
    unwritten = _unwritten(session, batch)
    return {word: count - (unwritten.get(word, 0) if word in WRITTEN else 0) for word, count in tally_of(batch).items()}


def rows(session: Session, vault: Vault, batch: ImportBatch, pile: Pile, limit: int = 50, after: int = 0) -> list[Row]:
    """Entries of a pile in the order in which they were written, behind the one whose key is `after`."""
    is_void = pile == Pile.ANNULLED
    of_pile = _void(batch, limit, after) if is_void else _written(session, batch, OUTCOMES[pile], limit, after)
    found = session.execute(of_pile).all()
    lines = Lines(session, vault, batch)
    return [
        Row(
            key=each.id,
            line=each.line,
            cells=lines.cells_of(each.line, address, OF_GOOD) if each.line else (),
            address=recipients.masked(vault, each.Recipient),
            recipient_id=each.Recipient.id,
            channel=each.channel,
            status=each.status,
            outcome=each.outcome,
            code=each.code,
        )
        for each in found
        for address in [_address(vault, each.Recipient)]
    ]


def _void(batch: ImportBatch, limit: int, after: int) -> Select:
    """What was taken back, also of what İYS was never to be told."""
    outcome, code = literal(Outcome.ANNULLED, Submission.outcome.type), null()
    return (
        select(Decision.id, outcome.label("outcome"), code.label("code"), *OF_DECISION)
        .join(Annulment, Annulment.decision_id == Decision.id)
        .join(Recipient, Recipient.id == Decision.recipient_id)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .where(Decision.batch_id == batch.id, Decision.id > after)
        .where(or_(Submission.id.is_(None), Submission.batch_id == batch.id))  # Others are no entries of the file.
        .order_by(Decision.id)
        .limit(limit)
    )


def _written(session: Session, batch: ImportBatch, outcomes: Sequence[Outcome], limit: int, after: int) -> Select:
    ids: list[int] = []
    for outcome in outcomes:  # Each is a run of its own in the index.
        mine = select(Submission.id).where(
            Submission.batch_id == batch.id, Submission.outcome == outcome, Submission.id > after
        )
        ids += session.scalars(mine.order_by(Submission.id).limit(limit))
    return (
        select(Submission.id, Submission.outcome, Submission.code, *OF_DECISION)
        .join(Decision, Decision.id == Submission.decision_id)
        .join(Recipient, Recipient.id == Decision.recipient_id)
        .where(Submission.id.in_(sorted(ids)[:limit]))
        .order_by(Submission.id)
    )


def _unwritten(session: Session, batch: ImportBatch) -> dict[str, int]:
    """Entries by verdict of the pieces that the run did not come to, or could not open."""
    found: Counter[str] = Counter()
    has_some = batch.state != BatchState.DONE or batch.problem == DAMAGED
    waiting = select(ImportChunk.tally).where(
        ImportChunk.batch_id == batch.id, ImportChunk.ran_at.is_(None), ImportChunk.tally.is_not(None)
    )
    for tally in session.scalars(waiting) if has_some else ():
        found.update(tally)
    return found


def _address(vault: Vault, recipient: Recipient) -> str:
    try:
        return recipients.address_of(vault, recipient)
    except CannotOpen:
        return ""


def _sum(tally: dict[str, int], words) -> int:
    return sum(tally.get(word, 0) for word in words)
