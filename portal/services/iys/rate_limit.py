"""Rate limits of İYS, shared by all processes behind one egress: 10 requests a second, and some kinds by the hour.

All is counted in rows, so a restart resets nothing.
"""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import IntEnum

from flask import current_app
from sqlalchemy import ColumnElement, and_, delete, exists, func, select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Operation
from portal.core.models import CallTally, IysRate
from portal.core.models.inserts import insert_missing, insert_or_add
from portal.services.iys import egresses

SPAN = timedelta(minutes=5)
MARGIN = 0.08  # Of a second: network delays may shorten the time between two calls.
KEPT = timedelta(days=8)  # Tallies are read for a day; a week more shows an operator what is usual.
HOUR = timedelta(hours=1)
LONGEST_CALL = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=2)  # Of all calls; İYS asks for a second.
LONGEST_BUDGET_PAUSE = HOUR + SPAN  # Of one kind of call.
EGRESS, POLLS = "egress", "polls"
UNKNOWN_CODE = "unknown_code"
PER_HOUR = {Operation.STATUS: 900, Operation.HISTORY: 90}  # İYS documents 1000 and 100.
BUDGET_OF_CODE = {"H084": Operation.TOKEN, "H086": Operation.STATUS, "H089": Operation.HISTORY}


class Priority(IntEnum):
    """What a call is for, the most urgent first."""

    REFUSALS = 0
    GRANTS = 1  # And what a person waits for.
    POLLING = 2  # Feeds, sweeps, files of days.


# Share of the hour's token calls that is left for what is more urgent.
TOKENS_KEPT = {Priority.REFUSALS: 0.0, Priority.GRANTS: 0.1, Priority.POLLING: 0.5}


def take_slot(session: Session, at: datetime, per_second: float, priority: Priority = Priority.REFUSALS) -> datetime:
    """The time at which the next call may be made; part of the caller's transaction. `per_second` 0 is unlimited.

    Polls are spaced among themselves, too, so that no minute has more than their share. Locks the rows of the rate
    limit until the transaction ends.
    """
    slot = _take_slot(session, EGRESS, at, per_second)
    if priority == Priority.POLLING:
        slot = max(slot, _take_slot(session, POLLS, at, per_second * egresses.in_use().polling_share))
    return slot


def _take_slot(session: Session, name: str, at: datetime, per_second: float) -> datetime:
    rate = lock_rate(session, name, at)
    slot = max(rate.next_at, at)
    if slot > at + LONGEST_PAUSE:  # No pause is so long: the clock was set back.
        slot = at
    if per_second:
        rate.next_at = slot + timedelta(seconds=1 / per_second)
    return slot


class ProcessRateLimiter:
    """Space the calls of this process when they are really made: a thread that wakes late from its wait for a slot must
    not call in the same second as those of the next slots."""

    def __init__(self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep):
        self._now, self._sleep = now, sleep
        self._turn = threading.Lock()
        self._left: deque[float] = deque()

    def wait_for_turn(self, per_second: float) -> None:
        """Wait until fewer than `per_second` calls were made within the last second, then count this one."""
        if not per_second:
            return
        most = max(1, int(per_second))
        with self._turn:  # Held while waiting: those behind have later slots.
            if len(self._left) >= most:
                free_at = self._left[-most] + most / per_second + MARGIN
                self._sleep(max(0.0, free_at - self._now()))
            self._left.append(self._now())
            while len(self._left) > most:
                self._left.popleft()


process_limiters: defaultdict[int, ProcessRateLimiter] = defaultdict(ProcessRateLimiter)  # By egress.


def pause_calls(session: Session, until: datetime, name: str = EGRESS) -> None:
    """Make no calls, or none of a kind, until then (H124, H083: the limit per second; H084: the hourly of tokens)."""
    rate = lock_rate(session, name, until)
    is_left_over = rate.next_at > until + LONGEST_BUDGET_PAUSE
    rate.next_at = until if is_left_over else max(rate.next_at, until)


def paused_until(session: Session, name: str, at: datetime) -> datetime | None:
    """Until when no call of a kind is made; None where it may be."""
    return session.scalar(select(IysRate.next_at).where(IysRate.name == egresses.own_name(name), _is_paused(at)))


def _is_paused(at: datetime) -> ColumnElement[bool]:
    """No pause is longer than an hour and five minutes: one that is was written by a clock that stood ahead."""
    return and_(IysRate.next_at > at, IysRate.next_at <= at + LONGEST_BUDGET_PAUSE)


def budget_name(question: Operation, priority: Priority) -> str:
    """The name under which a kind of call pauses for that priority, and for what is less urgent."""
    return question.value if priority == Priority.REFUSALS else f"{question.value} {priority.name}"


