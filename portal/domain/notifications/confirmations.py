"""Who has not been told yet what they decided, on the day when they must be (Regulation art. 7); whom to mail about it,
and what the provider told by its own means. Messages that confirm an act are those with a receipt.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from portal.core import clock, leases
from portal.core.database import changed_rows
from portal.core.iys_protocol import Status
from portal.core.models import (
    NO_PROVIDER,
    ConfirmationAlarm,
    Decision,
    GatewayState,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Provider,
    Receipt,
    ReceiptDecision,
    UnsentReason,
)
from portal.core.models.inserts import insert_missing

ALARM_HOURS = (18, 22)  # In Turkey. What is left at midnight is told then.
UNDER_WAY = timedelta(minutes=10)  # Whatever is younger is no cause for alarm.
OPEN = (MessageState.WAITING, MessageState.UNCERTAIN)
SENT = (MessageState.ACCEPTED, MessageState.DELIVERED)
FAILED = (MessageState.FAILED, MessageState.EXPIRED, MessageState.BLOCKED)


@dataclass(frozen=True)
class Alarm:
    """People of that day who were not told: today's, or yesterday's once it is over."""

    day: date
    count: int
    is_over: bool


def is_unconfirmed() -> ColumnElement[bool]:
    """The condition that a message should have told a person of their act, and as far as we know nobody did. Nobody
    calls a landline to tell it that it refused."""
    is_landlines = and_(Message.kind == MessageKind.CONFIRMATION, Message.unsent_reason == UnsentReason.LANDLINE)
    return and_(Message.receipt_id.is_not(None), or_(Message.state.in_((*OPEN, *FAILED)), is_landlines))


def is_to_be_told() -> ColumnElement[bool]:
    """The same where somebody should still tell them. A refusal that could not be told stays untold: the law asks for
    no more."""
    is_open = and_(Message.receipt_id.is_not(None), Message.state.in_(OPEN))
    return or_(is_open, and_(is_unconfirmed(), Message.kind == MessageKind.CONFIRMATION))


def find_ends_of_untold_grants(session: Session, refusals: Sequence[Message]) -> set[int]:
    """Those of a batch of refusals, by id, that ended a grant of which its person was told nothing, as its confirmation
    waited until it was refused, or waits still."""
    act = aliased(Receipt)
    consents: defaultdict[int | None, set[int]] = defaultdict(set)
    refused = (
        select(act.id, Decision.consent_id)
        .join(Receipt, Receipt.number == act.number)
        .join(ReceiptDecision, ReceiptDecision.receipt_id == Receipt.id)
        .join(Decision, Decision.id == ReceiptDecision.decision_id)
        .where(act.id.in_([each.receipt_id for each in refusals]))
    )
    for receipt_id, consent_id in session.execute(refused):
        consents[receipt_id].add(consent_id)
    untold = _untold_grants(session, set().union(*consents.values()))
    return {
        each.id
        for each in refusals
        if any(id in consents[each.receipt_id] and at <= each.created_at for id, at in untold)
    }


def _untold_grants(session: Session, consent_ids: Collection[int]) -> list[tuple[int, datetime]]:
    """Grants of these consents that were told nobody: the consent, and when it was granted. Each statement has one
    index to go by: of one that joins them SQLite, which has no statistics, reads all confirmations."""
    granted = (
        select(Decision.consent_id, Receipt.id, Receipt.provider_id, Receipt.decided_at)
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .join(Receipt, Receipt.id == ReceiptDecision.receipt_id)
        .where(Decision.consent_id.in_(consent_ids), Decision.status == Status.GRANTED)
    )
    found = session.execute(granted).all()
    untold: set[int | None] = set()
    for is_of_them in (Message.provider_id.in_({each.provider_id for each in found}), Message.provider_id.is_(None)):
        confirmations = select(Message.receipt_id).where(
            is_of_them, Message.created_at.in_({each.decided_at for each in found}),
            Message.receipt_id.in_({each.id for each in found}),
            or_(Message.state.in_(OPEN), Message.unsent_reason == UnsentReason.REFUSED),
        )  # fmt: skip
        untold.update(session.scalars(confirmations))
    return [(each.consent_id, each.decided_at) for each in found if each.id in untold]


def of_day(provider_id: int | InstrumentedAttribute[int], day: date, until: datetime) -> ColumnElement[bool]:
    """The condition that a confirmation of a provider's is of an act of that day in Turkey, until a moment."""
    begins, ends = clock.start_of_day(day), clock.start_of_day(day + timedelta(days=1))
    return and_(
        Message.provider_id == provider_id, Message.receipt_id.is_not(None), Message.created_at >= begins,
        Message.created_at < ends, Message.created_at <= until,
    )  # fmt: skip


def is_late(day: date) -> ColumnElement[bool]:
    """The condition that a consent of a day that is over was not confirmed on it: at all, or by a later call."""
    is_sent_late = and_(Message.state.in_(SENT), Message.called_at >= clock.start_of_day(day + timedelta(days=1)))
    return and_(Message.kind == MessageKind.CONFIRMATION, or_(is_unconfirmed(), is_sent_late))


