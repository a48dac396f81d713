"""Refusals that a vendor answers to the call that sends: "this number left by our list".

An account that the vendor refuses, for an unpaid invoice or another address, may be answered the same. So an answer
counts where the account's neighbouring messages were taken, in the order of the answers; of several in a row somebody
reads whether they are refusals, and nothing is sent to those people meanwhile. So it is with each mail that a server
does not take in words that may be its user's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import select

from portal.core import journalled_news
from portal.core.extensions import db, vault
from portal.core.models import EventKind, EventOutcome, GatewayEvent, Message, MessageGateway
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
    """Keep the refusals among the results of a call, and stop an account that takes none of many. Nothing here commits.

    Those between two messages that are taken in one call are certain, and so is a single one after which another one
    is taken soon. It waits for that, its recipient held; when its time is over, somebody reads it. Several in a row to
    calls of their own, as a batch was halved, are doubtful."""
    said = [each for each in results if each.error is None or _is_refusal(each)]
    runs = [(is_refused, [each.message_id for each in run]) for is_refused, run in groupby(said, _is_refusal)]
    alone = {each.message_id for each in said if each.is_alone}
    words = {each.message_id: each.error.said for each in results if each.error and each.error.said}
    if not runs and not words:
        return
    gateway = db.session.get_one(MessageGateway, gateway_id, with_for_update=True)
    _keep(gateway, list(words), DOUBTFUL_ANSWER, at, words=words)
    if not runs:
        return
    certain, waiting, count = list[int](), list[int](), gateway.refused_in_a_row
    doubtful = [gateway.refused_message_id] if gateway.refused_message_id else []
    if (before := _waiting(gateway, at)) is not None:
        before.due_at = at
        if count == 1 and not runs[0][0]:
            before.due_at, before.settled_at, before.outcome = None, at, EventOutcome.READ
            journalled_news.note_step(db.session, before)
            certain, doubtful = doubtful, certain
    for place, (is_refused, ids) in enumerate(runs):
        if not is_refused:
            certain, waiting, count = certain + waiting, [], 0
        elif 0 < place < len(runs) - 1:
            is_certain = len(ids) == 1 or alone.isdisjoint(ids)
            certain, doubtful = (certain + ids, doubtful) if is_certain else (certain, doubtful + ids)
        else:
            count += len(ids)
            waiting, doubtful = (ids, doubtful) if count == 1 else ([], doubtful + ids)
    gateway.refused_in_a_row, gateway.refused_message_id = count, waiting[0] if waiting else None
    _keep(gateway, certain, ANSWER, at)
    _keep(gateway, doubtful, DOUBTFUL_ANSWER, at)
    _keep(gateway, waiting, DOUBTFUL_ANSWER, at, due_at=at + FOLLOWED_WITHIN)
    if count >= MOST_IN_A_ROW:
        error = next(each.error for each in results if each.error and _is_refusal(each))
        routing.stop(db.session, gateway.id, error.code or error.reason, error.reason)


def _waiting(gateway: MessageGateway, at: datetime) -> GatewayEvent | None:
    """The refusal that waits for the next answer; none whose time is over, which a worker may have by now."""
    message = db.session.get(Message, gateway.refused_message_id) if gateway.refused_message_id else None
    if message is None or message.recipient_id is None:
        return None
    theirs = GatewayEvent.gateway_id == gateway.id, GatewayEvent.recipient_id == message.recipient_id
    waits = GatewayEvent.kind == EventKind.BLOCKED, GatewayEvent.due_at > at, GatewayEvent.settled_at.is_(None)
    last = select(GatewayEvent).where(*theirs, *waits).order_by(GatewayEvent.id.desc()).limit(1)
    return db.session.scalar(last.with_for_update(skip_locked=True))


def _is_refusal(result: SendResult) -> bool:
    error = result.error
    return error is not None and error.error_class == ErrorClass.PERMANENT and error.reason == Reason.BLOCKED_BY_VENDOR


def _keep(
    gateway: MessageGateway, message_ids: Sequence[int], source: str, at: datetime, due_at: datetime | None = None,
    words: Mapping[int, str] | None = None,
) -> None:  # fmt: skip
    """`words` of who refuses; else the code of a message."""

    def keep(message_id: int) -> None:
        secret, message = gateways.read_secret(vault(), gateway), db.session.get(Message, message_id)
        code, whose = (message.code or "", message.recipient_id) if message else ("", None)
        blocked = BlockedAddress("", None, source, message_id, (words or {}).get(message_id, code))
        event_contents.keep_answer(gateway, secret, blocked, at, recipient_id=whose, due_at=due_at)

    for message_id, _ in run_in_savepoints(message_ids, keep):  # The outcome of a whole batch is not lost for one.
        log.error("message.refusal_not_kept", message=message_id)
