"""What delivery reports make of messages. They come in any order, and more than once, so a message only moves forward:
accepted, then delivered or not; a delivery overrules whatever else was reported, and nothing overrules it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import ColumnElement, false, func, literal_column, select

from portal.core.extensions import db, read_session, vault
from portal.core.models import Message, MessageGateway, MessageState, Recipient
from portal.core.vault import CannotOpen
from portal.domain.consents import recipients
from portal.domain.notifications import gateways
from portal.services.messaging import earlier_messages, meant_brands, message_outcomes, outgoing_messages
from portal.services.messaging.gateways.protocol import BLOCKED, Reason, Report, ReportState
from portal.services.messaging.gateways.vendor_rows import readings
from portal.services.messaging.savepoints import FailedPiece, run_in_savepoints

WAITS_FOR_REPORT = timedelta(days=3)  # Longer than any vendor tries.
MOST_REFS = 5  # In one sweep, of up to two pages each; Verimor answers 20 queries a minute, look-ups among them.
MOST_EARLIER_REFS = 2  # Besides those, of what left by another login.
FINAL = {
    ReportState.DELIVERED: MessageState.DELIVERED,
    ReportState.FAILED: MessageState.FAILED,
    ReportState.EXPIRED: MessageState.EXPIRED,
}

log = structlog.get_logger()


class AppliedReports(NamedTuple):
    matched: dict[Report, Message]
    unknown: list[Report]  # Those that end something, or name a refusal, but of nothing that we know.
    failed: list[FailedPiece[Report]]


def apply_reports(gateway: MessageGateway, reports: Sequence[Report], at: datetime) -> AppliedReports:
    """Move the messages of this gateway, or of its owner's that left under the same header or are removed, that are
    reported; they are locked. Nothing here
    commits."""
    matched: dict[Report, Message] = {}
    by_text, account_id = _recipient_ids(gateway, reports), _account_id(gateway)

    def apply(report: Report) -> None:
        message = _find_message(gateway, account_id, report, by_text)
        if message is not None:
            _apply_report(message, report, at)
            db.session.flush()
            matched[report] = message

    failed = run_in_savepoints(sorted(reports, key=lambda each: (each.message_id or 0, each.ref, each.to)), apply)
    known = matched.keys() | {piece for piece, _ in failed}
    lost = [each for each in reports if each not in known and (each.state in FINAL or each.names_refusal)]
    return AppliedReports(matched, lost, failed)


class Unreported(NamedTuple):
    """The vendor's ids of some messages whose end nobody reported; and when the oldest of them was sent."""

    refs: list[str]
    oldest: datetime


def find_unreported(gateway: MessageGateway, at: datetime) -> tuple[Unreported, Unreported]:
    """What left by the login that a gateway has; and, of an account, what left by those that it had before, of which
    the new one tells too where it is a new key to the same account. In no order, so that none is asked for in vain for
    ever."""
    changes = select(func.max(MessageGateway.removed_at)).where(gateways.is_former_inbox(gateway))
    if gateway.removed_at is not None:
        changes = changes.where(MessageGateway.removed_at < gateway.removed_at)
    since, account_id = db.session.scalar(changes), _account_id(gateway)
    is_of_login = [] if since is None else [Message.called_at > since]
    if account_id != gateway.id:
        is_of_login.append(Message.called_at <= gateway.removed_at)
    is_earlier = Message.called_at <= since if since is not None and account_id == gateway.id else false()
    own = _some_unreported(account_id, at, MOST_REFS, *is_of_login)
    return own, _some_unreported(account_id, at, MOST_EARLIER_REFS, is_earlier)


def _some_unreported(account_id: int, at: datetime, most: int, *conditions: ColumnElement[bool]) -> Unreported:
    theirs = (
        select(Message.vendor_ref, func.min(Message.called_at))
        .where(
            Message.gateway_id == account_id, Message.state == literal_column("'accepted'"), Message.vendor_ref != "",
            Message.called_at > at - WAITS_FOR_REPORT, *conditions,
        )
        .group_by(Message.vendor_ref)
    )  # fmt: skip
    rows = read_session().execute(theirs.order_by(func.random()).limit(most)).all()
    return Unreported([ref for ref, _ in rows], min((called_at for _, called_at in rows if called_at), default=at))


