"""Store the results of a comparison: listed submissions become verified, differences wait for a person.

A day may be compared again. A difference that a person settled stays settled, one that is no longer found is gone.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Consent, Difference, DifferenceKind, ReceivedVia, Recipient, Settlement
from portal.core.vault import index_column
from portal.domain.consents import drift, movement_rows, movements, recipients, verification
from portal.domain.consents.movement_rows import MovementRow
from portal.services.iys.reconciliation import comparison, day_file
from portal.services.iys.reconciliation.comparison import ComparedChunk, Facts, FoundDifference
from portal.services.iys.reconciliation.day_file import Line
from portal.services.iys.reconciliation.schedule import BrandDay, ClaimedDay

MAX_OPEN = 2000  # Open differences of one day; more are found when the day is compared again.


@dataclass
class ComparisonCounts:
    """Rows of the file, and differences that wait for a person."""

    rows: int = 0
    open: int = 0


def compare_and_record(claimed: ClaimedDay, body: bytes, at: datetime) -> ComparisonCounts:
    """Compare a file and store the results, one transaction per chunk. Raises InvalidDayFile."""
    findings, earlier, matched = ComparisonCounts(), _KnownDifferences(claimed.id), set[int]()
    for chunk in comparison.compare_day(read_session(), vault(), claimed, day_file.read_lines(body), matched, at):
        findings.rows += chunk.rows
        _record_chunk(db.session, claimed, chunk, earlier, matched, at)
        db.session.commit()
    _settle_as_gone(db.session, earlier.no_longer_found(), at)
    db.session.commit()
    findings.open = earlier.open
    return findings


class _KnownDifferences:
    """The differences of a day that were found earlier, and which of them were found again."""

    def __init__(self, day_id: int):
        columns = (Difference.id, Difference.kind, Difference.facts, Difference.settlement)
        not_gone = or_(Difference.settlement.is_(None), Difference.settlement != Settlement.GONE)
        rows = read_session().execute(select(*columns).where(Difference.day_id == day_id, not_gone)).all()
        self._known = {_difference_key(row.kind, row.facts): row for row in rows}
        self._taken = {
            row.facts["transactionId"][1]
            for row in rows
            if (row.kind, row.settlement) == (DifferenceKind.ALTERED, Settlement.TAKE_THEIRS)
        }
        self._again: set[int] = set()
        self.open = 0

    def is_new(self, found: FoundDifference) -> bool:
        """Whether a difference is to be stored; one that a person settled is skipped."""
        row = self._known.get(_difference_key(found.kind, found.facts))
        if row is not None:
            self._again.add(row.id)
            self.open += row.settlement is None
            return False
        if found.kind == DifferenceKind.ONLY_HERE and found.ours and found.ours.transaction_id in self._taken:
            return False  # İYS's row, taken in its place, is one of ours now.
        self.open += 1
        return self.open <= MAX_OPEN

    def no_longer_found(self) -> list[int]:
        return [row.id for row in self._known.values() if row.settlement is None and row.id not in self._again]


def _difference_key(kind: DifferenceKind, facts: Facts) -> str:
    return f"{kind} {json.dumps(facts, sort_keys=True)}"


def _record_chunk(
    session: Session, claimed: ClaimedDay, chunk: ComparedChunk, earlier: _KnownDifferences, matched: set[int],
    at: datetime,
) -> None:  # fmt: skip
    rows = {each.line: movement_rows.read_row(each.line.as_wire(), at) for each in chunk.found if each.line}
    known, granted_as_other = _find_known_consents(session, claimed, rows)
    ours, differs = _split_off_unanswered(session, known, rows, chunk.found, matched)
    refusals = _unknown_refusals(rows, differs)
    closures = [row for line in chunk.closures for row in movement_rows.read_row(line.as_wire(), at)]
    of_others = [
        row for line, row in refusals if row.channel not in known[line] or (line, row.channel) in granted_as_other
    ]
    applied = ours + closures + of_others
    if applied:
        brand = session.get_one(Brand, claimed.brand_id)
        movements.apply_movements(session, vault(), brand, applied, by=ReceivedVia.FILE, feed=None, at=at)
        session.commit()  # A feed locks recipients first, then submissions: nothing may be locked before that.
    verification.verify(
        session,
        {
            each.submission_id: {"transaction_id": each.transaction_id, "accepted_at": each.creation_date}
            for each in chunk.listed
            if each.submission_id and not each.is_verified
        },
        at,
    )
    # Nothing may be sent, however the difference is settled.
    of_known = [
        (known[line][row.channel], (row.status.value, row.creation_date))
        for line, row in refusals
        if row.channel in known[line]
    ]
    drift.save_found_statuses(session, dict(sorted(of_known)), at)  # Of one key the newest counts.
    new = [_difference_row(claimed, found, known, at) for found in differs if earlier.is_new(found)]
    if new:
        session.execute(insert(Difference.__table__), new)


def _find_known_consents(
    session: Session, brand_day: BrandDay, rows: Mapping[Line, list[MovementRow]]
) -> tuple[dict[Line, dict[str, int]], set[tuple[Line, str]]]:
    """Consent ids by row and channel, for rows of known keys, by the blind index of the address; and the rows and
    channels whose address is granted as another recipient type. A few thousand at once."""
    addresses = {line: told[0].address.text if told else line.recipient.lower() for line, told in rows.items()}
    indexes = {line: vault().indexes(brand_day.provider_id, address) for line, address in addresses.items()}
    found: dict[Line, dict[str, int]] = {line: {} for line in rows}
    granted_as_other: set[tuple[Line, str]] = set()
    if not indexes:
        return found, granted_as_other
    for column in map(index_column, vault().keys):
        indexed = getattr(Recipient, column)
        theirs = (
            select(indexed.label("index"), Consent.channel, Consent.recipient_type, Consent.id, Consent.status)
            .join(Consent, Consent.recipient_id == Recipient.id)
            .where(
                Recipient.provider_id == brand_day.provider_id, Consent.brand_id == brand_day.brand_id,
                indexed.in_({each[column] for each in indexes.values()}),
            )
        )  # fmt: skip
        held: dict[tuple[bytes, str], list[tuple[str, int, Status | None]]] = defaultdict(list)
        for index, channel, *consent in session.execute(theirs):
            held[index, channel].append(tuple(consent))
        for line, each in indexes.items():
            listed: Sequence[MovementRow | Line] = rows[line] or [line]
            for told in listed:
                for recipient_type, consent_id, status in held[each[column], told.channel]:
                    if recipient_type == told.recipient_type:
                        found[line].setdefault(told.channel, consent_id)
                    elif status == Status.GRANTED:
                        granted_as_other.add((line, told.channel))
    return found, granted_as_other


def _split_off_unanswered(
    session: Session, known: dict[Line, dict[str, int]], rows: Mapping[Line, list[MovementRow]],
    found: list[FoundDifference], matched: set[int],
) -> tuple[list[MovementRow], list[FoundDifference]]:  # fmt: skip
    """Split off the rows of our submissions whose answer never reached us: applying them as movements verifies the
    submissions. One row of the file is one submission's; a second one is a difference."""
    sent = verification.OurSubmissions(session, chain.from_iterable(each.values() for each in known.values()))
    ours, differs = list[MovementRow](), list[FoundDifference]()
    for each in found:
        line = each.line if each.kind == DifferenceKind.ONLY_AT_IYS else None
        for row in rows[line] if line else []:
            consent_id = known[line].get(row.channel) if line and row.is_channel_told else None
            mine = sent.match(consent_id, row.transaction_id, row.status, row.consent_date) if consent_id else None
            if mine and mine.id not in matched and row.is_same_as_ours(mine.accepted_at, mine.told_date):
                matched.add(mine.id)
                ours.append(row)
                break
        else:
            differs.append(each)
    return ours, differs


