"""The message outbox: claim due rows of one queue, send them through a gateway, record what came of each.

A row that was in a call whose outcome is not known keeps the call's batch_id: the gateway is asked about it before it
may leave again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import structlog
from sqlalchemy import select

from portal.core import clock, leases
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.models import (
    Brand,
    Campaign,
    ExclusionReason,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Provider,
    Recipient,
    UnsentReason,
)
from portal.core.vault import KEY_WAIT, CannotOpen, KeyMissing
from portal.domain.campaigns import exclusion
from portal.domain.campaigns.lifecycle import is_halted
from portal.domain.campaigns.quiet_hours import next_opening
from portal.domain.consents.may_send import is_unpulled, standing
from portal.domain.notifications import confirmations, messages
from portal.domain.notifications.messages import NORMAL_PRIORITY
from portal.domain.notifications.reply_numbers import named_number
from portal.services.messaging import (
    campaign_budgets,
    gateway_accounts,
    message_outcomes,
    message_queues,
    outgoing_messages,
    routing,
)
from portal.services.messaging.gateway_accounts import Route
from portal.services.messaging.gateways.protocol import Batch, OutgoingMessage
from portal.services.messaging.message_outcomes import Call
from portal.services.messaging.message_queues import MessageQueue
from portal.services.messaging.outgoing_messages import WriterOf

LEASES = {AddressKind.PHONE: timedelta(minutes=1), AddressKind.EMAIL: timedelta(minutes=5)}  # Longer than a batch.
PULL_WAIT = timedelta(hours=1)
BATCHES = {AddressKind.PHONE: 100, AddressKind.EMAIL: 20}  # Mails go one by one over a connection.

log = structlog.get_logger()

Pair = tuple[Message, OutgoingMessage]


@dataclass(frozen=True)
class Claim:
    """What was claimed of one queue, by call; and how many messages ended without being sent."""

    calls: Sequence[Call]
    ended: int


def send_due(*, only_high_priority: bool = False) -> bool:
    """Take the turn of one queue: send, or settle, what of it may leave now. False if nothing of any queue may.

    Each decision wakes this, so it takes no write lock while nothing is due.
    """
    at = clock.now()
    for queue in message_queues.due_queues(
        read_session(), at, gateway_accounts.defaults(at), only_high_priority=only_high_priority
    ):
        try:
            _read_replies(queue, at)
            claim = _claim(queue, at)
        except KeyMissing:  # Of its account or of somebody's address: another sender may know it.
            db.session.rollback()
            continue
        for call in claim.calls:
            if call.is_repeated:
                message_outcomes.settle_lost_call(call)
            else:
                message_outcomes.record(call, call.adapter.send(call.batch))
        if claim.calls or claim.ended:
            return True
    return False


def _read_replies(queue: MessageQueue, at: datetime) -> None:
    """Read the replies that tell which numbers take any, before messages are locked: a process does so once."""
    if queue.rank == NORMAL_PRIORITY and queue.address_kind == AddressKind.PHONE:
        numbered = select(Brand).where(Brand.provider_id == queue.provider_id, Brand.reply_number.is_not(None))
        for brand in read_session().scalars(numbered).all():
            named_number(read_session(), vault(), brand, at)


def _claim(queue: MessageQueue, at: datetime) -> Claim:
    gateways = message_queues.gateways_of(db.session, queue)
    rows = db.session.execute(
        select(Message, Recipient)
        .outerjoin(Recipient, Recipient.id == Message.recipient_id)
        .where(queue.condition, leases.is_due(Message, at))
        .order_by(Message.due_at)
        .limit(BATCHES[queue.address_kind])
        .with_for_update(of=Message, skip_locked=True)
    ).all()
    lost = [(message, recipient) for message, recipient in rows if message.batch_id is not None]
    fresh = [(message, recipient) for message, recipient in rows if message.batch_id is None]
    outgoing, ended = _sendable(queue, fresh, at)
    payable = campaign_budgets.lock_payable(outgoing, at)
    new_calls = _new_calls(queue, payable, gateways, at)
    leaving = {each.id: each for call in new_calls for each in call.batch.messages}
    for message, _ in payable:
        if message.id in leaving:
            outgoing_messages.keep_text(message, leaving[message.id])
    campaign_budgets.count_parts(payable, leaving.keys())
    calls = [*_lost_calls(lost, at), *new_calls]
    for call in calls:
        leases.claim(
            db.session, Message, Message.id.in_([each.id for each in call.batch.messages]), at=at,
            lease=LEASES[queue.address_kind], attempts=Message.attempts + 1, batch_id=call.batch.id,
            gateway_id=call.gateway_id, called_at=call.batch.attempted_at,
        )  # fmt: skip
    db.session.commit()
    return Claim(calls, ended)


def _sendable(queue: MessageQueue, rows: list[tuple[Message, Recipient]], at: datetime) -> tuple[list[Pair], int]:
    """What may be sent, each address once; and how many ended without being sent."""
    _extend_refusals([message for message, _ in rows], at)
    excluded, halted = _excluded(rows, at), _halted([message.id for message, _ in rows])
    unpulled = _unpulled(rows, excluded, at)
    opens_at = next_opening(db.session.get_one(Provider, queue.provider_id), at) if queue.provider_id else None
    pairs: dict[str, Pair] = {}
    writer_of = cache(outgoing_messages.campaign_writer)
    ended = 0
    for message, recipient in rows:
        why = excluded.get(message.id)
        if message.id in halted or why == ExclusionReason.UNREAD_REPLY:
            message.due_at = None
        elif why == ExclusionReason.NO_ADDRESS:
            message_outcomes.end_undeliverable(message, at)
        elif why == ExclusionReason.CHANGED_HANDS:
            message_outcomes.end_reassigned(message, at)
        elif message.id in unpulled and not _is_expired(message, at):
            message.due_at = at + PULL_WAIT
        elif why or _is_expired(message, at):
            reason = UnsentReason.REFUSED if why and message.id not in unpulled else UnsentReason.EXPIRED
            message_outcomes.end(message, MessageState.NOT_NEEDED, at, unsent_reason=reason)
        elif opens_at and message.kind == MessageKind.INVITATION:
            message.due_at = opens_at
        elif (outgoing := _outgoing_message(message, recipient, at, writer_of)) is None:
            pass
        elif ("@" in outgoing.to) != (queue.address_kind == AddressKind.EMAIL):
            message.address_kind = AddressKind.EMAIL if "@" in outgoing.to else AddressKind.PHONE
        else:
            pairs.setdefault(outgoing.to, (message, outgoing))
            continue
        ended += 1
    return list(pairs.values()), ended


def _outgoing_message(
    message: Message, recipient: Recipient | None, at: datetime, writer_of: WriterOf
) -> OutgoingMessage | None:
    """None where it has ended, or waits for a repair."""
    try:
        return outgoing_messages.outgoing_message_of(message, recipient, writer_of)
    except outgoing_messages.NotNeeded as not_needed:
        message_outcomes.end(message, MessageState.NOT_NEEDED, at, unsent_reason=not_needed.reason)
    except CannotOpen:  # Damaged: the others go on.
        message_outcomes.end(message, MessageState.FAILED, at)
    except KeyMissing:
        message.due_at = at + KEY_WAIT
    except Exception:  # A bug of ours must not hold up the others.
        log.exception("message.unwritten", message=message.id)
        message.attempts += 1
        message.due_at = at + message_outcomes.pause(message)
    return None


def _new_calls(
    queue: MessageQueue, pairs: list[Pair], gateways: Sequence[MessageGateway], at: datetime
) -> list[Call]:  # fmt: skip
    """One call per gateway; what none may take now stays due while it is only paced, or else is put off."""
    groups: dict[int | None, list[tuple[int | None, OutgoingMessage]]] = defaultdict(list)
    waiting: dict[datetime, list[Message]] = defaultdict(list)
    chosen: dict[int | None, Route | datetime] = {}  # A brand's messages of one turn go one way.
    for message, outgoing in pairs:
        brand_id = outgoing_messages.brand_of(message)
        if brand_id not in chosen:
            chosen[brand_id] = gateway_accounts.find_route(message, brand_id, gateways, at)
        if isinstance(way := chosen[brand_id], Route):
            groups[way.gateway_id].append((brand_id, outgoing))
        elif way > at:
            waiting[way].append(message)
    for until, found in waiting.items():
        message_queues.put_off(db.session, queue, found, until, at)
    return [call for gateway_id, group in groups.items() if (call := _new_call(gateway_id, group, at)) is not None]


def _new_call(gateway_id: int | None, group: list[tuple[int | None, OutgoingMessage]], at: datetime) -> Call | None:
    """None where a gateway's account cannot be read: it stops."""
    account = gateway_accounts.open_account(gateway_id)
    if account is None:
        return None
    count = min(len(group), account.adapter.capabilities.most_messages)
    if account.row is not None:
        count = routing.take_slots(account.row, count, at)
    brands = frozenset(brand_id for brand_id, _ in group[:count] if brand_id is not None)
    batch = Batch(new_id(), account.header, [outgoing for _, outgoing in group[:count]], at)
    return Call(account.adapter, gateway_id, batch, brands)


