"""What comes of messages: after a call by its answer, after a lost one by what the gateway knows, and by reports.

The class of an error decides what happens, here and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import ColumnElement, and_, delete, func, select

from portal.core import clock, leases
from portal.core.extensions import db, read_session
from portal.core.models import AudienceEntry, ConsentRequest, Message, MessageKind, MessageState, UnsentReason
from portal.domain.notifications import messages
from portal.services.messaging import answered_refusals, campaign_budgets, outgoing_messages, routing
from portal.services.messaging.gateways.protocol import (
    BLOCKED,
    Batch,
    ErrorClass,
    Gateway,
    GatewayError,
    Lookup,
    LookupOutcome,
    Reason,
    SendError,
    SendResult,
)

FIRST_PAUSE = timedelta(seconds=15)
MOST_LOOKUPS = 10
ONLY_ONCE = (MessageKind.INVITATION, MessageKind.REFUSAL)


class RetryPolicy(NamedTuple):
    """How long a message waits for a gateway that does not take it."""

    longest_pause: timedelta
    attempts: int  # Some three days of them; then it has failed.


# A confirmation is due on the same day (Regulation art. 7), so its retries stay close together.
SHORT, LONG = RetryPolicy(timedelta(minutes=10), 440), RetryPolicy(timedelta(hours=2), 40)

vendor_word = func.coalesce(Message.code, "")
log = structlog.get_logger()


@dataclass(frozen=True)
class Call:
    """A batch and the gateway that is to take it; or, repeated, one of which nobody knows whether it did."""

    adapter: Gateway
    gateway_id: int | None  # None: the demo gateway.
    batch: Batch
    brand_ids: frozenset[int]
    is_repeated: bool = False


def record(call: Call, results: Sequence[SendResult]) -> None:
    """Write the answer to a call, and how its gateway is doing. Commits."""
    at, by_id = clock.now(), {each.message_id: each for each in results}
    taken = {each.message_id for each in results if each.error is None}
    if failed := [each.id for each in call.batch.messages if each.id not in taken]:
        campaign_budgets.lock_campaigns(failed)
    messages_of_call = _still_open(call)
    for message in messages_of_call:
        result = by_id.get(message.id)
        if result is None:  # It was not tried.
            message.attempts -= 1
            _send_again(message, at)
        elif result.error is None:
            message.vendor_ref = result.ref[:80]
            end(message, MessageState.ACCEPTED, at)
        else:
            _apply_error(message, result.error, at, call)
    campaign_budgets.refund_parts(messages_of_call)
    _note(call, [each.error for each in results], at)
    if call.gateway_id is not None:
        answered_refusals.note_answer(call.gateway_id, results, at)
    db.session.commit()


def settle_lost_call(call: Call) -> None:
    """Ask the gateway whether it has a batch whose answer was lost. Commits.

    Where nobody can tell, what may be repeated is; a link or a refusal's confirmation waits for a person, since two
    would annoy, and a grant's goes again, since none would break the law (Regulation art. 7). The person is not kept
    waiting by a vendor that never finds a call.
    """
    try:
        lookup, error = call.adapter.lookup(call.batch), None
    except GatewayError as failure:
        lookup, error = Lookup(LookupOutcome.CANNOT_TELL), failure.error
    at = clock.now()
    campaign_budgets.lock_campaigns([each.id for each in call.batch.messages])
    messages_of_call = _still_open(call)
    attempts = max((each.attempts for each in messages_of_call), default=1)
    asked_again_at = at + leases.backoff(attempts, FIRST_PAUSE, SHORT.longest_pause)  # Of all together.
    for message in messages_of_call:
        may_repeat = call.adapter.capabilities.may_repeat or (
            message.kind not in ONLY_ONCE and message.attempts > MOST_LOOKUPS
        )
        is_asked = call.adapter.capabilities.finds_calls and message.attempts <= MOST_LOOKUPS
        if lookup.outcome == LookupOutcome.FOUND:
            message.vendor_ref = lookup.ref[:80]
            end(message, MessageState.ACCEPTED, at)
        elif lookup.outcome == LookupOutcome.ABSENT or (may_repeat and error is None):
            _send_again(message, at)
            message.state = MessageState.WAITING
        elif message.kind in ONLY_ONCE and not is_asked and error is None:
            message.state, message.due_at, message.lease_until = MessageState.UNCERTAIN, None, None
            log.error("message.uncertain", message=message.id)
        else:
            message.lease_until, message.due_at = None, asked_again_at
    campaign_budgets.refund_parts(messages_of_call)
    _note(call, [error], at)
    db.session.commit()


def is_undecided() -> ColumnElement[bool]:
    """Of messages whose outcome no gateway can tell: a person decides."""
    return and_(Message.state == MessageState.UNCERTAIN, Message.due_at.is_(None))


def count_undecided(campaign_id: int) -> Sequence[tuple[int | None, str | None, str, int]]:
    """Those of a campaign by gateway, reason and the vendor's word ("": none)."""
    group = Message.gateway_id, Message.reason, vendor_word
    theirs = select(*group, func.count()).where(is_undecided(), Message.campaign_id == campaign_id)
    return [(*row,) for row in read_session().execute(theirs.group_by(*group).order_by(*group))]


