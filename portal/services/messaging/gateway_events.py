"""The work on what gateways tell us: keep it once, then read it, one piece of news in one transaction.

A killed worker has done nothing; when its lease ends, the next one does it. What comes twice is kept once.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import select

from portal.core import clock, leases
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session, vault
from portal.core.models import EventKind, EventOutcome, GatewayEvent, MessageGateway
from portal.core.models.inserts import insert_missing
from portal.core.vault import KEY_WAIT, CannotOpen, KeyMissing
from portal.domain.notifications import gateways
from portal.services.messaging import (
    delivery_reports,
    event_contents,
    feedback,
    gateway_accounts,
    meant_brands,
    replies,
    routing,
)
from portal.services.messaging.gateways import push_text, unread_rows
from portal.services.messaging.gateways.protocol import (
    BlockedAddress,
    ErrorClass,
    Feedback,
    GatewayError,
    Reason,
    Report,
    VendorPush,
)
from portal.services.messaging.gateways.smtp import SmtpGateway

NEWS = (EventKind.PUSH, EventKind.REPLY, EventKind.BLOCKED)
LEASE = {EventKind.SWEEP: timedelta(minutes=10)}  # Others: a minute.
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PROVABLE_WITHIN = timedelta(days=2)  # A push whose signature cannot be verified yet is not believed later.
KNOWN_AFTER = timedelta(minutes=5)  # A report may come before the answer to the call that sent its message.
OVERLAP = timedelta(minutes=10)  # Of two sweeps: a vendor lists a message a while after its time.

Told = TypeVar("Told")

log = structlog.get_logger()


def keep_push(gateway: MessageGateway, secret: str, push: VendorPush, at: datetime) -> None:
    """Keep a request of a vendor's; the same one within a minute is kept once."""
    body, query = base64.b64encode(push.body).decode(), dict(sorted(push.query.items()))
    content = {"body": body, "type": push.content_type, "query": query}
    event_contents.keep(gateway, secret, EventKind.PUSH, [f"{at:%Y-%m-%d %H:%M}", body, query], content, at)


def work_due(kinds: Sequence[EventKind]) -> bool:
    """Read one piece of news of these kinds, or sweep one gateway; False if nothing is due. Commits."""
    at = clock.now()
    first = select(GatewayEvent.id, GatewayEvent.kind).where(
        leases.is_due(GatewayEvent, at), GatewayEvent.kind.in_(kinds)
    )
    due = read_session().execute(first.order_by(GatewayEvent.due_at).limit(1)).first()
    if due is None:
        return EventKind.SWEEP in kinds and _plan_sweeps(at)
    lease = LEASE.get(due.kind, MINUTE)
    is_ours = leases.claim(
        db.session, GatewayEvent, GatewayEvent.id == due.id, GatewayEvent.due_at <= at, at=at, lease=lease
    )
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
        if event.kind == EventKind.SWEEP:
            _sweep(event, gateway, at)
        elif event.kind == EventKind.PUSH:
            _read_push(event, gateway, at)
        elif event.kind == EventKind.REPLY:
            replies.take_reply(event, gateway, event_contents.read_reply(event), at)
        else:
            feedback.take_blocked(event, gateway, event_contents.read_blocked(event), at)
    except (CannotOpen, KeyMissing) as unopened:
        log.error("gateway_event.cannot_open", id=event_id)
        db.session.rollback()
        event.due_at, event.lease_until = at + (KEY_WAIT if isinstance(unopened, KeyMissing) else HOUR), None
    db.session.commit()


