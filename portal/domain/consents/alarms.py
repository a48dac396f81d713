"""Alarms about decisions that İYS has not taken: whom to tell, once per level however many machines look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, null, or_, select, update
from sqlalchemy.orm import Session

from portal.core.ids import new_id
from portal.core.models import OPEN_OUTCOMES, AlarmLevel, Outcome, Provider, Submission, SubmissionAlarm
from portal.core.models.inserts import insert_missing
from portal.domain.consents.urgency import AMBER, RED

BETWEEN_MAILS = timedelta(hours=24)  # Of one level.
COMMITTED_AFTER = timedelta(minutes=1)  # The longest transaction: whatever ended earlier can be seen by now.
OUTCOMES = {
    AlarmLevel.PARKED: Outcome.PARKED, AlarmLevel.BLOCKED: Outcome.BLOCKED, AlarmLevel.EXPIRED: Outcome.EXPIRED,
}  # fmt: skip
WATCHED = (*OPEN_OUTCOMES, *OUTCOMES.values())


@dataclass(frozen=True)
class Alarm:
    """What is to be mailed of a level; `count` is how many submissions are at it now."""

    level: AlarmLevel
    count: int
    is_news: bool  # Else it was so when nobody could be mailed.


def list_watched(session: Session, at: datetime) -> Sequence[int]:
    """Providers whose decisions go to İYS, where one is at a level, or was at the last look."""
    at_a_level = or_(*(condition(level, at) for level in AlarmLevel))
    is_at = exists().where(Submission.provider_id == Provider.id, Submission.outcome.in_(WATCHED), at_a_level)
    was_at = exists().where(SubmissionAlarm.provider_id == Provider.id, SubmissionAlarm.count > 0)
    return session.scalars(select(Provider.id).where(Provider.admitted_at.is_not(None), or_(is_at, was_at))).all()


def has_news(session: Session, provider_id: int, at: datetime) -> bool:
    """Whether a look under the lock is worth it."""
    known = {each.level: each for each in session.scalars(_alarms_of(provider_id))}
    return any(_is_changed(known.get(level), *now, at) for level, now in _counts(session, provider_id, at).items())


def record_alarms(session: Session, provider_id: int, at: datetime) -> list[Alarm]:
    """What the owners are to be mailed now, noted as mailed. Part of the caller's transaction."""
    rows = [{"id": new_id(), "provider_id": provider_id, "level": level, "count": 0} for level in AlarmLevel]
    insert_missing(session, SubmissionAlarm, rows)
    locked = _alarms_of(provider_id).order_by(SubmissionAlarm.level).with_for_update()
    alarms = session.scalars(locked, execution_options={"populate_existing": True}).all()
    counts, news = _counts(session, provider_id, at), []
    for alarm in alarms:
        count, newest = counts[alarm.level]
        if _is_due(alarm, count, newest, at):
            news.append(Alarm(alarm.level, count, _is_news(alarm, count, newest)))
            alarm.mailed_at, alarm.known_until, alarm.count = at, newest, count
        alarm.count = min(alarm.count, count)
    session.flush()
    return news


def record_unmailed(session: Session, provider_id: int, level: AlarmLevel) -> None:
    """Note that nobody could be mailed what `record_alarms` said: it is due again at once, but no news any more."""
    unmailed = update(SubmissionAlarm).where(SubmissionAlarm.provider_id == provider_id, SubmissionAlarm.level == level)
    session.execute(unmailed.values(mailed_at=None))


def condition(level: AlarmLevel, at: datetime) -> ColumnElement[bool]:
    """A submission is at the level, and nobody has closed it."""
    if level in OUTCOMES:
        return and_(Submission.outcome == OUTCOMES[level], Submission.closed_at.is_(None))
    age = AMBER if level == AlarmLevel.AMBER else RED
    return and_(Submission.outcome.in_(OPEN_OUTCOMES), Submission.created_at <= at - age)


def _counts(session: Session, provider_id: int, at: datetime) -> dict[AlarmLevel, tuple[int, datetime | None]]:
    """By level: how many, and when the newest of them reached it; the latter is unknown of blocked ones."""
    columns: list[Any] = []
    for level in AlarmLevel:
        is_at = condition(level, at)
        newest: Any = func.max(Submission.created_at).filter(is_at)
        if level in (AlarmLevel.PARKED, AlarmLevel.EXPIRED):
            is_at = and_(is_at, Submission.ended_at <= at - COMMITTED_AFTER)
            newest = func.max(Submission.ended_at).filter(is_at)
        columns += [func.count().filter(is_at), null() if level == AlarmLevel.BLOCKED else newest]
    row = session.execute(
        select(*columns).where(Submission.provider_id == provider_id, Submission.outcome.in_(WATCHED))
    ).one()
    return {level: (row[2 * place], row[2 * place + 1]) for place, level in enumerate(AlarmLevel)}


def _alarms_of(provider_id: int) -> Any:
    return select(SubmissionAlarm).where(SubmissionAlarm.provider_id == provider_id)


def _is_changed(alarm: SubmissionAlarm | None, count: int, newest: datetime | None, at: datetime) -> bool:
    return count > 0 if alarm is None else _is_due(alarm, count, newest, at) or count < alarm.count


def _is_due(alarm: SubmissionAlarm, count: int, newest: datetime | None, at: datetime) -> bool:
    """Whether more has reached the level than the last mail told of, and that was not just now."""
    if count == 0 or (alarm.mailed_at is not None and at < alarm.mailed_at + BETWEEN_MAILS):
        return False
    return _is_news(alarm, count, newest) or (alarm.mailed_at is None and alarm.count > 0)


def _is_news(alarm: SubmissionAlarm, count: int, newest: datetime | None) -> bool:
    is_newer = newest is not None and (alarm.known_until is None or newest > alarm.known_until)
    return is_newer or count > alarm.count
