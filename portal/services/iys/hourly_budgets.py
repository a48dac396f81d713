"""İYS's hourly limits: tokens, single status, history. They are counted in rows, so a restart resets nothing."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Operation
from portal.core.models import CallTally
from portal.services.iys import rate_limit

HOUR = timedelta(hours=1)
# İYS documents 1000 and 100 for the two queries; for tokens 10 in one place and 100 in another, so we keep to 10.
PER_HOUR = {Operation.TOKEN: 10, Operation.STATUS: 900, Operation.HISTORY: 90}
BUDGET_OF_CODE = {"H084": Operation.TOKEN, "H086": Operation.STATUS, "H089": Operation.HISTORY}


def calls_left(session: Session, question: Operation, at: datetime) -> int | None:
    """How many calls of this kind may still be made this hour; None where İYS has no hourly limit."""
    if question not in PER_HOUR:
        return None
    if rate_limit.held_until(session, question, at):
        return 0
    return max(0, PER_HOUR[question] - rate_limit.calls_since(session, HOUR, at, question)[0])


def spent_until(session: Session, question: Operation, at: datetime) -> datetime | None:
    """When a call of this kind may be made again; None where it may now."""
    if question not in PER_HOUR:
        return None
    held = rate_limit.held_until(session, question, at)
    return held or _freed_at(session, question, at)


def _freed_at(session: Session, question: Operation, at: datetime) -> datetime | None:
    """When enough of the last hour's calls are more than an hour old, to the five-minute span of the tally."""
    since = rate_limit.span_start(at - HOUR)
    spans = select(CallTally.span, CallTally.calls).where(CallTally.name == question.value, CallTally.span >= since)
    newest_first = session.execute(spans.order_by(CallTally.span.desc())).all()
    used = 0
    for span, calls in newest_first:
        used += calls
        if used >= PER_HOUR[question]:
            return span + rate_limit.SPAN + HOUR
    return None