def _read_push(event: GatewayEvent, gateway: MessageGateway, at: datetime) -> None:
    """No transaction is open while a push is parsed: the certificate of its signature may have to be fetched."""
    content, adapter = event_contents.read_content(event), gateway_accounts.adapter_of(gateway, only_reads=True)
    db.session.rollback()
    push = VendorPush(base64.b64decode(content["body"]), content["type"], content["query"])
    news, is_parsed = Feedback(), True
    try:
        news = adapter.read_push(push)
    except GatewayError:
        is_parsed = False
        if at < event.received_at + PROVABLE_WITHIN:
            event.due_at = at + MINUTE
            return
    except Exception:  # Also where an adapter stumbles: one push stops no account.
        is_parsed = False
        if gateway.carries == AddressKind.PHONE:
            query = json.dumps(push.query, ensure_ascii=False) if push.query else ""
            unread = unread_rows.unread_replies(f"{push_text.decode(push.body, push.content_type)} {query}".strip())
            news = Feedback(replies=tuple(unread))
    is_mail = gateway.carries == AddressKind.EMAIL
    is_read = is_parsed and (is_mail or bool(news.reports) or any(each.is_whole for each in news.replies))
    unknown = keep_news(gateway, news, at, pushed_at=event.received_at)
    if not is_read:
        _end_unreadable(event, gateway, push, at)
        return
    _note_reports(gateway, news.reports, event.received_at, event_contents.masked_beginning(push))
    if unknown and at < event.received_at + KNOWN_AFTER:
        event.due_at = at + MINUTE
        return
    _end(event, EventOutcome.READ, at)


def _end_unreadable(event: GatewayEvent, gateway: MessageGateway, push: VendorPush, at: datetime) -> None:
    log.error("gateway_event.unreadable", id=event.id, gateway=gateway.id)
    event_contents.note_report(
        gateway, EventOutcome.UNREADABLE, event_contents.masked_beginning(push), event.received_at
    )
    _end(event, EventOutcome.UNREADABLE, at)


def _note_reports(gateway: MessageGateway, reports: Sequence[Report], at: datetime, beginning: str) -> None:
    """For the account's page, which also tells whether its test message arrived: no message of ours is that."""
    if gateway.carries == AddressKind.PHONE:
        known = [each for each in reports if each.is_known]
        if known:
            event_contents.note_report(gateway, EventOutcome.READ, known[-1].state, at)
        if len(known) < len(reports):
            event_contents.note_report(gateway, EventOutcome.UNREADABLE, beginning or reports[-1].code, at)


def _end(event: GatewayEvent, outcome: EventOutcome, at: datetime) -> None:
    """A push may hold texts with links: what it says is kept, not the push."""
    event.outcome, event.due_at, event.settled_at, event.body = outcome, None, at, None


def keep_news(gateway: MessageGateway, news: Feedback, at: datetime, pushed_at: datetime | None = None) -> int:
    """Note what became of messages, and keep replies and refusals; how many reports are of messages we do not know.

    What has no time that can be read is the same within a minute of pushes and mails, and within a day of sweeps, which
    see it again and again: for ever there where it has an id, or nobody can read it.
    """
    secret = gateways.read_secret(vault(), gateway)
    moment = f"{pushed_at:%Y-%m-%d %H:%M}" if pushed_at else clock.day(at).isoformat()
    applied = delivery_reports.apply_reports(gateway, news.reports, at)
    left = [
        BlockedAddress("", report.at, "report", message.id) for message, report in applied.matched
        if report.reason == Reason.BLOCKED_BY_VENDOR
    ]  # fmt: skip
    if pushed_at is None or at >= pushed_at + KNOWN_AFTER:  # Whose message is of another account, or forgotten here.
        known = {report for _, report in applied.matched}
        lost = (each for each in news.reports if each.reason == Reason.BLOCKED_BY_VENDOR and each not in known)
        left += [BlockedAddress(report.to, report.at, "report") for report in lost if report.to]
    told = [*news.blocked, *left]
    names = unread_rows.MAILBOX if gateway.carries == AddressKind.EMAIL else unread_rows.MOBILE
    nameless = [each for each in told if each.message_id is None and meant_brands.address_of(each.address) is None]
    unread = [reply for each in nameless for reply in unread_rows.unread_replies(each.address, names)]
    for reply in (*(feedback.answered(gateway, each) for each in news.replies), *unread):
        told_at = moment if pushed_at or (reply.is_whole and not reply.id) else ""
        said = [reply.id, reply.sender, reply.to, reply.keyword, reply.text]
        dated = {"received_at": pushed_at, "is_dated": True} if pushed_at and not reply.is_dated else {}
        identity = [*said, reply.received_at if reply.is_dated else told_at]
        event_contents.keep(gateway, secret, EventKind.REPLY, identity, asdict(reply) | dated, at)
    for each in (each for each in told if each not in nameless):
        named = [each.address, each.message_id, each.source, each.at or moment]
        event_contents.keep(gateway, secret, EventKind.BLOCKED, named, asdict(each), at)
    return applied.unknown