def are_tokens_paused(at: datetime, priority: Priority) -> ColumnElement[bool]:
    """The condition that no token call may be made from this egress now, for calls of that priority."""
    names = [egresses.own_name(budget_name(Operation.TOKEN, each)) for each in Priority if each <= priority]
    return exists().where(IysRate.name.in_(names), _is_paused(at))


def add_to_tally(session: Session, question: str, at: datetime, *, calls: int = 0, failures: int = 0) -> None:
    """Add to the tally of this five minutes; part of the caller's transaction."""
    more = {"name": egresses.own_name(question), "span": span_start(at), "calls": calls, "failures": failures}
    session.execute(insert_or_add(session, CallTally, more, sums=("calls", "failures")))


def delete_old_tallies(session: Session, at: datetime) -> None:
    """Part of the caller's transaction."""
    session.execute(delete(CallTally).where(CallTally.span < at - KEPT))


def calls_since(session: Session, since: timedelta, at: datetime, question: str | None = None) -> tuple[int, int]:
    """(calls, failures) since then, of one operation or of all; a span counts whole."""
    sums = select(func.coalesce(func.sum(CallTally.calls), 0), func.coalesce(func.sum(CallTally.failures), 0))
    names = [question] if question else [each.value for each in Operation]  # Other tallies don't count calls.
    is_counted = CallTally.name.in_([egresses.own_name(each) for each in names])
    recent = sums.where(CallTally.span >= span_start(at - since), is_counted)
    calls, failures = session.execute(recent).one()
    return int(calls), int(failures)


def calls_by_question(session: Session, since: timedelta, at: datetime) -> dict[str, int]:
    """Calls since then, by operation and by the other names of tallies; a span counts whole."""
    sums = select(CallTally.name, func.sum(CallTally.calls)).where(CallTally.span >= span_start(at - since))
    own = egresses.own_name("")
    return {
        name[len(own) :]: int(calls)
        for name, calls in session.execute(sums.group_by(CallTally.name))
        if name.startswith(own) and "/" not in name[len(own) :]
    }


def last_answered_at(session: Session, at: datetime, *, is_away: bool) -> datetime | None:
    """When İYS last answered, to five minutes: the start of that span or, where it is away now, its end. Calls in hand
    are counted as answered until they fail, so then their span is left out."""
    names = [egresses.own_name(each) for each in Operation]
    answered = select(func.max(CallTally.span)).where(CallTally.name.in_(names), CallTally.calls > 0)
    if not is_away:
        return session.scalar(answered)
    last = session.scalar(answered.where(CallTally.span < span_start(at - LONGEST_CALL)))
    return last and last + SPAN


def calls_per_hour(question: Operation) -> int | None:
    """How many calls of this kind we make in an hour; None where İYS has no hourly limit."""
    if question == Operation.TOKEN:
        limit: int = current_app.config["IYS_TOKEN_CALLS_PER_HOUR"]
        return limit
    return PER_HOUR.get(question)


def calls_left(session: Session, question: Operation, at: datetime) -> int | None:
    """How many calls of this kind may still be made this hour; None where İYS has no hourly limit."""
    limit = calls_per_hour(question)
    if limit is None:
        return None
    if paused_until(session, question, at):
        return 0
    return max(0, limit - calls_since(session, HOUR, at, question)[0])


def spent_until(
    session: Session, question: Operation, at: datetime, priority: Priority = Priority.REFUSALS
) -> datetime | None:
    """When a call of this kind may be made again; None where it may now."""
    limit = calls_per_hour(question)
    if limit is None:
        return None
    if question == Operation.TOKEN:
        limit -= int(limit * TOKENS_KEPT[priority])
    return paused_until(session, question, at) or freed_at(session, question, at, limit)


def freed_at(session: Session, name: str, at: datetime, limit: int) -> datetime | None:
    """When enough of the last hour's calls are more than an hour old, to the five-minute span of the tally; None where
    fewer than the limit were made."""
    since = span_start(at - HOUR)
    is_counted = CallTally.name == egresses.own_name(name)
    spans = select(CallTally.span, CallTally.calls).where(is_counted, CallTally.span >= since)
    newest_first = session.execute(spans.order_by(CallTally.span.desc())).all()
    used = 0
    for span, calls in newest_first:
        used += calls
        if used >= limit:
            return span + SPAN + HOUR
    return None


def span_start(at: datetime) -> datetime:
    """The start of the five minutes that `at` lies in."""
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def lock_rate(session: Session, name: str, at: datetime) -> IysRate:
    """The row of that name of the egress in use, locked until the caller's transaction ends."""
    own = egresses.own_name(name)
    mine = select(IysRate).where(IysRate.name == own).with_for_update().execution_options(populate_existing=True)
    rate = session.scalar(mine)
    if rate is None:
        insert_missing(session, IysRate, [{"name": own, "next_at": at}])
        rate = session.scalars(mine).one()
    return rate