def _unknown_refusals(
    rows: Mapping[Line, list[MovementRow]], differs: Iterable[FoundDifference]
) -> list[tuple[Line, MovementRow]]:
    """The refusals in İYS's file that we don't know."""
    unknown = [each.line for each in differs if each.line and not (each.ours and each.ours.status == Status.REFUSED)]
    return [(line, row) for line in unknown for row in rows[line] if row.status == Status.REFUSED]


def _difference_row(
    claimed: ClaimedDay, found: FoundDifference, known: dict[Line, dict[str, int]], at: datetime
) -> dict[str, object]:
    difference_id = new_id()
    line, consent_ids = None, list(known[found.line].values()) if found.line else []
    if found.line is not None:
        wire = json.dumps(found.line.as_wire(), ensure_ascii=False)
        line = vault().seal(wire, Difference.LINE, claimed.provider_id, difference_id)
    return {
        "id": difference_id, "provider_id": claimed.provider_id, "brand_id": claimed.brand_id,
        "day_id": claimed.id, "kind": found.kind, "line": line, "facts": found.facts, "found_at": at,
        "consent_id": found.ours.consent_id if found.ours else next(iter(consent_ids), None),
        "submission_id": found.ours.submission_id if found.ours else None,
    }  # fmt: skip


def _settle_as_gone(session: Session, difference_ids: list[int], at: datetime) -> None:
    for some in recipients.chunks(difference_ids, 1000):
        still_open = update(Difference).where(Difference.id.in_(some), Difference.settled_at.is_(None))
        session.execute(still_open.values(settled_at=at, settlement=Settlement.GONE))
