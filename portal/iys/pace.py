"""One pace for all calls to İYS, shared by every process behind one address (İYS: 10 requests a second per IP)."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.models import Pace
from portal.models.upsert import insert_missing

EGRESS = "egress"
TOKENS = "tokens"


def take_slot(session: Session, at: datetime, per_second: float) -> datetime:
    """The moment at which the next call may leave; part of the caller's transaction. `per_second` 0 is unlimited.

    Its row also lets one claim end before the next one looks, so that two never take one key in hand.
    """
    pace = _pace(session, at)
    if not per_second:
        return at
    slot = max(pace.next_at, at)
    pace.next_at = slot + timedelta(seconds=1 / per_second)
    return slot


def hold(session: Session, until: datetime, name: str = EGRESS) -> None:
    """Nobody calls before then (H124, H083: the limit per second; for TOKENS H084: the hourly one)."""
    pace = _pace(session, until, name)
    pace.next_at = max(pace.next_at, until)


def tokens_are_held(at: datetime):
    """The condition that İYS wants no token call now, from anybody behind this address."""
    return exists().where(Pace.name == TOKENS, Pace.next_at > at)


def _pace(session: Session, at: datetime, name: str = EGRESS) -> Pace:
    mine = select(Pace).where(Pace.name == name).with_for_update()
    pace = session.scalar(mine)
    if pace is None:
        insert_missing(session, Pace, [{"name": name, "next_at": at}])
        pace = session.scalar(mine)
    return pace
