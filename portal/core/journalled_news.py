"""What vendors told of people, and whether somebody has read it, for the journal: it holds messages until then."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.core import journal
from portal.core.models import EventKind, GatewayEvent

KINDS = (EventKind.REPLY, EventKind.BLOCKED)  # A push becomes these once it is read.


def note(session: Session, row: Mapping[str, Any]) -> None:
    """Have the commit append a piece of news that is inserted; of each the state that is noted last."""
    if row["kind"] in KINDS:
        session.info.setdefault(journal.NOTED, {}).setdefault(GatewayEvent.__tablename__, {})[row["id"]] = row


def note_step(session: Session, news: GatewayEvent) -> None:
    """Have the commit append a piece of news as it stands now: whoever changes one calls this afterwards."""
    note(session, {each.name: getattr(news, each.name) for each in GatewayEvent.__table__.c})