def settle_undecided(*which: ColumnElement[bool], at: datetime, sends_again: bool) -> int:
    """Count them as sent, or send them again, by a person's word; how many. Does not commit."""
    undecided = select(Message).where(is_undecided(), *which)
    settled = db.session.scalars(undecided.order_by(Message.id).with_for_update()).all()
    for message in settled:
        if sends_again:
            message.due_at, message.attempts, message.state = at, 0, MessageState.WAITING
            _send_again(message, at)
        else:
            end(message, MessageState.ACCEPTED, at)
    return len(settled)


def end(message: Message, state: MessageState, at: datetime, *, unsent_reason: UnsentReason | None = None) -> None:
    """Nothing is left to do for a message but to hear what became of it."""
    message.state, message.due_at, message.lease_until, message.ended_at = state, None, None, at
    message.unsent_reason = unsent_reason
    message.facts = None


def end_undeliverable(message: Message, at: datetime) -> None:
    """There is no such address: nobody was asked there, so a request may be made once more (checklist C-4 counts what
    arrived; Regulation art. 6), but no campaign writes to it (is_undeliverable)."""
    end(message, MessageState.FAILED, at)
    message.reason = Reason.BAD_ADDRESS.value
    if message.kind == MessageKind.INVITATION:
        _free_request(message)


def end_reassigned(invitation: Message, at: datetime) -> None:
    """Somebody else has the address by now, and was not asked: a later campaign may."""
    end(invitation, MessageState.NOT_NEEDED, at, unsent_reason=UnsentReason.REASSIGNED)
    _free_request(invitation)


def pause(message: Message) -> timedelta:
    """Until the next attempt."""
    return leases.backoff(max(1, message.attempts), FIRST_PAUSE, _retry_policy(message).longest_pause)


def _free_request(invitation: Message) -> None:
    entry = select(AudienceEntry.id).where(AudienceEntry.link_id == invitation.link_id)
    db.session.execute(delete(ConsentRequest).where(ConsentRequest.entry_id.in_(entry)))


def _apply_error(message: Message, error: SendError, at: datetime, call: Call) -> None:
    message.code, message.reason = error.code[:60] or None, error.reason.value
    match error.error_class:
        case ErrorClass.PERMANENT if error.reason == Reason.BAD_ADDRESS:
            end_undeliverable(message, at)
        case ErrorClass.PERMANENT:
            end(message, MessageState.BLOCKED if error.reason in BLOCKED else MessageState.FAILED, at)
        case ErrorClass.UNCERTAIN:
            message.state, message.lease_until = MessageState.UNCERTAIN, None
            message.due_at = at + call.adapter.capabilities.lookup_after
        case ErrorClass.CONFIG:
            message.attempts -= 1
            _send_again(message, at)
        case ErrorClass.TEMPORARY if message.attempts >= _retry_policy(message).attempts and message.due_at:
            end(message, MessageState.FAILED, at)
        case ErrorClass.TEMPORARY:
            _send_again(message, at + max(pause(message), error.retry_after or timedelta(0)))


def _send_again(message: Message, at: datetime) -> None:
    outgoing_messages.forget_text(message)
    message.batch_id, message.lease_until = None, None
    if message.due_at is not None:  # Else its campaign was closed meanwhile.
        message.due_at = at


def _note(call: Call, errors: Sequence[SendError | None], at: datetime) -> None:
    """Stop, spare or praise a gateway: what fails for every message of a batch is the gateway's fault."""
    if call.gateway_id is None:
        return
    classes = {each.error_class for each in errors if each is not None}
    is_down = all(each is not None and each.error_class in DOWN for each in errors)
    if ErrorClass.CONFIG in classes:
        error = next(each for each in errors if each and each.error_class == ErrorClass.CONFIG)
        routing.stop(db.session, call.gateway_id, error.code or error.reason, error.reason)
        log.error("gateway.stopped", gateway=call.gateway_id, code=error.code)
    elif not call.is_repeated:  # A vendor allows few questions, and a busy one may still send.
        routing.note_outcome(db.session, call.gateway_id, set(call.brand_ids), at, went_well=not is_down)


DOWN = (ErrorClass.TEMPORARY, ErrorClass.UNCERTAIN)


def _still_open(call: Call) -> Sequence[Message]:
    """Lock those of a call that nobody has settled since: another sender may have claimed them after our lease."""
    ids = [each.id for each in call.batch.messages]
    theirs = select(Message).where(
        Message.id.in_(ids), Message.batch_id == call.batch.id,
        Message.state.in_((MessageState.WAITING, MessageState.UNCERTAIN)),
    )  # fmt: skip
    return db.session.scalars(theirs.order_by(Message.id).with_for_update()).all()


def _retry_policy(message: Message) -> RetryPolicy:
    return SHORT if message.rank == messages.HIGH_PRIORITY else LONG
