"""The work on what gateways tell us: keep it once, then read it, one piece of news in one transaction.

A killed worker has done nothing; when its lease ends, the next one does it. What comes twice is kept once.
"""

import base64
import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, select

from portal.core import clock, journalled_news, leases
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session
from portal.core.models import EventKind, EventOutcome, GatewayEvent, MessageGateway
from portal.core.models.inserts import insert_missing
from portal.core.vault import KEY_WAIT, CannotOpen, KeyMissing
from portal.services.messaging import (
    event_contents,
    event_turns,
    feedback,
    gateway_accounts,
    gateway_sweeps,
    replies,
    sweep_rows,
)
from portal.services.messaging.gateways import push_text, unread_rows
from portal.services.messaging.gateways.protocol import Feedback, Gateway, GatewayError, InboundMessage, Report
from portal.services.messaging.gateways.vendor_push import VendorPush
from portal.services.messaging.news_keeping import KNOWN_AFTER, keep_news, unread_replies
from portal.services.messaging.savepoints import log_or_reraise, run_in_savepoints

NEWS = (EventKind.PUSH, EventKind.REPLY, EventKind.BLOCKED)
LEASE = {EventKind.SWEEP: timedelta(minutes=10)}  # Others: a minute.
HOUR = timedelta(hours=1)
MOST_LOOKED_AT = 16_384  # Bytes of a push: some hundred reports, of a millisecond each.
PROVABLE_WITHIN = timedelta(days=2)  # A push whose signature cannot be verified by then refuses nothing by itself.

log = structlog.get_logger()


def keep_push(gateway: MessageGateway, secret: str, push: VendorPush, at: datetime) -> None:
    """Keep a request of a vendor's; the same one within a minute is kept once, and read again if it was read."""
    body, query = base64.b64encode(push.body).decode(), dict(sorted(push.query.items()))
    content = {"body": body, "type": push.content_type, "query": query}
    identity, only_reports = [f"{at:%Y-%m-%d %H:%M}", body, query], _tells_only_reports(gateway, push)
    kept = event_contents.keep(gateway, secret, EventKind.PUSH, identity, content, at, only_reports=only_reports)
    if kept is not None:
        event_contents.read_again(kept, content, at, only_reports=only_reports)


def _tells_only_reports(gateway: MessageGateway, push: VendorPush) -> bool:
    """Whether nobody refuses in a push, so that those in which somebody may are read first. What is long is few, and
    what cannot be read now may refuse."""
    if len(push.body) > MOST_LOOKED_AT:
        return False
    try:
        return gateway_accounts.adapter_of(gateway, only_reads=True).tells_only_reports(push)
    except Exception:
        return False


def note_too_large(gateway: MessageGateway, size: int | None, at: datetime) -> None:
    """Note that a push was not taken: refusals in it come only if the vendor tells them again."""
    log.error("gateway_event.too_large", gateway=gateway.id, size=size)
    sweep_rows.note_report(gateway, EventOutcome.UNREADABLE, f"HTTP 413 ({size or '?'} B)", at)


def work_due(kinds: Collection[EventKind] = NEWS, *, only_reports: bool = False) -> bool:
    """Read one piece of news of these kinds, or of what tells `only_reports`; False if nothing is due. Commits."""
    at = clock.now()
    due = event_turns.find_next(read_session(), kinds, at, only_reports=only_reports)
    return due is not None and _claim_and_work(due, at)


def sweep_due(*which: ColumnElement[bool]) -> bool:
    """Sweep one gateway, of those `which`; False if nothing is due. Commits."""
    at = clock.now()
    due = event_turns.find_next_sweep(read_session(), at, *which)
    return _plan_sweeps(at) if due is None else _claim_and_work(due, at)


def _claim_and_work(due: event_turns.Due, at: datetime) -> bool:
    lease = LEASE.get(due.kind, gateway_sweeps.MINUTE)
    is_ours = leases.claim(
        db.session, GatewayEvent, GatewayEvent.id == due.id, GatewayEvent.due_at <= at, at=at, lease=lease
    )
    if is_ours and due.kind != EventKind.SWEEP:
        event_turns.note_turn(db.session, due.gateway_id, at)
    db.session.commit()
    if is_ours:
        _work(due.id)
    return True


def _work(event_id: int) -> None:
    event = db.session.get_one(GatewayEvent, event_id, with_for_update=True, populate_existing=True)
    gateway, at = db.session.get_one(MessageGateway, event.gateway_id), clock.now()
    event.lease_until = None
    if event.due_at is None:  # Whose lease had ended, and who has done it all the same.
        db.session.rollback()
        return
    try:
        _take(event, gateway, at)
        db.session.flush()
    except KeyMissing:
        _put_off(event, at + KEY_WAIT)
    except Exception as failure:
        db.session.rollback()
        is_expected = isinstance(failure, feedback.NotCertain)
        why = type(failure).__name__ if is_expected else log_or_reraise(failure, id=event_id)
        try:
            _keep_unread(event, gateway, why, at)
        except CannotOpen:  # The event itself, or the account's secret.
            _put_off(event, at + HOUR)
    journalled_news.note_step(db.session, event)
    db.session.commit()


def _put_off(event: GatewayEvent, due_at: datetime) -> None:
    log.error("gateway_event.cannot_open", id=event.id)
    db.session.rollback()
    event.due_at, event.lease_until = due_at, None


def _take(event: GatewayEvent, gateway: MessageGateway, at: datetime) -> None:
    match event.kind:
        case EventKind.SWEEP:
            gateway_sweeps.sweep(event, gateway, at)
        case EventKind.PUSH:
            _read_push(event, gateway, at)
        case EventKind.REPLY:
            replies.take_reply(event, gateway, event_contents.read_reply(event), at)
        case EventKind.BLOCKED:
            feedback.take_blocked(event, gateway, event_contents.read_blocked(event), at)


