"""What a journal lacks is appended again from the database, once its disk can be written."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Any

from flask import current_app
from sqlalchemy import Select, Table, delete, select

from portal.core import clock, journal, journalled_news
from portal.core.extensions import db
from portal.core.ids import first_id
from portal.core.journal_records import REFUSING_LINK, Row
from portal.core.models import (
    Annulment,
    AudienceEntry,
    Base,
    ClosedLine,
    Decision,
    GatewayEvent,
    JournalGap,
    Outcome,
    Receipt,
    ReceiptDecision,
    Submission,
)
from portal.domain.campaigns.permanent_links import IS_PERMANENT, journalled_links
from portal.domain.consents.writer import is_journalled

BATCH_SIZE = 1_000  # Decisions in one record.
UNSENT = {"outcome": Outcome.WAITING, "attempts": 0, "code": None, "bulk_id": None, "bulk_index": None,
          "sub_request_id": None, "ended_at": None, "lease_until": None, "accepted_at": None,
          "transaction_id": None, "verified_at": None, "closed_at": None}  # fmt: skip


def close_gap() -> None:
    """Append whatever may be missing, note that nothing of that time is, and forget the gap if nothing failed
    meanwhile. A replay ignores doubles."""
    began = clock.now()
    if current_app.extensions["journal"] is None or (gap := _read_gap()) is None:
        return
    since, *counted = gap
    nothing_missing: dict[type[Base] | Table, list[Row]] = {JournalGap: [{"since": since, "until": began}]}
    for record in chain(_recorded_since(since), [nothing_missing]):
        for table, rows in record.items():
            journal.note(db.session, table, rows)
        db.session.commit()
        if _read_gap() != gap:  # The disk fails still, or another process has begun: again in a minute.
            return
    failures, starts = counted
    unchanged = JournalGap.failures == failures, JournalGap.starts == starts
    db.session.execute(delete(JournalGap).where(*unchanged))
    db.session.commit()


def _read_gap() -> tuple[Any, ...] | None:
    row = db.session.execute(select(JournalGap.since, JournalGap.failures, JournalGap.starts)).first()
    db.session.rollback()
    return row and tuple(row)


def _recorded_since(since: datetime) -> Iterable[dict[type[Base] | Table, list[Row]]]:
    """In records that hold decisions with their submissions, and receipts with what they list."""
    last = first_id(since)
    while found := _rows(select(Decision.__table__).where(Decision.id > last).order_by(Decision.id).limit(BATCH_SIZE)):
        last = found[-1]["id"]
        if kept := {each["id"]: each for each in found if is_journalled(each)}:
            theirs = _rows(select(Submission.__table__).where(Submission.decision_id.in_(kept)))
            yield {Decision: list(kept.values()), Submission: [_as_written(each) for each in theirs]}
    last = first_id(since)
    while found := _rows(select(Receipt.__table__).where(Receipt.id > last).order_by(Receipt.id).limit(BATCH_SIZE)):
        last = found[-1]["id"]
        listed = ReceiptDecision.receipt_id.in_([each["id"] for each in found])
        links = AudienceEntry.link_id.in_([each["link_id"] for each in found if each["link_id"]])
        yield {
            Receipt: found,
            ReceiptDecision: _rows(select(ReceiptDecision.__table__).where(listed)),
            REFUSING_LINK: _rows(journalled_links().where(links)),
        }
    kinds, came = GatewayEvent.kind.in_(journalled_news.KINDS), GatewayEvent.id > first_id(since)
    yield {GatewayEvent: _rows(select(GatewayEvent.__table__).where(came, kinds))}
    yield {REFUSING_LINK: _rows(journalled_links().where(*IS_PERMANENT, AudienceEntry.id > first_id(since)))}
    yield {ClosedLine: _rows(select(ClosedLine.__table__).where(ClosedLine.id > first_id(since)))}
    yield {Annulment: _rows(select(Annulment.__table__).where(Annulment.at >= since))}


def _rows(statement: Select[Any]) -> list[Row]:
    found = [dict(row) for row in db.session.execute(statement).mappings()]
    db.session.rollback()
    return found


def _as_written(submission: Row) -> Row:
    """As it was when its decision was made: what İYS answered since is asked for again after a restore."""
    if submission["outcome"] == Outcome.NOT_NEEDED:
        return submission | {"bulk_id": None}
    return submission | UNSENT | {"due_at": max(submission["created_at"], submission["consent_date"])}
