"""Events: what the changes feed and webhooks tell. Those of decisions are recorded by database triggers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.models import Event, EventType
from portal.core.models.inserts import insert_rows


def record(
    session: Session, type_: EventType, subject_id: int, *, provider_id: int, at: datetime,
    brand_id: int | None = None, facts: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Add an event to this transaction. `facts` hold no address and no name: endpoints of providers get them as they
    are. Those of decisions, annulments and İYS's outcomes are recorded by triggers of the database, not by this."""
    row = {
        "provider_id": provider_id, "brand_id": brand_id, "type": type_, "subject_id": subject_id, "at": at,
        "facts": facts,
    }  # fmt: skip
    insert_rows(session, Event, [row])
