"""One pace for all calls to İYS, shared by every process behind one address (İYS: 10 requests a second per IP)."""

from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from portal.models import Pace, Tally
from portal.models.upsert import add_to, insert_missing

SPAN = timedelta(minutes=5)
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


def count(session: Session, question: str, at: datetime, *, calls: int = 0, failures: int = 0) -> None:
    """Add to the tally of this five minutes; part of the caller's transaction."""
    row = {"name": question, "span": span_of(at), "calls": calls, "failures": failures}
    session.execute(add_to(session, Tally, row, sums=("calls", "failures")))


def in_the_last(session: Session, since: timedelta, at: datetime, question: str | None = None) -> tuple[int, int]:
    """(calls, failures) since then, of one question or of all; a span counts whole."""
    sums = select(func.coalesce(func.sum(Tally.calls), 0), func.coalesce(func.sum(Tally.failures), 0))
    recent = sums.where(Tally.span >= span_of(at - since))
    row = session.execute(recent.where(Tally.name == question) if question else recent).one()
    return int(row[0]), int(row[1])


def span_of(at: datetime) -> datetime:
    """The first moment of the five minutes that `at` lies in."""
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def _pace(session: Session, at: datetime, name: str = EGRESS) -> Pace:
    mine = select(Pace).where(Pace.name == name).with_for_update()
    pace = session.scalar(mine)
    if pace is None:
        insert_missing(session, Pace, [{"name": name, "next_at": at}])
        pace = session.scalar(mine)
    return pace
