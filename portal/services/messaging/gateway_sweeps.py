"""Asking accounts for what they have: a vendor for reports, replies and refusals, a mailbox for mails."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import ColumnElement, select

from portal.core import leases
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import EventOutcome, GatewayEvent, MessageGateway
from portal.core.vault import CannotOpen
from portal.domain.notifications import gateways
from portal.services.messaging import (
    delivery_reports,
    gateway_accounts,
    listed_refusals,
    listed_replies,
    routing,
    sweep_rows,
)
from portal.services.messaging.event_contents import InboxAccount
from portal.services.messaging.gateways.mailbox import MailboxVisit, Place
from portal.services.messaging.gateways.offered_vendors import OFFERED
from portal.services.messaging.gateways.protocol import ErrorClass, Feedback, Gateway, GatewayError, Report
from portal.services.messaging.gateways.smtp import SmtpGateway
from portal.services.messaging.news_keeping import keep_news
from portal.services.messaging.savepoints import log_or_reraise

MINUTE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)  # Between sweeps of an account.
NEW_INBOX_SINCE = timedelta(days=30)  # What is older may be known by another account, and grants be younger.
OVERLAP = timedelta(minutes=10)  # Of two sweeps: a vendor lists a message a while after its time,
LONG_OVERLAP = timedelta(days=1)  # where its queue stood; asked for once an hour, as what is listed twice is kept once.

Told = TypeVar("Told")

log = structlog.get_logger()


def sweep(event: GatewayEvent, gateway: MessageGateway, at: datetime) -> None:
    """Ask a vendor for reports, replies and refusals. The next sweep asks again from where the last complete one was.

    No lock is held while the vendor answers: the lease alone keeps others away.
    """
    is_followed = gateway.removed_at is not None and _is_followed(gateway)
    if gateway.removed_at is not None and at > gateway.removed_at + _asked_for(gateway, is_followed=is_followed):
        event.due_at, event.settled_at = None, at
        return
    adapter, read_until = gateway_accounts.adapter_of(gateway), _read_until(gateway, at)
    is_of_day = at.minute == 0
    since = read_until - (LONG_OVERLAP if is_of_day else OVERLAP)
    if isinstance(adapter, SmtpGateway):
        _read_mailbox(event, gateway, adapter, read_until - OVERLAP, at)
        return
    features, gateway_id = adapter.capabilities, gateway.id
    reports, has_reports = _ask_for_reports(gateway, adapter, at)
    answers, has_all = ([], False) if is_followed else _ask(gateway_id, lambda: adapter.inbound(since, at))
    blocked, has_list = ([], False) if is_followed else _ask(gateway_id, lambda: adapter.blocked(since))
    answers, account = listed_replies.count_alike(answers), _inbox_identity(gateway)
    noted, of_replies = _read_lists(event, gateway, account), dict[str, Any]()
    if has_all and features.lists_whole_inbox:
        answers, of_replies = listed_replies.leave_out_known(noted, account, answers, at)
    asked = listed_refusals.Question(at, since, read_until, is_of_day=is_of_day, is_exact=features.lists_since)
    blocked, of_refusals = listed_refusals.leave_out_known(noted, account, blocked, asked, is_whole=has_list)
    news, earlier = Feedback(tuple(reports), tuple(blocked), tuple(answers)), _earlier_accounts(event, gateway)
    keep_news(gateway, news, at, read_until=read_until, earlier=earlier)
    sweep_rows.note_lists(event, noted | of_replies | of_refusals)
    sweep_rows.note_reports(gateway, reports, at, "")
    plan_next(event, at, has_failed=not (has_reports if is_followed else has_all))  # Replies wait for no other answer.
    gateways.note_if_reports_were_told(gateway, at, were_told=has_reports)
    if has_all and has_list:
        gateways.mark_inbox_read(gateway, at)


def _ask_for_reports(gateway: MessageGateway, adapter: Gateway, at: datetime) -> tuple[list[Report], bool]:
    """What is told of messages, and whether all is told of those that left by the login that the gateway has. Of the
    others it may know nothing."""
    none = delivery_reports.Unreported([], at)
    own, earlier = delivery_reports.find_unreported(gateway, at) if adapter.capabilities.pulls_reports else (none, none)
    gateway_id = gateway.id
    db.session.rollback()
    reports, is_all = _ask(gateway_id, lambda: adapter.reports(*own)) if own.refs else ([], True)
    of_earlier, _ = _ask(gateway_id, lambda: adapter.reports(*earlier)) if earlier.refs else ([], True)
    return [*reports, *of_earlier], is_all


def _read_mailbox(
    event: GatewayEvent, gateway: MessageGateway, adapter: SmtpGateway, since: datetime, at: datetime
) -> None:
    """Read the next mails that came back, if the account has a mailbox for them. One that lets us in no more stops the
    account: refusals by mail would not be heard."""
    gateway_id, login = gateway.id, gateway.credentials
    inbox, junk = _find_places(gateway, since, at)
    db.session.rollback()
    told = silence = None
    try:
        told = adapter.read_mailbox(inbox, junk) if adapter.mailbox else None
    except GatewayError as failure:
        silence = failure
    db.session.refresh(gateway)
    if told is not None and gateway.credentials == login:
        keep_news(gateway, told[0], at, pushed_at=at)  # A mail comes once.
    plan_next(event, at, has_failed=silence is not None)
    db.session.flush()
    db.session.refresh(gateway, with_for_update=True)  # After messages, as everywhere.
    if gateway.credentials != login:  # It has another mailbox by now.
        return
    if silence is not None:
        _log_silence(gateway_id, silence)
        gateway.mailbox_position = gateway.mailbox_position or ""  # There is one (gateways.is_inbox_unread).
        if silence.error.error_class == ErrorClass.CONFIG:
            routing.stop(db.session, gateway_id, silence.error.code, silence.error.reason)
    if told is not None:
        visit = told[1]
        gateway.mailbox_position, gateway.junk_position = visit.position, visit.junk.position if visit.junk else junk[0]
        gateways.mark_inbox_read(gateway, at)
        _note_unread(gateway, visit, at)
        event.due_at = at if visit.is_full or (visit.junk and visit.junk.is_full) else event.due_at


def plan_next(event: GatewayEvent, at: datetime, *, has_failed: bool) -> None:
    """Plan an account's next sweep: of one that does not answer later and later, as each attempt may take minutes."""
    event.failures = event.failures + 1 if has_failed else 0
    pause = leases.backoff(event.failures, MINUTE, LONGEST_PAUSE) if has_failed else MINUTE
    event.due_at, event.lease_until = at + pause, None