def _plan_sweeps(at: datetime) -> bool:
    """Give each gateway the row by which it is swept."""
    swept = select(GatewayEvent.id).where(
        GatewayEvent.gateway_id == MessageGateway.id, GatewayEvent.kind == EventKind.SWEEP
    )
    unplanned = select(MessageGateway).where(~swept.exists(), MessageGateway.tested_at.is_not(None))
    rows = [event_contents.sweep_row(each, at) for each in read_session().scalars(unplanned)]
    insert_missing(db.session, GatewayEvent, rows)
    db.session.commit()
    return bool(rows)


def _sweep(event: GatewayEvent, gateway: MessageGateway, at: datetime) -> None:
    """Ask a vendor for reports, replies and refusals. The next sweep asks again from where the last complete one was.

    No lock is held while the vendor answers: the lease alone keeps others away.
    """
    if gateway.removed_at is not None and at > gateway.removed_at + delivery_reports.WAITS_FOR_REPORT:
        event.due_at, event.settled_at = None, at
        return
    adapter, since = gateway_accounts.adapter_of(gateway), (gateway.swept_at or gateway.created_at) - OVERLAP
    if isinstance(adapter, SmtpGateway):
        _read_mailbox(event, gateway, adapter, since, at)
        return
    features, gateway_id = adapter.capabilities, gateway.id
    refs, oldest = delivery_reports.unreported_refs(gateway_id, at) if features.pulls_reports else ([], at)
    db.session.rollback()
    reports = _ask(gateway_id, lambda: adapter.reports(refs, oldest)) if refs else []
    answers = _ask(gateway_id, lambda: adapter.inbound(since, at))
    blocked = _ask(gateway_id, lambda: adapter.blocked(since))
    _note_reports(gateway, reports or [], at, "")
    keep_news(gateway, Feedback(tuple(reports or ()), tuple(blocked or ()), tuple(answers or ())), at)
    event.due_at, event.lease_until = at + MINUTE, None
    if answers is not None and blocked is not None:
        gateway.swept_at = at


def _read_mailbox(
    event: GatewayEvent, gateway: MessageGateway, adapter: SmtpGateway, since: datetime, at: datetime
) -> None:
    """Read the next mails that came back, if the account has a mailbox for them. One that lets us in no more stops the
    account: refusals by mail would not be heard."""
    gateway_id, position, told = gateway.id, gateway.mailbox_position, None
    db.session.rollback()
    try:
        told = adapter.read_mailbox(position, since) if adapter.mailbox else None
    except GatewayError as failure:
        _log_silence(gateway_id, failure)
        if failure.error.error_class == ErrorClass.CONFIG:
            routing.stop(db.session, gateway_id, failure.error.code, failure.error.reason)
    event.due_at, event.lease_until = at + MINUTE, None
    if told is not None:
        news, visit = told
        keep_news(gateway, news, at, pushed_at=at)  # A mail comes once.
        gateway.mailbox_position, gateway.swept_at = visit.position, at
        event.due_at = at if visit.is_full else event.due_at


def _ask(gateway_id: int, call: Callable[[], list[Told]]) -> list[Told] | None:
    try:
        return call()
    except GatewayError as failure:
        _log_silence(gateway_id, failure)
        return None


def _log_silence(gateway_id: int, failure: GatewayError) -> None:
    log.warning("gateway.not_swept", gateway=gateway_id, code=failure.error.code)