def mark_told(session: Session, provider_id: int, day: date, until: datetime, at: datetime) -> int:
    """Take the provider's word that it told by its own means whoever acted on a day until a moment; how many. What is
    in a call right now is left to it."""
    told = update(Message).where(of_day(provider_id, day, until), is_to_be_told(), leases.is_free(Message, at))
    ended = told.values(
        state=MessageState.NOT_NEEDED, unsent_reason=UnsentReason.PROVIDER, due_at=None, lease_until=None, ended_at=at
    )
    return changed_rows(session, ended.execution_options(synchronize_session=False))


def record_quiet(session: Session, at: datetime) -> None:
    """Note admitted providers whose hour has come and of whom nobody waits, all at once: a look at each takes seconds
    where they are thousands."""
    hour, today, theirs = _hours_until(at)[-1], clock.day(at), select(Message.id)
    yesterday = today - timedelta(days=1)
    waits = or_(
        theirs.where(of_day(Provider.id, yesterday, at), is_late(yesterday)).exists(),
        theirs.where(of_day(Provider.id, today, at - UNDER_WAY), is_to_be_told()).exists(),
    )
    alarm = select(ConfirmationAlarm.provider_id).where(ConfirmationAlarm.provider_id == Provider.id)
    is_told = alarm.where(ConfirmationAlarm.told_until >= hour).exists()
    quiet = select(Provider.id).where(Provider.admitted_at.is_not(None), ~is_told, ~waits)
    missing = session.scalars(quiet.where(~alarm.exists()))
    insert_missing(session, ConfirmationAlarm, [{"provider_id": each} for each in missing])
    session.execute(
        update(ConfirmationAlarm).where(ConfirmationAlarm.provider_id.in_(quiet)).values(told_until=hour),
        execution_options={"synchronize_session": False},
    )


def list_untold(session: Session, at: datetime) -> Sequence[int]:
    """Admitted providers, and NO_PROVIDER for the operator, whose people heard nothing since the last hour of alarm."""
    watched = {NO_PROVIDER, *session.scalars(select(Provider.id).where(Provider.admitted_at.is_not(None)))}
    told = select(ConfirmationAlarm.provider_id).where(ConfirmationAlarm.told_until >= _hours_until(at)[-1])
    return sorted(watched.difference(session.scalars(told)))


def record_alarms(session: Session, provider_id: int, at: datetime) -> list[Alarm]:
    """What a provider's people, or the operator's for NO_PROVIDER, are to be mailed now, noted as mailed: each hour of
    alarm once, however often and wherever this runs. Part of the caller's transaction."""
    insert_missing(session, ConfirmationAlarm, [{"provider_id": provider_id}])
    row = session.get_one(ConfirmationAlarm, provider_id, with_for_update=True, populate_existing=True)
    hours, today = _hours_until(at), clock.day(at)
    news = [each for each in hours if row.told_until is None or each > row.told_until]
    row.told_until = hours[-1]
    found = []
    if hours[0] in news and provider_id != NO_PROVIDER:
        yesterday = today - timedelta(days=1)
        found.append(Alarm(yesterday, _count(session, of_day(provider_id, yesterday, at), is_late(yesterday)), True))
    if any(each in news for each in hours[1:]):
        found.append(Alarm(today, _count_waiting(session, provider_id, today, at), False))
    return [each for each in found if each.count]


def _hours_until(at: datetime) -> list[datetime]:
    """The hours of alarm of this day that have come: midnight, and those of ALARM_HOURS."""
    midnight = clock.start_of_day(clock.day(at))
    hours = [midnight + timedelta(hours=each) for each in (0, *ALARM_HOURS)]
    return [each for each in hours if each <= at]


def _count_waiting(session: Session, provider_id: int, today: date, at: datetime) -> int:
    """How many a provider is to tell today; or what waits for the operator's gateways, of the portal and of firms, each
    counted by the index."""
    until = at - UNDER_WAY
    if provider_id != NO_PROVIDER:
        return _count(session, of_day(provider_id, today, until), is_to_be_told())
    is_kept = MessageGateway.state != GatewayState.REMOVED
    carried = select(MessageGateway.id).where(is_kept, MessageGateway.carries == Message.address_kind)
    own = carried.where(MessageGateway.provider_id == Message.provider_id).exists()
    operators = carried.where(MessageGateway.provider_id.is_(None)).exists()
    admitted = select(Provider.id).where(Provider.admitted_at.is_not(None))
    waits = (
        Message.receipt_id.is_not(None), Message.state.in_(OPEN), Message.due_at.is_not(None), operators, ~own,
        Message.created_at >= clock.start_of_day(today), Message.created_at <= until,
    )  # fmt: skip
    whose = Message.provider_id.is_(None), Message.provider_id.in_(admitted)
    return sum(_count(session, each, *waits) for each in whose)


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.execute(select(func.count()).select_from(Message).where(*conditions)).scalar_one()
