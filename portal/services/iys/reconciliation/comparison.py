"""Compare a day's file with our own movements: rows are matched by transactionId, then compared field by field.

The file is read once in chunks, with only our movements of that chunk; for a whole day only a hash per row is kept in
memory.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from sqlalchemy.orm import Session

from portal.core import iys_protocol
from portal.core.models import DifferenceKind
from portal.core.vault import Vault
from portal.services.iys.reconciliation import own_movements
from portal.services.iys.reconciliation.day_file import Line
from portal.services.iys.reconciliation.own_movements import OwnMovement
from portal.services.iys.reconciliation.schedule import BrandDay

CHUNK = 2000
Facts = dict[str, list[str | None]]  # İYS's name of a field: [our value, İYS's value].


@dataclass(frozen=True)
class FoundDifference:
    """A difference; `facts` never hold an address."""

    kind: DifferenceKind
    facts: Facts
    line: Line | None = field(default=None, repr=False)
    ours: OwnMovement | None = None


@dataclass
class ComparedChunk:
    """The result for some rows: their number, our movements that İYS lists, and the differences."""

    rows: int = 0
    listed: list[OwnMovement] = field(default_factory=list)
    found: list[FoundDifference] = field(default_factory=list)


def compare_day(session: Session, vault: Vault, brand_day: BrandDay, lines: Iterable[Line]) -> Iterator[ComparedChunk]:
    """Compare every row of the file, then list our movements that no row names. Nothing is written."""
    named: set[int] = set()
    lines = iter(lines)
    while rows := tuple(islice(lines, CHUNK)):
        named.update(hash(line.transaction_id) for line in rows)
        yield _compare_rows(session, vault, brand_day, rows)
    for transaction_ids in own_movements.transaction_ids_of_day(session, brand_day):
        missing = {each for each in transaction_ids if hash(each) not in named}
        named.update(map(hash, missing))
        if missing:
            known = own_movements.movements_by_transaction(session, brand_day.brand_id, missing)
            yield ComparedChunk(found=[_only_here(each) for each in chain.from_iterable(known.values())])


def _compare_rows(session: Session, vault: Vault, brand_day: BrandDay, rows: tuple[Line, ...]) -> ComparedChunk:
    chunk = ComparedChunk(rows=len(rows))
    theirs: dict[str, list[Line]] = defaultdict(list)
    for line in rows:
        theirs[line.transaction_id].append(line)
    known = own_movements.movements_by_transaction(session, brand_day.brand_id, theirs)
    for transaction_id, lines in theirs.items():
        _match_rows(vault, brand_day.provider_id, lines, known.get(transaction_id, []), chunk)
    return chunk


def _match_rows(
    vault: Vault, provider_id: int, lines: list[Line], known: list[OwnMovement], chunk: ComparedChunk
) -> None:
    """Compare the rows of one transactionId, each with its nearest movement: those of a key in one second share it."""
    left = list(known)
    for line in lines:
        if not left:
            chunk.found.append(_only_at_iys(line))
            continue
        compared = [(differing_fields(vault, provider_id, each, line), each) for each in left]
        facts, nearest = min(compared, key=lambda pair: len(pair[0]))
        left.remove(nearest)
        if facts:
            named: Facts = {"transactionId": [line.transaction_id, line.transaction_id]}
            chunk.found.append(FoundDifference(DifferenceKind.ALTERED, named | facts, line, nearest))
        else:
            chunk.listed.append(nearest)
    chunk.found += [_only_here(each) for each in left]


def differing_fields(vault: Vault, provider_id: int, ours: OwnMovement, line: Line) -> Facts:
    """The fields in which a row of the file differs from our movement; {} where they are the same."""
    facts: Facts = {}
    if not _is_same_address(vault, provider_id, ours, line):
        facts["recipient"] = [None, None]  # Only that it differs: no address may be stored here.
    for name, mine, theirs in (
        ("recipientType", ours.recipient_type, line.recipient_type),
        ("type", ours.channel, line.channel),
        ("status", ours.status, line.status),
        ("source", ours.source, line.source),
    ):
        if mine != theirs:
            facts[name] = [str(mine), theirs]
    if ours.consent_date != line.consented_at:
        facts["consentDate"] = [_wire_date(ours.consent_date), line.consent_date]
    if ours.is_dated_by_iys and ours.creation_date != line.created_at:
        facts["creationDate"] = [_wire_date(ours.creation_date), line.creation_date]
    return facts


def _is_same_address(vault: Vault, provider_id: int, ours: OwnMovement, line: Line) -> bool:
    theirs = vault.indexes(provider_id, line.recipient.lower())
    return any(index == getattr(ours, column) for column, index in theirs.items())


def _only_at_iys(line: Line) -> FoundDifference:
    facts: Facts = {name: [None, text] for name, text in line.as_wire().items() if name != "recipient"}
    return FoundDifference(DifferenceKind.ONLY_AT_IYS, facts, line=line)


def _only_here(ours: OwnMovement) -> FoundDifference:
    held = {
        "creationDate": _wire_date(ours.creation_date), "transactionId": ours.transaction_id,
        "recipientType": ours.recipient_type.value, "type": ours.channel.value, "status": ours.status.value,
        "consentDate": _wire_date(ours.consent_date), "source": ours.source,
    }  # fmt: skip
    return FoundDifference(DifferenceKind.ONLY_HERE, {name: [text, None] for name, text in held.items()}, ours=ours)


def _wire_date(at: datetime | None) -> str:
    return iys_protocol.format_wire_date(at) if at else ""