def _lost_calls(rows: list[tuple[Message, Recipient]], at: datetime) -> list[Call]:
    """Calls whose outcome nobody recorded: the process was killed, or the answer was lost."""
    groups: dict[tuple[int | None, int, datetime | None], list[Pair]] = defaultdict(list)
    for message, recipient in rows:
        assert message.batch_id is not None
        its_call = message.gateway_id, message.batch_id, message.called_at
        try:
            groups[its_call].append((message, outgoing_messages.as_sent(message, recipient)))
        except CannotOpen:  # Nobody can ask about it any more.
            message.state, message.due_at = MessageState.UNCERTAIN, None
        except KeyMissing:
            message.due_at = at + KEY_WAIT
    calls = []
    for (gateway_id, batch_id, called_at), group in groups.items():
        account = gateway_accounts.open_account(gateway_id)
        if account is None:
            for message, _ in group:
                message.due_at = at + routing.WAY_WAIT
        else:
            batch = Batch(batch_id, account.header, [outgoing for _, outgoing in group], called_at)
            calls.append(Call(account.adapter, gateway_id, batch, frozenset(), is_repeated=True))
    return calls


def _excluded(rows: list[tuple[Message, Recipient]], at: datetime) -> dict[int, ExclusionReason]:
    """Links for people who may not get them any more, with why: who have refused meanwhile, by another link of the
    brand or anywhere else, whose reply may refuse and waits to be read, or who has the address only since."""
    links = [message for message, _ in rows if message.kind == MessageKind.INVITATION]
    of_campaigns: dict[int | None, list[int | None]] = defaultdict(list)
    for message in links:
        of_campaigns[message.campaign_id].append(message.recipient_id)
    excluded = {
        (campaign_id, recipient_id): reason
        for campaign_id, theirs in of_campaigns.items()
        for recipient_id, reason in exclusion.find_excluded(
            db.session, db.session.get_one(Campaign, campaign_id), theirs, standing(at), at
        ).items()
    }
    keys: dict[int, tuple[int | None, int | None]] = {each.id: (each.campaign_id, each.recipient_id) for each in links}
    return {message_id: excluded[key] for message_id, key in keys.items() if key in excluded}


