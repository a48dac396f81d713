"""Numbers that take replies: messages name only one at which an SMS has lately reached us by an account that works, and
that the operator has seen.

Whoever has an account can report an SMS to any number, so that alone says nothing of whose the number is.
"""

import json
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Row, func, literal_column, select
from sqlalchemy.orm import Session

from portal.core.addresses.phones import plain_number
from portal.core.ids import COUNTER_BITS, NODE_BITS, first_id
from portal.core.models import NO_PROVIDER, Brand, GatewayEvent, GatewayState, MessageGateway
from portal.core.vault import CannotOpen, Vault
from portal.domain.notifications import gateways

LATELY = timedelta(days=90)  # A contract that has ended brings nothing, and says nothing.
UNREAD = timedelta(days=1)  # An account whose inbox cannot be read for so long takes no replies.
NEWEST, AT_ONCE = 20_000, 500  # Replies of an account that are looked through.
OVERLAP = 600_000 << (NODE_BITS + COUNTER_BITS)  # Ids of ten minutes.
Brought = tuple[dict[str, datetime], int]  # When an account brought something, by number; and its newest reply's id.

_brought: WeakKeyDictionary[Vault, dict[int, Brought]] = WeakKeyDictionary()  # By account.


def named_number(session: Session, vault: Vault, brand: Brand, at: datetime) -> str | None:
    """The number at which SMS of a brand may be answered, while it takes replies."""
    number = brand.reply_number
    return number if number and takes_replies(session, vault, brand.provider_id, number, at) else None


def find_losing(session: Session, vault: Vault, account: MessageGateway, at: datetime) -> list[Brand]:
    """Brands whose number takes replies by this account alone."""
    numbered = select(Brand).where(
        Brand.provider_id == account.provider_id, Brand.reply_number.is_not(None), Brand.closed_at.is_(None)
    )
    brands, others = session.scalars(numbered.order_by(Brand.name)).all(), MessageGateway.id != account.id
    return [
        each for each in brands
        if (number := named_number(session, vault, each, at))
        and not takes_replies(session, vault, each.provider_id, number, at, others)
    ]  # fmt: skip


def takes_replies(
    session: Session, vault: Vault, provider_id: int, number: str, at: datetime, *which: ColumnElement[bool]
) -> bool:  # fmt: skip
    """Whether one of the provider's accounts (`which`) works and lately brought an SMS that was written to this
    number."""
    working = select(MessageGateway).where(
        MessageGateway.provider_id == provider_id, MessageGateway.state == GatewayState.WORKING,
        ~gateways.has_failing_inbox(at, UNREAD), *which,
    )  # fmt: skip
    accounts = session.scalars(working.order_by(MessageGateway.id.desc())).all()
    return any(_brings(session, vault, each, plain_number(number), at - LATELY) for each in accounts)


def _brings(session: Session, vault: Vault, account: MessageGateway, number: str, since: datetime) -> bool:
    """Whether an account brought an SMS to a number, with the inbox that it has now."""
    had = select(func.max(MessageGateway.removed_at)).where(gateways.is_former_inbox(account))
    brought = _find_brought(session, vault, account.id, since).get(number)
    return brought is not None and brought > max(since, session.scalar(had) or since)


def _find_brought(session: Session, vault: Vault, gateway_id: int, since: datetime) -> dict[str, datetime]:
    """When the account last brought an SMS, by the number to which it was written. A process reads each reply once, and
    those of OVERLAP before the newest again: ids are not committed in their order."""
    by_account = _brought.setdefault(vault, {})
    known, newest = by_account.get(gateway_id, ({}, 0))
    its = GatewayEvent.gateway_id == gateway_id, GatewayEvent.kind == literal_column("'reply'")
    ids = select(GatewayEvent.id).where(*its, GatewayEvent.id > max(newest - OVERLAP, first_id(since)))
    unread = session.scalars(ids.order_by(GatewayEvent.id.desc()).limit(NEWEST)).all()
    if not unread:
        return known
    found = {number: at for number, at in known.items() if at > since}
    columns = GatewayEvent.id, GatewayEvent.provider_id, GatewayEvent.body, GatewayEvent.received_at
    for start in range(0, len(unread), AT_ONCE):
        those = GatewayEvent.id.in_(unread[start : start + AT_ONCE])
        for row in session.execute(select(*columns).where(those)):
            number = plain_number(_destination(vault, row))
            found[number] = max(row.received_at, found.get(number, row.received_at))
    by_account[gateway_id] = found, max(newest, unread[0])
    return found


def _destination(vault: Vault, reply: Row[int, int | None, bytes | None, datetime]) -> str:
    if reply.body is None:
        return ""
    try:
        text = vault.read(reply.body, GatewayEvent.PLACE, reply.provider_id or NO_PROVIDER, reply.id)
    except CannotOpen:
        return ""
    return str(json.loads(text)["to"])
