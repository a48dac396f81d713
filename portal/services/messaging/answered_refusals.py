"""Refusals that a vendor answers to the call that sends: "this number left by our list".

An account that the vendor refuses, for an unpaid invoice or another address, may be answered the same. So an answer
counts where the account's neighbouring messages were taken; of several in a row somebody reads whether they are
refusals, and nothing is sent to those people meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from portal.core.extensions import db, vault
from portal.core.models import Message, MessageGateway
from portal.domain.notifications import gateways
from portal.services.messaging import event_contents, routing
from portal.services.messaging.gateways.protocol import (
    ANSWER,
    DOUBTFUL_ANSWER,
    BlockedAddress,
    ErrorClass,
    Reason,
    SendResult,
)
from portal.services.messaging.savepoints import run_in_savepoints

MOST_IN_A_ROW = 25  # A person, or a few, may ask for codes again and again.
FOLLOWED_WITHIN = timedelta(minutes=3)  # By another message.

log = structlog.get_logger()


def note_answer(gateway_id: int, results: Sequence[SendResult], at: datetime) -> None:
    """Keep the refusals among the results of a call, and stop an account of whose messages none is taken. Nothing here
    commits."""
    refused = [each.message_id for each in results if _is_refusal(each)]
    is_taken = any(each.error is None for each in results)
    if not (refused or is_taken):
        return
    gateway = db.session.get_one(MessageGateway, gateway_id, with_for_update=True)
    end_waiting(gateway, at)
    before, gateway.refused_message_id = gateway.refused_message_id, None
    found = [*([before] if before else []), *refused]
    if is_taken:
        gateway.refused_in_a_row = 0
        _keep(gateway, found, ANSWER, at)
        return
    gateway.refused_in_a_row += len(refused)
    if gateway.refused_in_a_row == 1:
        gateway.refused_message_id = found.pop()  # The next answer tells.
    _keep(gateway, found, DOUBTFUL_ANSWER, at)
    if gateway.refused_in_a_row >= MOST_IN_A_ROW:
        error = next(each.error for each in results if each.error and _is_refusal(each))
        routing.stop(db.session, gateway.id, error.code or error.reason, error.reason)


def end_waiting(gateway: MessageGateway, at: datetime) -> None:
    """Let somebody read a single refusal after which nothing was sent. Nothing here commits."""
    message = db.session.get(Message, gateway.refused_message_id) if gateway.refused_message_id else None
    if message is not None and (message.ended_at is None or message.ended_at < at - FOLLOWED_WITHIN):
        db.session.refresh(gateway, with_for_update=True)
        if gateway.refused_message_id == message.id:
            gateway.refused_message_id = None
            _keep(gateway, [message.id], DOUBTFUL_ANSWER, at)


def _is_refusal(result: SendResult) -> bool:
    error = result.error
    return error is not None and error.error_class == ErrorClass.PERMANENT and error.reason == Reason.BLOCKED_BY_VENDOR


def _keep(gateway: MessageGateway, message_ids: Sequence[int], source: str, at: datetime) -> None:
    def keep(message_id: int) -> None:
        secret = gateways.read_secret(vault(), gateway)
        event_contents.keep_blocked(gateway, secret, BlockedAddress("", None, source, message_id), at, "")

    for message_id, _ in run_in_savepoints(message_ids, keep):  # The outcome of a whole batch is not lost for one.
        log.error("message.refusal_not_kept", message=message_id)
