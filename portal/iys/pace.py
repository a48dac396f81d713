"""One pace for all calls to İYS, shared by every process behind one address (İYS: 10 requests a second per IP)."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import Pace
from portal.models.upsert import insert_missing

EGRESS = "egress"


def take_slot(session: Session, at: datetime, per_second: float) -> datetime:
    """The moment at which the next call may leave; part of the caller's transaction. `per_second` 0 is unlimited."""
    if not per_second:
        return at
    pace = _pace(session, at)
    slot = max(pace.next_at, at)
    pace.next_at = slot + timedelta(seconds=1 / per_second)
    return slot


def hold(session: Session, until: datetime) -> None:
    """Nobody calls before then (H124, H083: İYS's limit per second was reached)."""
    pace = _pace(session, until)
    pace.next_at = max(pace.next_at, until)


def _pace(session: Session, at: datetime) -> Pace:
    mine = select(Pace).where(Pace.name == EGRESS).with_for_update()
    pace = session.scalar(mine)
    if pace is None:
        insert_missing(session, Pace, [{"name": EGRESS, "next_at": at}])
        pace = session.scalar(mine)
    return pace
