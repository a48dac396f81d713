"""What a gateway told us, kept once, as JSON that is sealed."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import and_, or_, select

from portal.core import journalled_news
from portal.core.addresses import mask
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, EventKind, EventOutcome, GatewayEvent, MessageGateway
from portal.core.models.inserts import insert_missing
from portal.domain.consents import refusals
from portal.services.messaging.gateways import push_text
from portal.services.messaging.gateways.protocol import (
    DOUBTFUL_ANSWER,
    BlockedAddress,
    Feedback,
    InboundMessage,
    Reason,
    Report,
    ReportState,
)
from portal.services.messaging.gateways.unread_rows import MOBILE
from portal.services.messaging.gateways.vendor_push import VendorPush
from portal.services.messaging.gateways.vendor_rows import guess_address

OFTEN = timedelta(minutes=1)  # Reports that are alike are noted once in it.
MOST_SHOWN = 200  # Characters of a push that could not be read.
NOT_KEPT = {"clue", "mail", "alike_before", "is_new", "tells_seconds"}
LATE = "late_reports"  # Of a push's content.
# Of a reply: it refused, was read as a likely refusal, or went to firms, of which nobody knows here what they did.
MAY_REFUSE = (EventOutcome.REFUSED, EventOutcome.LIKELY_REFUSAL, EventOutcome.READ)
OF_REPORTS: Mapping[str, Callable[[str], Any]] = {
    "state": ReportState, "reason": Reason, "at": datetime.fromisoformat,
}  # fmt: skip
PERSONAL = re.compile(rf"[^\s\"'<>=&]{{1,64}}(?:@|%40)[^\s\"'<>=&]{{1,64}}|\+?{MOBILE.pattern}|[0-9]{{5,}}")


@dataclass(frozen=True)
class InboxAccount:
    """An account's row by which the news of an inbox was heard until a moment, and the secret of that row."""

    gateway_id: int
    secret: str
    until: datetime


def keep(
    gateway: MessageGateway, secret: str, kind: EventKind, identity: Sequence[object], content: Mapping[str, Any],
    at: datetime, *, provider_id: int | None = None, recipient_id: int | None = None, due_at: datetime | None = None,
    only_reports: bool = False, earlier: Sequence[InboxAccount] = (),
) -> GatewayEvent | None:  # fmt: skip
    """Keep a piece of news; what has the same identity is kept once, also by two processes at once, and where one of
    the `earlier` accounts kept it: then the one that was kept is returned. `secret` is the gateway's; `provider_id`
    says whose the news is where the gateway is the operator's."""
    if (same := _find_kept(earlier, kind, identity)) is not None:
        return same
    event_id, owner = new_id(), gateway.provider_id or provider_id
    text = json.dumps(content, default=datetime.isoformat, ensure_ascii=False).encode(errors="replace").decode()
    digest = _digest(secret, kind, identity)
    row = {
        "id": event_id, "provider_id": owner, "gateway_id": gateway.id, "kind": kind, "digest": digest,
        "body": vault().seal(text, GatewayEvent.PLACE, owner or NO_PROVIDER, event_id),
        "received_at": at, "due_at": due_at or at, "recipient_id": recipient_id, "only_reports": only_reports,
    }  # fmt: skip
    if insert_missing(db.session, GatewayEvent, [row]):
        journalled_news.note(db.session, row)
        return None
    is_same = GatewayEvent.gateway_id == gateway.id, GatewayEvent.digest == digest
    return db.session.scalar(select(GatewayEvent).where(*is_same))


def _find_kept(
    earlier: Sequence[InboxAccount], kind: EventKind, identity: Sequence[object]
) -> GatewayEvent | None:  # fmt: skip
    kept = [
        and_(
            GatewayEvent.gateway_id == each.gateway_id, GatewayEvent.received_at < each.until,
            GatewayEvent.digest == _digest(each.secret, kind, identity),
        )
        for each in earlier
    ]  # fmt: skip
    return db.session.scalar(select(GatewayEvent).where(or_(*kept)).limit(1)) if kept else None


