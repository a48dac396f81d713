"""Bring back what vendors told of people after the backup: replies and refusals, with whether somebody read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, true, update
from sqlalchemy.orm import Session

from portal.core.models import EventKind, EventOutcome, GatewayEvent, MessageGateway, Provider, Recipient
from portal.core.models.inserts import insert_missing
from portal.domain.consents import restoration

STEPS = ("body", "recipient_id", "receipt_id", "outcome", "due_at", "settled_at", "user_id")


def restore_news(session: Session, rows: Sequence[Mapping[str, Any]], at: datetime) -> int:
    """Write these (≤ 1,000) as they stood: where they are missing, where the backup has them unread, and settled ones.
    Returns how many are of an account or a firm that the backup lacks, or (shared_replies) hold somebody whom it lacks.
    The worker reads what nobody had read, and anew what waits for a person and whose sender the backup lacks."""
    lacking = {
        name: restoration.find_missing(session, ids, {row[name] for row in rows if row[name] is not None})
        for name, ids in (
            ("gateway_id", MessageGateway.id),
            ("provider_id", Provider.id),
            ("recipient_id", Recipient.id),
        )
    }
    kept = [
        _as_it_stood(row, row["recipient_id"] in lacking["recipient_id"], at)
        for row in rows
        if row["gateway_id"] not in lacking["gateway_id"] and row["provider_id"] not in lacking["provider_id"]
        and not (_is_hold(row) and row["recipient_id"] in lacking["recipient_id"])
    ]  # fmt: skip
    insert_missing(session, GatewayEvent, kept)
    for row in kept:
        is_unread = true() if row["settled_at"] else or_(GatewayEvent.outcome.is_(None), GatewayEvent.body.is_(None))
        its = update(GatewayEvent).where(GatewayEvent.id == row["id"], GatewayEvent.settled_at.is_(None), is_unread)
        session.execute(its.values({name: row[name] for name in STEPS}))
    return len(rows) - len(kept)


def leave_grants_to_people(session: Session) -> None:
    """Have the worker take no reply for a consent that nobody has read by now: what İYS and other senders told since
    the backup is not known, so it may be refused."""
    unread = GatewayEvent.due_at.is_not(None), GatewayEvent.settled_at.is_(None), GatewayEvent.outcome.is_(None)
    replies = update(GatewayEvent).where(GatewayEvent.kind == EventKind.REPLY, *unread)
    session.execute(replies.values(outcome=EventOutcome.REVIEW))


def _is_hold(row: Mapping[str, Any]) -> bool:
    return row["body"] is None and row["settled_at"] is None


def _as_it_stood(row: Mapping[str, Any], is_unknown: bool, at: datetime) -> dict[str, Any]:
    is_over = row["settled_at"] or row["body"] is None or (row["outcome"] is not None and not is_unknown)
    facts = {"lease_until": None, "due_at": None if is_over else at}
    return {**row, **facts, "recipient_id": None if is_unknown else row["recipient_id"]}
