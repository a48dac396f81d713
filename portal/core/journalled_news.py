"""What vendors told of people, and whether somebody has read it, for the journal: it holds messages until then."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, object_session

from portal.core import journal
from portal.core.models import EventKind, GatewayEvent

KINDS = (EventKind.REPLY, EventKind.BLOCKED)  # A push becomes these once it is read.


def note(session: Session, row: Mapping[str, Any]) -> None:
    """Have the commit append a piece of news, as it stands then."""
    if row["kind"] in KINDS:
        noted = session.info.setdefault(journal.NOTED, {}).setdefault(GatewayEvent.__tablename__, [])
        noted[:] = [*(each for each in noted if each["id"] != row["id"]), row]


@event.listens_for(GatewayEvent, "after_update")
def _note_step(_mapper: object, _connection: object, news: GatewayEvent) -> None:
    """Whoever reads it, and whatever comes of it."""
    if session := object_session(news):
        note(session, {each.name: getattr(news, each.name) for each in GatewayEvent.__table__.c})