def _keep_unread(event: GatewayEvent, gateway: MessageGateway, why: str, at: datetime) -> None:
    """What failed waits for a person, and nothing is sent to whom it names. A sweep is tried again."""
    db.session.refresh(event, with_for_update=True)
    event.lease_until = None
    if event.kind == EventKind.SWEEP:
        gateway_sweeps.plan_next(event, at, has_failed=True)
        return
    if event.kind == EventKind.PUSH:
        unread = _unread_push(gateway, _pushed(event))
    else:
        is_reply = event.kind == EventKind.REPLY
        piece = event_contents.read_reply(event) if is_reply else event_contents.read_blocked(event)
        if isinstance(piece, InboundMessage) and not piece.is_whole:
            run_in_savepoints([piece], lambda reply: replies.hold_sender(event, gateway, reply, at))
            event.outcome, event.due_at = EventOutcome.LIKELY_REFUSAL, None
            return
        unread = [unread_rows.as_unread(piece, why)]
    keep_news(gateway, Feedback(replies=tuple(unread)), at, pushed_at=event.received_at)
    _end(event, EventOutcome.UNREADABLE, at)


def _read_push(event: GatewayEvent, gateway: MessageGateway, at: datetime) -> None:
    """No transaction is open while a push is parsed: the certificate of its signature may have to be fetched."""
    if late := event_contents.read_late_reports(event):
        unknown = keep_news(gateway, Feedback(tuple(late)), at, pushed_at=event.received_at)
        _end_or_wait(event, unknown, at)
        return
    push, adapter = _pushed(event), gateway_accounts.adapter_of(gateway, only_reads=True)
    db.session.rollback()
    news, is_parsed = Feedback(), True
    try:
        news = adapter.read_push(push)
    except GatewayError:
        _wait_for_proof(event, gateway, adapter, push, at)
        return
    except Exception:  # Also where an adapter fails, or nobody signed it: one push stops no account.
        is_parsed, news = False, _read_unproved(gateway, adapter, push)
    is_mail = gateway.carries == AddressKind.EMAIL
    is_read = is_parsed and (is_mail or bool(news.reports) or any(each.is_whole for each in news.replies))
    unknown = keep_news(gateway, news, at, pushed_at=event.received_at)
    if not is_read:
        _end_unreadable(event, gateway, push, at)
        return
    sweep_rows.note_reports(gateway, news.reports, event.received_at, event_contents.masked_beginning(push))
    _end_or_wait(event, unknown, at)


def _end_or_wait(event: GatewayEvent, unknown: Sequence[Report], at: datetime) -> None:
    """End a push that was read. Reports of messages that are not known yet are read again, and they alone."""
    if not unknown or at >= event.received_at + KNOWN_AFTER:
        _end(event, EventOutcome.READ, at)
        return
    event_contents.keep_late_reports(event, unknown)
    event.due_at = at + gateway_sweeps.MINUTE


def _wait_for_proof(
    event: GatewayEvent, gateway: MessageGateway, adapter: Gateway, push: VendorPush, at: datetime
) -> None:  # fmt: skip
    """Read a push again whose signature cannot be verified yet. Whom it names in what may refuse is held from the first
    reading on: the secret in its URL let it in, and nothing is refused without the signature."""
    if event.outcome is None:
        keep_news(gateway, _read_unproved(gateway, adapter, push), at, pushed_at=event.received_at)
        event.outcome = EventOutcome.UNREADABLE
    if at < event.received_at + PROVABLE_WITHIN:
        event.due_at = at + gateway_sweeps.MINUTE
    else:
        _end_unreadable(event, gateway, push, at)


def _read_unproved(gateway: MessageGateway, adapter: Gateway, push: VendorPush) -> Feedback:
    """What may refuse in a push without a valid signature; all of it where it cannot be read."""
    try:
        return adapter.read_unproved(push)
    except Exception:
        return Feedback(replies=tuple(_unread_push(gateway, push)))


def _pushed(event: GatewayEvent) -> VendorPush:
    content = event_contents.read_content(event)
    return VendorPush(base64.b64decode(content["body"]), content["type"], content["query"])


def _unread_push(gateway: MessageGateway, push: VendorPush) -> list[InboundMessage]:
    query = json.dumps(push.query, ensure_ascii=False) if push.query else ""
    said = f"{push_text.decode(push.body, push.content_type)} {query}".strip()
    return unread_replies(gateway, said)


def _end_unreadable(event: GatewayEvent, gateway: MessageGateway, push: VendorPush, at: datetime) -> None:
    log.error("gateway_event.unreadable", id=event.id, gateway=gateway.id)
    sweep_rows.note_report(gateway, EventOutcome.UNREADABLE, event_contents.masked_beginning(push), event.received_at)
    _end(event, EventOutcome.UNREADABLE, at)


def _end(event: GatewayEvent, outcome: EventOutcome, at: datetime) -> None:
    """A push may hold texts with links: what it says is kept, not the push."""
    event.outcome, event.due_at, event.settled_at, event.body = outcome, None, at, None


def _plan_sweeps(at: datetime) -> bool:
    """Give each gateway the row by which it is swept."""
    swept = select(GatewayEvent.id).where(
        GatewayEvent.gateway_id == MessageGateway.id, GatewayEvent.kind == EventKind.SWEEP
    )
    unplanned = select(MessageGateway).where(~swept.exists(), MessageGateway.tested_at.is_not(None))
    rows = [sweep_rows.sweep_row(each, at) for each in read_session().scalars(unplanned)]
    insert_missing(db.session, GatewayEvent, rows)
    db.session.commit()
    return bool(rows)
