"""Compare a day's file with our own movements, sent or brought by feeds: matched by transactionId, then field by field.

The file is read once in chunks, with only our movements of that chunk; for a whole day only two hashes per row are kept
in memory.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import TAKEN_OUTCOMES, Consent, Decision, DifferenceKind, Movement, Recipient, Submission
from portal.core.vault import Vault
from portal.domain.consents.movement_rows import MovementRow, is_closure, read_row, told_name
from portal.services.iys.reconciliation.day_file import COLUMNS, Line
from portal.services.iys.reconciliation.schedule import BrandDay, day_bounds

CHUNK = 2000
Facts = dict[str, list[str | None]]  # İYS's name of a field: [our value, İYS's value].


@dataclass(frozen=True, slots=True)
class OwnMovement:
    """A movement as we know it; `submission_id` if we sent it ourselves."""

    transaction_id: str
    consent_id: int
    submission_id: int | None
    recipient_type: RecipientType
    channel: Channel
    status: Status
    source: str | None  # None or empty, like the date, where a merchant's first record has none.
    consent_date: datetime | None
    creation_date: datetime | None
    is_verified: bool
    index_odd: bytes | None = field(repr=False)
    index_even: bytes | None = field(repr=False)

    @property
    def key(self) -> int:
        return self.submission_id or hash((self.transaction_id, self.consent_id, self.status))

    @property
    def is_dated_by_iys(self) -> bool:
        """Whether the date is İYS's, which has no fraction of a second: an answer without a date got our clock's."""
        return self.creation_date is not None and self.creation_date.microsecond == 0


RECIPIENT_INDEXES = (Recipient.index_odd, Recipient.index_even)
SUBMITTED = (
    select(
        Submission.transaction_id, Submission.consent_id, Submission.id, Consent.recipient_type, Consent.channel,
        Submission.status, Decision.source, Decision.consent_date, Submission.accepted_at,
        Submission.verified_at.is_not(None), *RECIPIENT_INDEXES,
    )
    .join(Consent, Consent.id == Submission.consent_id)
    .join(Decision, Decision.id == Submission.decision_id)
    .join(Recipient, Recipient.id == Consent.recipient_id)
    .where(Submission.outcome.in_(TAKEN_OUTCOMES))
)  # fmt: skip
RECEIVED = (
    select(
        Movement.transaction_id, Movement.consent_id, Submission.id, Consent.recipient_type, Consent.channel,
        Movement.status, Movement.source, Movement.consent_date, Movement.creation_date,
        Submission.verified_at.is_not(None), *RECIPIENT_INDEXES,
    )
    .join(Consent, Consent.id == Movement.consent_id)
    .join(Recipient, Recipient.id == Consent.recipient_id)
    .outerjoin(Submission, Submission.decision_id == Movement.decision_id)
    .where(or_(Submission.id.is_(None), Submission.outcome.not_in(TAKEN_OUTCOMES)))
)  # fmt: skip


@dataclass(frozen=True)
class FoundDifference:
    """A difference; `facts` never hold an address."""

    kind: DifferenceKind
    facts: Facts
    line: Line | None = field(default=None, repr=False)
    ours: OwnMovement | None = None


@dataclass
class ComparedChunk:
    """The result for some rows: their number, our movements that İYS lists, the rows that tell of a closed line (known
    or not), and the differences."""

    rows: int = 0
    listed: list[OwnMovement] = field(default_factory=list)
    closures: list[Line] = field(default_factory=list)
    found: list[FoundDifference] = field(default_factory=list)


def compare_day(
    session: Session, vault: Vault, brand_day: BrandDay, lines: Iterable[Line], matched: set[int], at: datetime
) -> Iterator[ComparedChunk]:
    """Compare every row of the file, read at `at`, then list our movements of the day that have none. Nothing is
    written.

    `matched` collects the keys of our movements that have a row: a second row of one is at İYS only.
    """
    day = _ComparedDay(session, vault, brand_day, matched, at)
    lines = iter(lines)
    while rows := tuple(islice(lines, CHUNK)):
        yield day.compare_rows(rows)
    yield day.only_here(day.unlisted.values())
    for transaction_ids in transaction_ids_of_day(session, brand_day):
        missing = {each for each in transaction_ids if hash(each) not in day.named}
        day.named.update(map(hash, missing))
        if missing:
            known = movements_by_transaction(session, brand_day.brand_id, missing)
            yield day.only_here(chain.from_iterable(known.values()))


@dataclass
class _ComparedDay:
    """A day whose file is being compared: what its rows name, and of that what no row so far is of, by its key."""

    session: Session
    vault: Vault
    brand_day: BrandDay
    matched: set[int]
    at: datetime
    named: set[int] = field(default_factory=set)
    unlisted: dict[int, OwnMovement] = field(default_factory=dict)

    def compare_rows(self, rows: tuple[Line, ...]) -> ComparedChunk:
        chunk = ComparedChunk(rows=len(rows), closures=[line for line in rows if is_closure(line.source)])
        refusals = {line: self._read_refusals(line) for line in rows}
        theirs: dict[str, list[Line]] = defaultdict(list)
        for line in rows:
            theirs[line.transaction_id].append(line)
        later = (name for its in refusals.values() for row in its for name in row.later_names)
        known = movements_by_transaction(self.session, self.brand_day.brand_id, chain(theirs, later))
        for transaction_id, lines in theirs.items():
            ours = known.get(transaction_id, [])
            self.named.update(map(hash, (transaction_id, *(each.transaction_id for each in ours))))
            left = [each for each in ours if each.key not in self.matched]
            for most in (0, len(COLUMNS)):  # Fields that differ. Rows that agree choose first.
                lines = [line for line in lines if not self._match_row(line, refusals[line], left, most, chunk)]
            chunk.found += map(_only_at_iys, lines)
            self.named.update(hash(name) for line in lines for row in refusals[line] for name in row.later_names)
            self.unlisted.update((each.key, each) for each in left)
        return chunk

    def only_here(self, movements: Iterable[OwnMovement]) -> ComparedChunk:
        """Those of the day that have no row: a transactionId may be of acts of several days."""
        first, end = day_bounds(self.brand_day.day)
        missing = (each for each in movements if each.key not in self.matched)
        of_day = (each for each in missing if each.creation_date and first <= each.creation_date < end)
        return ComparedChunk(found=[_only_here(each) for each in of_day])

    def _read_refusals(self, line: Line) -> list[MovementRow]:
        rows = [] if line.status == Status.GRANTED else read_row(line.as_wire(), self.at)
        return [row for row in rows if row.status == Status.REFUSED]

    def _match_row(
        self, line: Line, refusals: list[MovementRow], left: list[OwnMovement], most: int, chunk: ComparedChunk
    ) -> bool:
        """Compare a row with its nearest movement of those that are left, if in `most` fields at the most; a refusal
        only with the very act, as it is heard: any other one is unknown, whatever its name."""
        provider_id = self.brand_day.provider_id
        acts = [each for each in left if not refusals or any(self._is_same_act(each, row) for row in refusals)]
        compared = [(differing_fields(self.vault, provider_id, each, line), each) for each in acts]
        near = [pair for pair in compared if len(pair[0]) <= most]
        if not near:
            return False
        facts, nearest = min(near, key=lambda pair: len(pair[0]))
        left.remove(nearest)
        self.matched.add(nearest.key)
        if facts:
            named: Facts = {"transactionId": [line.transaction_id, line.transaction_id]}
            chunk.found.append(FoundDifference(DifferenceKind.ALTERED, named | facts, line, nearest))
        else:
            chunk.listed.append(nearest)
        return True

    def _is_same_act(self, ours: OwnMovement, row: MovementRow) -> bool:
        is_same = row.is_same_as_ours if ours.submission_id else row.is_same_act
        return (
            (row.channel, row.recipient_type) == (ours.channel, ours.recipient_type)
            and is_same(ours.creation_date, ours.consent_date)
            and _is_same_address(self.vault, self.brand_day.provider_id, ours, row.address.text)
        )


def differing_fields(vault: Vault, provider_id: int, ours: OwnMovement, line: Line) -> Facts:
    """The fields in which a row of the file differs from our movement; {} where they are the same."""
    facts: Facts = {}
    if not _is_same_address(vault, provider_id, ours, line.recipient.lower()):
        facts["recipient"] = [None, None]  # Only that it differs: no address may be stored here.
    for name, mine, theirs in (
        ("recipientType", ours.recipient_type, line.recipient_type),
        ("type", ours.channel, line.channel),
        ("status", ours.status, line.status),
        ("source", ours.source or "", line.source),
    ):
        if mine != theirs:
            facts[name] = [str(mine), theirs]
    if ours.consent_date != line.consented_at:
        facts["consentDate"] = [_wire_date(ours.consent_date), line.consent_date]
    if ours.is_dated_by_iys and ours.creation_date != line.created_at:
        facts["creationDate"] = [_wire_date(ours.creation_date), line.creation_date]
    return facts


def _is_same_address(vault: Vault, provider_id: int, ours: OwnMovement, address: str) -> bool:
    theirs = vault.indexes(provider_id, address)
    return any(index == getattr(ours, column) for column, index in theirs.items())


def _only_at_iys(line: Line) -> FoundDifference:
    facts: Facts = {name: [None, text] for name, text in line.as_wire().items() if name != "recipient"}
    return FoundDifference(DifferenceKind.ONLY_AT_IYS, facts, line=line)


def _only_here(ours: OwnMovement) -> FoundDifference:
    held = {
        "creationDate": _wire_date(ours.creation_date), "transactionId": told_name(ours.transaction_id),
        "recipientType": ours.recipient_type.value, "type": ours.channel.value, "status": ours.status.value,
        "consentDate": _wire_date(ours.consent_date), "source": ours.source or "",
    }  # fmt: skip
    return FoundDifference(DifferenceKind.ONLY_HERE, {name: [text, None] for name, text in held.items()}, ours=ours)


def _wire_date(at: datetime | None) -> str:
    return iys_protocol.format_wire_date(at) if at else ""


def movements_by_transaction(session: Session, brand_id: int, ids: Iterable[str]) -> dict[str, list[OwnMovement]]:
    """Our movements that are kept by these names, whatever their day, by transactionId; a few thousand at once.

    Our own submissions as we sent them, the rest as İYS reported it. Movements of a key in one second share an id.
    """
    asked = set(ids)
    found: dict[str, list[OwnMovement]] = defaultdict(list)
    submitted = SUBMITTED.where(Submission.transaction_id.in_(asked), Consent.brand_id == brand_id)
    received = RECEIVED.where(Movement.transaction_id.in_(asked), Movement.brand_id == brand_id)
    statements: tuple[Select[*tuple[Any, ...]], ...] = (submitted, received)
    for statement in statements:
        for row in session.execute(statement):
            found[told_name(row.transaction_id)].append(OwnMovement(*row))
    return found


def transaction_ids_of_day(session: Session, brand_day: BrandDay) -> Iterator[set[str]]:
    """The transactionIds of a day as far as we know, in chunks; one may come twice."""
    first, end = day_bounds(brand_day.day)
    submitted = (
        select(Submission.accepted_at, Submission.id, Submission.transaction_id)
        .join(Consent, Consent.id == Submission.consent_id)
        .where(
            Submission.provider_id == brand_day.provider_id, Consent.brand_id == brand_day.brand_id,
            Submission.accepted_at < end, Submission.outcome.in_(TAKEN_OUTCOMES),
            Submission.transaction_id.is_not(None),
        )
    )  # fmt: skip
    received = select(Movement.creation_date, Movement.id, Movement.transaction_id).where(
        Movement.brand_id == brand_day.brand_id, Movement.creation_date < end
    )
    yield from _chunks(session, submitted, Submission.accepted_at, Submission.id, first)
    yield from _chunks(session, received, Movement.creation_date, Movement.id, first)


def _chunks(
    session: Session, statement: Select[Any, int, Any], moment: InstrumentedAttribute[Any],
    key: InstrumentedAttribute[int], since: datetime,
) -> Iterator[set[str]]:  # fmt: skip
    """Read in chunks, each a query of its own: no cursor stays open between them."""
    after = 0
    while True:
        later = and_(moment >= since, or_(moment > since, key > after))
        rows = session.execute(statement.where(later).order_by(moment, key).limit(CHUNK)).all()
        if not rows:
            return
        since, after, _ = rows[-1]
        yield {row.transaction_id for row in rows}
