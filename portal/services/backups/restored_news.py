"""Bring back what vendors told of people after the backup: replies and refusals, with whether somebody read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.core.models import GatewayEvent, MessageGateway, Provider, Recipient
from portal.core.models.inserts import insert_missing
from portal.domain.consents import restoration

STEPS = ("recipient_id", "receipt_id", "outcome", "due_at", "settled_at", "user_id")


def restore_news(session: Session, rows: Sequence[Mapping[str, Any]], at: datetime) -> int:
    """Write these (≤ 1,000), where they are missing, and settle those that were; how many are of an account or a firm
    that the backup lacks. What nobody has read is read anew by the worker, and held until then as it was."""
    lacking = {
        name: restoration.find_missing(session, ids, {row[name] for row in rows if row[name] is not None})
        for name, ids in (
            ("gateway_id", MessageGateway.id),
            ("provider_id", Provider.id),
            ("recipient_id", Recipient.id),
        )
    }
    kept = [
        {**row, "lease_until": None, "due_at": None if row["settled_at"] or row["body"] is None else at}
        | ({"recipient_id": None} if row["recipient_id"] in lacking["recipient_id"] else {})
        for row in rows
        if row["gateway_id"] not in lacking["gateway_id"] and row["provider_id"] not in lacking["provider_id"]
    ]
    insert_missing(session, GatewayEvent, kept)
    for row in kept:
        if row["settled_at"]:
            unread = update(GatewayEvent).where(GatewayEvent.id == row["id"], GatewayEvent.settled_at.is_(None))
            session.execute(unread.values({name: row[name] for name in STEPS}))
    return len(rows) - len(kept)
