"""A message compared with the refusal and the clock: whether it came when the refusal had to be obeyed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import business_days
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Consent, Decision, Finding, is_void


@dataclass(frozen=True)
class Comparison:
    """What was found; and the refusal that it was compared with, where there is one."""

    finding: Finding
    decision_id: int | None = None
    refused_at: datetime | None = None
    obeyed_by: datetime | None = None  # The last moment of the three business days (Law 6563, art. 8/3).
    was_allowed: bool = False  # But for the refusal: by a grant that we know of, or as a merchant's (art. 6/2).


@dataclass(frozen=True)
class _Refused:
    """A time in which a key was refused: from the first refusal on, however often it was said again."""

    decision_id: int
    since: datetime
    until: datetime | None


WORST_FIRST = (Finding.AFTER_REFUSAL, Finding.WITHIN_TERM, Finding.BEFORE_REFUSAL, Finding.NO_REFUSAL)


def compare_with_refusal(session: Session, *, recipient_id: int, brand_id: int, channel: Channel, came_at: datetime) -> Comparison:
    """How a message of that moment compares with what the person had decided for this brand and channel.

    The term is read as the earlier one, in which half days count as business days. People say the minute: its last
    second counts. Where an address is held as two recipient types, what is worst for the sender counts.
    """
    came_at = max(came_at, came_at.replace(second=59))
    decisions = session.scalars(
        select(Decision)
        .where(
            Decision.recipient_id == recipient_id, Decision.brand_id == brand_id, Decision.channel == channel,
            ~is_void(),
        )
        .order_by(Decision.recipient_type, Decision.effective_at, Decision.status, Decision.id)  # A refusal wins a tie.
    )  # fmt: skip
    keys = groupby(decisions, key=lambda decision: decision.recipient_type)
    found = [_compared(list(of_key), recipient_type, came_at) for recipient_type, of_key in keys]
    return min(found, key=lambda each: WORST_FIRST.index(each.finding), default=Comparison(Finding.NO_REFUSAL))


def is_refused(session: Session, *, recipient_id: int, brand_id: int, channel: Channel) -> bool:
    """Whether the refusal stands now, for every recipient type that is held."""
    held = session.scalars(
        select(Consent.status).where(
            Consent.recipient_id == recipient_id, Consent.brand_id == brand_id, Consent.channel == channel,
            Consent.status.is_not(None),
        )
    ).all()  # fmt: skip
    return bool(held) and set(held) == {Status.REFUSED}


def _times(decisions: Iterable[Decision]) -> Iterator[_Refused]:
    first = None
    for decision in decisions:
        if decision.status == Status.REFUSED:
            first = first or decision
        elif first is not None:
            yield _Refused(first.id, first.effective_at, decision.effective_at)
            first = None
    if first is not None:
        yield _Refused(first.id, first.effective_at, None)


def _compared(decisions: list[Decision], recipient_type: RecipientType, came_at: datetime) -> Comparison:
    for time in _times(decisions):
        obeyed_by = business_days.safe_deadline(time.since)
        if came_at < time.since:
            allowed = _was_allowed(decisions, recipient_type, came_at)
            return Comparison(Finding.BEFORE_REFUSAL, time.decision_id, time.since, obeyed_by, allowed)
        if time.until is None or came_at < time.until:
            finding = Finding.AFTER_REFUSAL if came_at > obeyed_by else Finding.WITHIN_TERM
            allowed = _was_allowed(decisions, recipient_type, time.since)
            return Comparison(finding, time.decision_id, time.since, obeyed_by, allowed)
    return Comparison(Finding.NO_REFUSAL, was_allowed=_was_allowed(decisions, recipient_type, came_at))


def _was_allowed(decisions: list[Decision], recipient_type: RecipientType, at: datetime) -> bool:
    """Whether messages were allowed up to a moment, that of a refusal or that of a message."""
    before = [decision.status for decision in decisions if decision.effective_at < at]
    if recipient_type == RecipientType.MERCHANT:
        return Status.REFUSED not in before[-1:]
    return before[-1:] == [Status.GRANTED]
