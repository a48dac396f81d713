"""The work on what gateways tell us: keep it once, then read it, one piece of news in one transaction.

A killed worker has done nothing; when its lease ends, the next one does it. What comes twice is kept once.
"""

import base64
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import ColumnElement, select

from portal.core import clock, leases
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session, vault
from portal.core.models import EventKind, EventOutcome, GatewayEvent, MessageGateway
from portal.core.models.inserts import insert_missing
from portal.core.vault import KEY_WAIT, CannotOpen, KeyMissing
from portal.domain.notifications import gateways
from portal.services.messaging import delivery_reports, event_contents, feedback, gateway_accounts, replies, routing
from portal.services.messaging.gateways import push_text, unread_rows
from portal.services.messaging.gateways.protocol import (
    ErrorClass,
    Feedback,
    GatewayError,
    InboundMessage,
    Report,
    VendorPush,
)
from portal.services.messaging.gateways.smtp import SmtpGateway
from portal.services.messaging.news_keeping import KNOWN_AFTER, keep_news, names_in
from portal.services.messaging.savepoints import log_or_reraise, run_in_savepoints

NEWS = (EventKind.PUSH, EventKind.REPLY, EventKind.BLOCKED)
LEASE = {EventKind.SWEEP: timedelta(minutes=10)}  # Others: a minute.
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
READ_AFTER_REMOVAL = {  # After an account was removed: people answer mails weeks later.
    AddressKind.PHONE: delivery_reports.WAITS_FOR_REPORT,
    AddressKind.EMAIL: timedelta(days=90),
}
PROVABLE_WITHIN = timedelta(days=2)  # A push whose signature cannot be verified yet is not believed later.
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
        _take(event, gateway, at)
        db.session.flush()
    except KeyMissing:
        _put_off(event, at + KEY_WAIT)
    except Exception as failure:
        db.session.rollback()
        why = log_or_reraise(failure, id=event_id)
        try:
            _keep_unread(event, gateway, why, at)
        except CannotOpen:  # The event itself, or the account's secret.
            _put_off(event, at + HOUR)
    db.session.commit()


def _put_off(event: GatewayEvent, due_at: datetime) -> None:
    log.error("gateway_event.cannot_open", id=event.id)
    db.session.rollback()
    event.due_at, event.lease_until = due_at, None


def _take(event: GatewayEvent, gateway: MessageGateway, at: datetime) -> None:
    match event.kind:
        case EventKind.SWEEP:
            _sweep(event, gateway, at)
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
        event.due_at = at + (HOUR if why == CannotOpen.__name__ else MINUTE)
        return
    if event.kind == EventKind.PUSH:
        unread = _unread_push(gateway, _pushed(event))
    else:
        is_reply = event.kind == EventKind.REPLY
        piece = event_contents.read_reply(event) if is_reply else event_contents.read_blocked(event)
        if isinstance(piece, InboundMessage) and not piece.is_whole:
            run_in_savepoints([piece], lambda reply: replies.hold(event, gateway, reply, at))
            event.outcome, event.due_at = EventOutcome.LIKELY_REFUSAL, None
            return
        unread = [unread_rows.as_unread(piece, why)]
    keep_news(gateway, Feedback(replies=tuple(unread)), at, pushed_at=event.received_at)
    _end(event, EventOutcome.UNREADABLE, at)


def _read_push(event: GatewayEvent, gateway: MessageGateway, at: datetime) -> None:
    """No transaction is open while a push is parsed: the certificate of its signature may have to be fetched."""
    push, adapter = _pushed(event), gateway_accounts.adapter_of(gateway, only_reads=True)
    db.session.rollback()
    news, is_parsed = Feedback(), True
    try:
        news = adapter.read_push(push)
    except GatewayError:
        is_parsed = False
        if at < event.received_at + PROVABLE_WITHIN:
            event.due_at = at + MINUTE
            return
    except Exception:  # Also where an adapter fails: one push stops no account.
        is_parsed = False
        if not (isinstance(adapter, SmtpGateway) and adapter.feedback == "ses"):  # What is not signed is nobody's.
            news = Feedback(replies=tuple(_unread_push(gateway, push)))
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


def _pushed(event: GatewayEvent) -> VendorPush:
    content = event_contents.read_content(event)
    return VendorPush(base64.b64decode(content["body"]), content["type"], content["query"])


def _unread_push(gateway: MessageGateway, push: VendorPush) -> list[InboundMessage]:
    query = json.dumps(push.query, ensure_ascii=False) if push.query else ""
    said = f"{push_text.decode(push.body, push.content_type)} {query}".strip()
    return unread_rows.unread_replies(said, names_in(gateway))


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
    if gateway.removed_at is not None and (
        at > gateway.removed_at + READ_AFTER_REMOVAL[gateway.carries] or _is_followed(gateway)
    ):
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
    if gateway.swept_at is None:
        before = _of_same_mailbox(gateway, MessageGateway.removed_at.is_not(None))
        position = next((each.mailbox_position for each in before if each.mailbox_position), None)
    db.session.rollback()
    try:
        told = adapter.read_mailbox(position, since) if adapter.mailbox else None
    except GatewayError as failure:
        _log_silence(gateway_id, failure)
        gateway.mailbox_position = gateway.mailbox_position or ""  # There is one (gateways.is_inbox_unread).
        if failure.error.error_class == ErrorClass.CONFIG:
            routing.stop(db.session, gateway_id, failure.error.code, failure.error.reason)
    event.due_at, event.lease_until = at + MINUTE, None
    if told is not None:
        news, visit = told
        keep_news(gateway, news, at, pushed_at=at)  # A mail comes once.
        gateway.mailbox_position, gateway.swept_at = visit.position, at
        if visit.passed_over:
            log.error("mailbox.passed_over", gateway=gateway_id, mails=visit.passed_over)
            said = f"UID {', '.join(map(str, visit.passed_over))}"
            event_contents.note_report(gateway, EventOutcome.UNREADABLE, said, at)
        event.due_at = at if visit.is_full else event.due_at


def _is_followed(gateway: MessageGateway) -> bool:
    is_read = MessageGateway.removed_at.is_(None), MessageGateway.tested_at.is_not(None)
    return bool(_of_same_mailbox(gateway, *is_read))


def _of_same_mailbox(gateway: MessageGateway, *conditions: ColumnElement[bool]) -> list[MessageGateway]:
    """The owner's other accounts by which a mailbox is, or was, read, those of late first."""
    same = MessageGateway.provider_id == gateway.provider_id, MessageGateway.carries == gateway.carries
    others = select(MessageGateway).where(*same, MessageGateway.id != gateway.id, *conditions)
    names = ("imap_host", "imap_username")
    own, found = gateways.read_credentials(vault(), gateway), list[MessageGateway]()
    for each in db.session.scalars(others.order_by(MessageGateway.id.desc())) if own.get(names[0]) else ():
        with suppress(CannotOpen):
            its = gateways.read_credentials(vault(), each)
            found += [each] if all(its.get(name) == own.get(name) for name in names) else []
    return found


def _ask(gateway_id: int, call: Callable[[], list[Told]]) -> list[Told] | None:
    try:
        return call()
    except GatewayError as failure:
        _log_silence(gateway_id, failure)
    except Exception as failure:  # Also where an adapter fails: what else it is asked is heard.
        log_or_reraise(failure, gateway=gateway_id)
    return None


def _log_silence(gateway_id: int, failure: GatewayError) -> None:
    log.warning("gateway.not_swept", gateway=gateway_id, code=failure.error.code)