def _unpulled(rows: list[tuple[Message, Recipient]], excluded: dict[int, ExclusionReason], at: datetime) -> set[int]:
    """Links for people whose permission is not known while İYS tells no changes of the brand."""
    those = [message for message, _ in rows if excluded.get(message.id) == ExclusionReason.NO_PERMISSION]
    found = {each: db.session.get_one(Campaign, each).brand_id for each in {message.campaign_id for message in those}}
    brands = {each: is_unpulled(db.session, db.session.get_one(Brand, each), at) for each in set(found.values())}
    return {message.id for message in those if brands[found[message.campaign_id]]}


def _is_expired(message: Message, at: datetime) -> bool:
    if message.kind != MessageKind.INVITATION:
        return messages.is_expired(message, at)
    ends_at = db.session.get_one(Campaign, message.campaign_id).expires_at
    return ends_at is not None and ends_at <= at


def _extend_refusals(found: Iterable[Message], at: datetime) -> None:
    """A refusal that is all that its person would hear of the act has its days from now, as an account works again."""
    expired = [each for each in found if each.kind == MessageKind.REFUSAL and messages.is_expired(each, at)]
    only_news = confirmations.find_ends_of_untold_grants(db.session, expired) if expired else ()
    for message in expired:
        if message.id in only_news:
            message.expires_at = at + messages.REFUSAL_TOLD_FOR


def _halted(message_ids: list[int]) -> set[int]:
    """Links whose campaign, brand or provider sends nothing now; they are due again when it goes on."""
    rows = select(Message.id).join(Campaign, Campaign.id == Message.campaign_id).where(Message.id.in_(message_ids))
    return set(db.session.scalars(rows.where(Message.kind == MessageKind.INVITATION, is_halted())))
