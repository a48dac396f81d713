"""A day's file beside our own movements, row by row: by transactionId first, then field by field.

The file is read once, in pieces, and of our side only what a piece names is held; what is left in memory of a whole
day is a small number per row.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice

from sqlalchemy.orm import Session

from portal.core import iys_protocol
from portal.core.models import DifferenceKind
from portal.core.vault import Vault
from portal.services.iys.reconciliation import own_movements as our_side
from portal.services.iys.reconciliation.day_file import Line
from portal.services.iys.reconciliation.own_movements import OwnMovement

CHUNK = 2000
Facts = dict[str, list[str | None]]  # İYS's name of a field: what we hold, what İYS's file says.


@dataclass(frozen=True)
class FoundDifference:
    """One difference; `facts` never hold an address."""

    kind: DifferenceKind
    facts: Facts
    line: Line | None = field(default=None, repr=False)
    ours: OwnMovement | None = None


@dataclass
class ComparedChunk:
    """What came of some rows: how many there were, which of our submissions İYS lists, and what differs."""

    rows: int = 0
    listed: list[OwnMovement] = field(default_factory=list)
    found: list[FoundDifference] = field(default_factory=list)


@dataclass(frozen=True)
class BrandDay:
    """Whose day is compared."""

    provider_id: int
    brand_id: int
    day: date


def compare_day(session: Session, vault: Vault, side: BrandDay, lines: Iterable[Line]) -> Iterator[ComparedChunk]:
    """Every row of the file, then what we hold that no row names. Nothing is written."""
    named, lines = set(), iter(lines)
    while rows := tuple(islice(lines, CHUNK)):
        named.update(hash(line.transaction_id) for line in rows)
        yield _compare_rows(session, vault, side, rows)
    for transaction_ids in our_side.transaction_ids_of_day(session, side.provider_id, side.brand_id, side.day):
        missing = {each for each in transaction_ids if hash(each) not in named}
        named.update(map(hash, missing))
        if missing:
            known = our_side.movements_by_transaction(session, side.brand_id, missing)
            yield ComparedChunk(found=[_only_here(each) for each in chain.from_iterable(known.values())])


def _compare_rows(session: Session, vault: Vault, side: BrandDay, rows: tuple[Line, ...]) -> ComparedChunk:
    piece = ComparedChunk(rows=len(rows))
    theirs = defaultdict(list)
    for line in rows:
        theirs[line.transaction_id].append(line)
    known = our_side.movements_by_transaction(session, side.brand_id, theirs)
    for transaction_id, lines in theirs.items():
        _match_rows(vault, side.provider_id, lines, known.get(transaction_id, []), piece)
    return piece


def _match_rows(
    vault: Vault, provider_id: int, lines: list[Line], known: list[OwnMovement], piece: ComparedChunk
) -> None:
    """Rows of one transactionId. Movements of a key in one second share it, so each row takes its nearest."""
    left = list(known)
    for line in lines:
        judged = [(differing_fields(vault, provider_id, each, line), each) for each in left]
        facts, nearest = min(judged, key=lambda pair: len(pair[0]), default=(None, None))
        if nearest is None:
            piece.found.append(_only_at_iys(line))
            continue
        left.remove(nearest)
        if facts:
            named = [line.transaction_id, line.transaction_id]
            piece.found.append(FoundDifference(DifferenceKind.ALTERED, {"transactionId": named} | facts, line, nearest))
        else:
            piece.listed.append(nearest)
    piece.found += [_only_here(each) for each in left]


def differing_fields(vault: Vault, provider_id: int, ours: OwnMovement, line: Line) -> Facts:
    """The fields in which a row of the file is not what we hold; {} where they are the same."""
    facts = {}
    if not _is_same_address(vault, provider_id, ours, line):
        facts["recipient"] = [None, None]  # That it differs; neither address may stand here.
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
    told = {name: [None, text] for name, text in line.as_wire().items() if name != "recipient"}
    return FoundDifference(DifferenceKind.ONLY_AT_IYS, told, line=line)


def _only_here(ours: OwnMovement) -> FoundDifference:
    held = {
        "creationDate": _wire_date(ours.creation_date), "transactionId": ours.transaction_id,
        "recipientType": ours.recipient_type.value, "type": ours.channel.value, "status": ours.status.value,
        "consentDate": _wire_date(ours.consent_date), "source": ours.source,
    }  # fmt: skip
    return FoundDifference(DifferenceKind.ONLY_HERE, {name: [text, None] for name, text in held.items()}, ours=ours)


def _wire_date(at) -> str:
    return iys_protocol.format_wire_date(at) if at else ""