def _find_places(gateway: MessageGateway, since: datetime, at: datetime) -> tuple[Place, Place]:
    """Where the INBOX and the folder for spam are read on: where they were left by the account, or by one before it
    with the same inbox. What nobody read yet is read from when the account was added."""
    position, junk = gateway.mailbox_position, gateway.junk_position
    new_since = max(gateway.created_at - OVERLAP, at - NEW_INBOX_SINCE)
    if not position:
        before = _of_same_inbox(gateway, MessageGateway.removed_at.is_not(None))
        left = next((each for each in before if each.mailbox_position), None)
        position, junk = (left.mailbox_position, left.junk_position) if left else (None, None)
        since = new_since
    return (position, since), (junk, since if junk else new_since)


def _note_unread(gateway: MessageGateway, visit: MailboxVisit, at: datetime) -> None:
    """Note what the server did not hand out."""
    if visit.junk_failure:
        log.warning("mailbox.junk_not_read", gateway=gateway.id, code=visit.junk_failure)
    spam = [f"Junk {uid}" for uid in (visit.junk.passed_over if visit.junk else ())]
    if passed_over := [*map(str, visit.passed_over), *spam]:
        log.error("mailbox.passed_over", gateway=gateway.id, mails=passed_over)
        sweep_rows.note_report(gateway, EventOutcome.UNREADABLE, f"UID {', '.join(passed_over)}", at)


def _read_until(gateway: MessageGateway, at: datetime) -> datetime:
    """When an account was read last, or one before it with the same inbox."""
    return gateway.swept_at or read_before(gateway, at) or gateway.created_at