def _digest(secret: str, kind: EventKind, identity: Sequence[object]) -> bytes:
    return hmac.digest(secret.encode(), json.dumps([kind, *identity], default=str).encode(), hashlib.sha256)


def read_again(push: GatewayEvent, content: Mapping[str, Any], at: datetime, *, only_reports: bool) -> None:
    """Let a push that came again be read again, if it was read by then: it may tell of another message, said alike."""
    db.session.refresh(push, with_for_update=True)
    if push.due_at is None or LATE in read_content(push):
        write_content(push, content)
        push.received_at = push.due_at = at
        push.outcome = push.settled_at = push.lease_until = None
        push.only_reports = only_reports


def keep_late_reports(push: GatewayEvent, reports: Sequence[Report]) -> None:
    """Of a push that was read, keep the reports of messages that nobody knew yet; the whole stays for another release.
    Raises CannotOpen."""
    rows = [{name: value for name, value in asdict(each).items() if value is not None} for each in reports]
    write_content(push, read_content(push) | {LATE: rows})
    push.only_reports = Feedback(tuple(reports)).only_reports


def read_late_reports(push: GatewayEvent) -> list[Report]:
    """What keep_late_reports() kept; empty for a push that was not read yet. Raises CannotOpen."""
    told = (_known(Report, each) for each in read_content(push).get(LATE, ()))
    return [Report(**row | {name: read(row[name]) for name, read in OF_REPORTS.items() if name in row}) for row in told]


def keep_reply(
    gateway: MessageGateway, secret: str, reply: InboundMessage, at: datetime, moment: str, pushed_at: datetime | None,
    earlier: Sequence[InboxAccount] = (),
) -> None:  # fmt: skip
    """Keep a reply. Of one without a time `moment` tells which are the same: also of a sweep's, if it has no id; of a
    list's rows that are alike each is another one. A refusal that is pushed again, and of which no more than the minute
    is known, is another one where the first does not stand any more. Somebody reads what came back to a list, or may
    have been said before the one that is known."""
    told_at = moment if pushed_at or (reply.is_whole and not reply.id) else ""
    said = [reply.id, reply.sender, reply.to, reply.keyword, reply.text]
    dated = {"received_at": pushed_at, "is_dated": True} if pushed_at and not reply.is_dated else {}
    identity = [*said, reply.received_at if reply.is_dated else told_at, *([reply.alike_before] * reply.is_alike)]
    doubtful, content = content_of(replace(reply, is_whole=False)), content_of(reply) | dated
    is_sure = reply.is_dated or reply.is_new or not reply.is_alike
    kept_content = content if is_sure else doubtful
    while same := keep(gateway, secret, EventKind.REPLY, identity, kept_content, at, earlier=earlier):
        if reply.is_new and _has_ended(same, MAY_REFUSE):
            keep(gateway, secret, EventKind.REPLY, [*identity, f"back {at}"], doubtful, at)
        if pushed_at is None or not _is_said_again(same, reply, pushed_at):
            return
        identity = [*identity, str(same.receipt_id)]


def _is_said_again(earlier: GatewayEvent, reply: InboundMessage, pushed_at: datetime) -> bool:
    """Whether a reply like one that was kept is another refusal: the push that tells of it came later."""
    is_exact = reply.is_dated and (reply.received_at.second > 0 or pushed_at > reply.received_at + 2 * OFTEN)
    if is_exact or earlier.outcome != EventOutcome.REFUSED or earlier.received_at >= pushed_at:
        return False
    return earlier.receipt_id is not None and not refusals.does_stand(db.session, earlier.receipt_id)


def _has_ended(earlier: GatewayEvent, outcomes: Collection[EventOutcome]) -> bool:
    """Whether what was told had one of these outcomes, and all that it refused is refused no more."""
    if earlier.settled_at is None or earlier.outcome not in outcomes:
        return False
    return earlier.receipt_id is None or not refusals.does_stand(db.session, earlier.receipt_id)


