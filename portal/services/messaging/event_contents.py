"""What a gateway told us, kept once, as JSON that is sealed."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select, select

from portal.core import journalled_news
from portal.core.addresses import AddressKind, mask
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, EventKind, EventOutcome, GatewayEvent, MessageGateway
from portal.core.models.inserts import insert_missing
from portal.services.messaging.gateways import push_text
from portal.services.messaging.gateways.protocol import BlockedAddress, InboundMessage, Report, VendorPush
from portal.services.messaging.gateways.unread_rows import MOBILE
from portal.services.messaging.gateways.vendor_rows import guess_address

SWEEP = bytes(32)  # The digest of the row by which a gateway is swept.
OFTEN = timedelta(minutes=1)  # Reports that are alike are noted once in it.
MOST_SHOWN = 200  # Characters of a push that could not be read.
OF_REPLY = {each.name for each in fields(InboundMessage)} - {"clue"}  # What is kept.
PERSONAL = re.compile(rf"[^\s\"'<>=&]{{1,64}}(?:@|%40)[^\s\"'<>=&]{{1,64}}|\+?{MOBILE.pattern}|[0-9]{{5,}}")


def keep(
    gateway: MessageGateway, secret: str, kind: EventKind, identity: Sequence[object], content: Mapping[str, Any],
    at: datetime, *, provider_id: int | None = None, recipient_id: int | None = None, due_at: datetime | None = None,
) -> None:  # fmt: skip
    """Keep a piece of news; what has the same identity is kept once, also by two processes at once. `secret` is the
    gateway's; `provider_id` says whose the news is where the gateway is the operator's."""
    event_id, owner = new_id(), gateway.provider_id or provider_id
    text = json.dumps(content, default=datetime.isoformat, ensure_ascii=False).encode(errors="replace").decode()
    row = {
        "id": event_id, "provider_id": owner, "gateway_id": gateway.id, "kind": kind,
        "digest": hmac.digest(secret.encode(), json.dumps([kind, *identity], default=str).encode(), hashlib.sha256),
        "body": vault().seal(text, GatewayEvent.PLACE, owner or NO_PROVIDER, event_id),
        "received_at": at, "due_at": due_at or at, "recipient_id": recipient_id,
    }  # fmt: skip
    if insert_missing(db.session, GatewayEvent, [row]):
        journalled_news.note(db.session, row)


def keep_blocked(
    gateway: MessageGateway, secret: str, blocked: BlockedAddress, at: datetime, moment: str, *,
    recipient_id: int | None = None, due_at: datetime | None = None,
) -> None:  # fmt: skip
    """Keep a refusal, and hold messages to its recipient, if known, until it is read. Of one without a time `moment`
    tells which are the same."""
    named = [blocked.address, blocked.message_id, blocked.source, blocked.at or moment]
    keep(
        gateway, secret, EventKind.BLOCKED, named, asdict(blocked), at, recipient_id=recipient_id, due_at=due_at
    )  # fmt: skip


def sweep_row(gateway: MessageGateway, at: datetime) -> dict[str, Any]:
    """The row by which a gateway is swept, due now. note_report() keeps the last reports in it."""
    return {
        "id": new_id(), "provider_id": gateway.provider_id, "gateway_id": gateway.id, "kind": EventKind.SWEEP,
        "digest": SWEEP, "received_at": at, "due_at": at,
    }  # fmt: skip


def note_report(gateway: MessageGateway, outcome: EventOutcome, said: str, at: datetime) -> None:
    """Keep the last report of a gateway: its state if it was READ, how it begins if it was UNREADABLE. Raises
    CannotOpen."""
    if (row := db.session.scalar(_row_of(gateway.id))) is None:
        insert_missing(db.session, GatewayEvent, [sweep_row(gateway, at)])
        row = db.session.scalars(_row_of(gateway.id)).one()
    noted: dict[str, Any] = read_content(row) if row.body else {}
    before_at, before = noted.get(outcome, ("", ""))
    pause = OFTEN if (row.outcome, before) == (outcome, said) else timedelta(microseconds=1)
    if before_at and at < datetime.fromisoformat(before_at) + pause:
        return
    text = json.dumps(noted | {outcome: (at.isoformat(), said)}, ensure_ascii=False)
    row.body = vault().seal(text, GatewayEvent.PLACE, row.provider_id or NO_PROVIDER, row.id)
    row.outcome = outcome


def note_reports(gateway: MessageGateway, reports: Sequence[Report], at: datetime, beginning: str) -> None:
    """For the account's page, which also tells whether its test message arrived: no message of ours is that."""
    if gateway.carries == AddressKind.PHONE:
        known = [each for each in reports if each.is_known]
        if known:
            note_report(gateway, EventOutcome.READ, known[-1].state, at)
        if len(known) < len(reports):
            note_report(gateway, EventOutcome.UNREADABLE, beginning or reports[-1].code, at)


def find_last_reports(gateway_id: int) -> dict[EventOutcome, tuple[datetime, str]]:
    """What note_report() kept of a gateway, with the time at which it came. Raises CannotOpen."""
    row = read_session().scalar(_row_of(gateway_id))
    noted = read_content(row) if row and row.body else {}
    return {EventOutcome(outcome): (datetime.fromisoformat(at), said) for outcome, (at, said) in noted.items()}


def masked_beginning(push: VendorPush) -> str:
    """How a push begins, without numbers and addresses of people."""
    text = push_text.decode(push.body[: 4 * MOST_SHOWN], push.content_type).strip() or urlencode(push.query)
    return mask_people(text)[:MOST_SHOWN]


def mask_people(text: str, sender: str = "") -> str:
    """A text without the numbers and addresses that stand in it; only the sender's has its last digits."""
    return PERSONAL.sub(lambda each: mask(sender) if guess_address(each[0]) == sender else "•••", text)


def _row_of(gateway_id: int) -> Select[GatewayEvent]:
    return select(GatewayEvent).where(GatewayEvent.gateway_id == gateway_id, GatewayEvent.digest == SWEEP)


def read_content(event: GatewayEvent) -> dict[str, Any]:
    """Raises CannotOpen."""
    assert event.body is not None
    text = vault().read(event.body, GatewayEvent.PLACE, event.provider_id or NO_PROVIDER, event.id)
    content: dict[str, Any] = json.loads(text)
    return content


def reply_content(reply: InboundMessage) -> dict[str, Any]:
    """What is kept of a reply: what differs from the defaults, so that programs of another release read the usual ones,
    and not by what it may answer one of ours: whose word it is, is known by then."""
    told = ((each.name, getattr(reply, each.name), each.default) for each in fields(reply))
    return {name: value for name, value, default in told if name in OF_REPLY and value != default}


def read_reply(event: GatewayEvent) -> InboundMessage:
    """Raises CannotOpen."""
    told = {name: value for name, value in read_content(event).items() if name in OF_REPLY}
    return InboundMessage(**told | {"received_at": datetime.fromisoformat(told["received_at"])})


def read_blocked(event: GatewayEvent) -> BlockedAddress:
    """Raises CannotOpen."""
    content = read_content(event)
    at = content["at"]
    return BlockedAddress(**content | {"at": datetime.fromisoformat(at) if at else None})