def _account_id(gateway: MessageGateway) -> int:
    """The account to which messages belong: another row where only its former login was kept in this one."""
    if gateway.removed_at is None:
        return gateway.id
    later = select(MessageGateway.id).where(gateways.is_account_of_former(gateway))
    last = MessageGateway.removed_at.desc().nulls_first()
    return db.session.scalar(later.order_by(last).limit(1)) or gateway.id


def _recipient_ids(gateway: MessageGateway, reports: Sequence[Report]) -> dict[str, int]:
    """Recipients of a provider's, by address, for reports that do not name our id."""
    told = {each for report in reports if report.message_id is None for each in readings(report.to)}
    texts = {each for each in told if meant_brands.address_of(each)}
    if gateway.provider_id is None or not texts:
        return {}
    indexes = recipients.blind_indexes(vault(), gateway.provider_id, texts)
    return recipients.find_known_ids(db.session, vault(), gateway.provider_id, indexes)


def _find_message(
    gateway: MessageGateway, account_id: int, report: Report, by_text: dict[str, int]
) -> Message | None:  # fmt: skip
    """By our id; or by the vendor's, which may be that of a whole batch, and the address, or if one message alone has
    it."""
    if report.message_id is not None:
        return _lock_newest(earlier_messages.left_by(gateway), Message.id == report.message_id)
    if not report.ref:
        return None
    of_ref = Message.gateway_id == account_id, Message.vendor_ref == report.ref[:80]
    if meant_brands.address_of(report.to) is None:
        ids = db.session.scalars(select(Message.id).where(*of_ref).limit(2)).all()
        return _lock_newest(Message.id == ids[0]) if len(ids) == 1 else None
    ids = [by_text[each] for each in readings(report.to) if each in by_text]
    if ids and (found := _lock_newest(*of_ref, Message.recipient_id.in_(ids))):
        return found
    others = select(Message).where(*of_ref)
    if gateway.provider_id is not None:  # All others are to recipients.
        others = others.where(Message.recipient_id.is_(None))
    fitting = [each for each in db.session.scalars(others) if _read_address(each) in readings(report.to)]
    return _lock_newest(Message.id == fitting[0].id) if len(fitting) == 1 else None


def _lock_newest(*conditions: ColumnElement[bool]) -> Message | None:
    locked = select(Message).where(*conditions).order_by(Message.id.desc()).limit(1).with_for_update()
    return db.session.scalars(locked.execution_options(populate_existing=True)).first()


def _read_address(message: Message) -> str:
    recipient = db.session.get(Recipient, message.recipient_id) if message.recipient_id else None
    try:
        return outgoing_messages.clear_address(message, recipient)
    except CannotOpen:
        return ""


def _apply_report(message: Message, report: Report, at: datetime) -> None:
    if report.reason == Reason.UNKNOWN:
        log.error("message.unknown_report", message=message.id, code=report.code)
    state = FINAL.get(report.state, MessageState.ACCEPTED)
    if state == MessageState.FAILED and report.reason in BLOCKED:
        state = MessageState.BLOCKED
    if not _may_become(message, state):
        return
    if state == MessageState.FAILED and report.reason == Reason.BAD_ADDRESS:
        message_outcomes.end_undeliverable(message, message.ended_at or at)
    else:
        message_outcomes.end(message, state, message.ended_at or at)
    message.vendor_ref = message.vendor_ref or report.ref[:80]
    message.reason, message.code = (report.reason and report.reason.value), report.code[:60] or None
    message.parts, message.cost = report.parts or message.parts, report.cost[:20] or message.cost
    if state != MessageState.ACCEPTED:
        message.reported_at = report.at or at


def _may_become(message: Message, state: MessageState) -> bool:
    """Only forward. One that waits may be in a call whose answer is not recorded yet."""
    match message.state:
        case MessageState.DELIVERED | MessageState.NOT_NEEDED:
            return False
        case MessageState.WAITING if message.batch_id is None:
            return state == MessageState.DELIVERED
        case MessageState.WAITING | MessageState.UNCERTAIN:
            return True
        case MessageState.ACCEPTED:
            return state != MessageState.ACCEPTED
        case _:
            return state == MessageState.DELIVERED