def keep_answer(
    gateway: MessageGateway, secret: str, blocked: BlockedAddress, at: datetime, *, recipient_id: int | None,
    due_at: datetime | None,
) -> None:  # fmt: skip
    """Keep a refusal that a vendor answered to the call that sends, and hold messages to its recipient, if known, until
    it is read."""
    keep(
        gateway, secret, EventKind.BLOCKED, _identity_of(blocked, ""), content_of(blocked), at,
        recipient_id=recipient_id, due_at=due_at,
    )  # fmt: skip


def keep_blocked(
    gateway: MessageGateway, secret: str, blocked: BlockedAddress, at: datetime, moment: str, *,
    earlier: Sequence[InboxAccount] = (), is_listed: bool = False,
) -> None:  # fmt: skip
    """Keep a refusal that a vendor tells. Of one without a time `moment` tells which are the same: of a list
    (`is_listed`) what came to it is another one, and what may have been there before, also on the day before, waits for
    somebody where the one that was kept does not stand any more."""
    named = _identity_of(blocked, moment)
    content, same = content_of(blocked), None
    if is_listed and not blocked.is_new and blocked.at is None:
        day_before = [*named[:-1], str(date.fromisoformat(moment) - timedelta(days=1))]
        its_rows = [InboxAccount(gateway.id, secret, at), *earlier]
        same = _find_kept(its_rows, EventKind.BLOCKED, day_before)
    same = same or keep(gateway, secret, EventKind.BLOCKED, named, content, at, earlier=earlier)
    if same is not None and blocked.is_new:
        keep(gateway, secret, EventKind.BLOCKED, [*named, f"back {at}"], content, at)
    elif same is not None and is_listed and _has_ended(same, {EventOutcome.REFUSED}):
        doubtful = content_of(replace(blocked, source=DOUBTFUL_ANSWER))
        keep(gateway, secret, EventKind.BLOCKED, [*named, f"back {same.receipt_id}"], doubtful, at)


def _identity_of(blocked: BlockedAddress, moment: str) -> list[object]:
    return [blocked.address, blocked.message_id, blocked.source, blocked.at or moment]


def masked_beginning(push: VendorPush) -> str:
    """How a push begins, without numbers and addresses of people."""
    text = push_text.decode(push.body[: 4 * MOST_SHOWN], push.content_type).strip() or urlencode(push.query)
    return mask_people(text)[:MOST_SHOWN]


def mask_people(text: str, sender: str = "") -> str:
    """A text without the numbers and addresses that stand in it; only the sender's has its last digits."""
    return PERSONAL.sub(lambda each: mask(sender) if guess_address(each[0]) == sender else "•••", text)


def read_content(event: GatewayEvent) -> dict[str, Any]:
    """Raises CannotOpen."""
    assert event.body is not None
    text = vault().read(event.body, GatewayEvent.PLACE, event.provider_id or NO_PROVIDER, event.id)
    content: dict[str, Any] = json.loads(text)
    return content


def write_content(event: GatewayEvent, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, default=datetime.isoformat, ensure_ascii=False).encode(errors="replace").decode()
    event.body = vault().seal(text, GatewayEvent.PLACE, event.provider_id or NO_PROVIDER, event.id)


def content_of(told: InboundMessage | BlockedAddress) -> dict[str, Any]:
    """What is kept: what differs from the defaults, so that programs of another release read the usual ones, and not
    what only says whose word it is, which is known by then."""
    found = ((each.name, getattr(told, each.name), each.default) for each in fields(told))
    return {name: value for name, value, default in found if name not in NOT_KEPT and value != default}


def read_reply(event: GatewayEvent) -> InboundMessage:
    """Raises CannotOpen."""
    told = _known(InboundMessage, read_content(event))
    return InboundMessage(**told | {"received_at": datetime.fromisoformat(told["received_at"])})


def read_blocked(event: GatewayEvent) -> BlockedAddress:
    """Raises CannotOpen."""
    told = _known(BlockedAddress, read_content(event))
    at = told["at"]
    return BlockedAddress(**told | {"at": datetime.fromisoformat(at) if at else None})


def _known(kind: type[InboundMessage | BlockedAddress | Report], content: dict[str, Any]) -> dict[str, Any]:
    """Without the fields of other releases."""
    names = {each.name for each in fields(kind)} - NOT_KEPT
    return {name: value for name, value in content.items() if name in names}