def read_before(gateway: MessageGateway, at: datetime) -> datetime | None:
    """When the inbox that an account has now was last read by a removed one, or by itself with a former login."""
    before = (each.swept_at for each in _of_same_inbox(gateway, MessageGateway.removed_at.is_not(None)))
    return max((max(each, at - NEW_INBOX_SINCE) for each in before if each), default=None)


def _read_lists(event: GatewayEvent, gateway: MessageGateway, account: str) -> dict[str, Any]:
    """What was noted of an account's lists at its last sweep; of one that was not asked yet, of the lists of its inbox
    by one before it: an account that is added anew has the same lists."""
    own = sweep_rows.read_noted(event)
    if known := {each: own[each] for each in (listed_replies.LISTED, listed_refusals.LISTED) if each in own}:
        return known
    for former in _of_same_inbox(gateway, MessageGateway.removed_at.is_not(None)):
        row = sweep_rows.find_sweep_row(former.id)
        noted = sweep_rows.read_noted(row) if row is not None else {}
        if theirs := listed_replies.noted_of(noted, account) | listed_refusals.noted_of(noted, account):
            return theirs
    return {}


def _asked_for(gateway: MessageGateway, *, is_followed: bool) -> timedelta:
    """How long an account is asked after its removal: for what people answer, unless another account reads its inbox;
    and for reports, which nobody else is told."""
    if not is_followed:
        return gateways.ANSWERED_FOR
    return delivery_reports.WAITS_FOR_REPORT if gateway.carries == AddressKind.PHONE else timedelta(0)


def _is_followed(gateway: MessageGateway) -> bool:
    is_read = MessageGateway.removed_at.is_(None), MessageGateway.tested_at.is_not(None)
    return bool(_of_same_inbox(gateway, *is_read))


def _earlier_accounts(event: GatewayEvent, gateway: MessageGateway) -> list[InboxAccount]:
    """The rows by which an account's inbox was asked before it was by this row, which asks for a day more than they
    left: others with that inbox, and the one that had it until its login was changed. No brand sent by this row then,
    so what they heard until then is no answer to it. `event` is the one by which it is swept."""
    changes = select(MessageGateway.removed_at).where(gateways.is_former_inbox(gateway))
    asked_since = max([event.received_at, *filter(None, db.session.scalars(changes))])
    until = min(asked_since, gateway.removed_at or asked_since)
    found = _of_same_inbox(gateway)
    if gateway.removed_at is not None:
        found += db.session.scalars(select(MessageGateway).where(gateways.is_account_of_former(gateway)))
    earlier = list[InboxAccount]()
    for each in dict.fromkeys(found):
        with suppress(CannotOpen):
            earlier.append(InboxAccount(each.id, gateways.read_secret(vault(), each), until))
    return earlier


def _of_same_inbox(gateway: MessageGateway, *conditions: ColumnElement[bool]) -> list[MessageGateway]:
    """The owner's other accounts by which an inbox is, or was, read, those of late first."""
    same = MessageGateway.provider_id == gateway.provider_id, MessageGateway.vendor == gateway.vendor
    others = select(MessageGateway).where(*same, MessageGateway.id != gateway.id, *conditions)
    own, found = _inbox_identity(gateway), list[MessageGateway]()
    for each in db.session.scalars(others.order_by(MessageGateway.id.desc())) if own else ():
        with suppress(CannotOpen):
            found += [each] if _inbox_identity(each) == own else []
    return found


def _inbox_identity(gateway: MessageGateway) -> str:
    return OFFERED[gateway.vendor].inbox_identity(gateways.read_credentials(vault(), gateway))


def _ask(gateway_id: int, call: Callable[[], Sequence[Told]]) -> tuple[Sequence[Told], bool]:
    """What an account tells, and whether that is all."""
    try:
        return call(), True
    except GatewayError as failure:
        _log_silence(gateway_id, failure)
        return failure.found, False
    except Exception as failure:  # Also where an adapter fails: what else it is asked is heard.
        log_or_reraise(failure, gateway=gateway_id)
        return [], False


def _log_silence(gateway_id: int, failure: GatewayError) -> None:
    log.warning("gateway.not_swept", gateway=gateway_id, code=failure.error.code)
