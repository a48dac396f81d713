"""Numbers that take replies: messages name only one at which an SMS has lately reached us by an account that works, and
that the operator has seen.

Whoever has an account can report an SMS to any number, so that alone says nothing of whose the number is.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from portal.core.addresses.phones import plain_number
from portal.core.models import NO_PROVIDER, Brand, GatewayEvent, GatewayState, MessageGateway
from portal.core.vault import CannotOpen, Vault
from portal.domain.notifications import gateways

LATELY = timedelta(days=90)  # A contract that has ended brings nothing, and says nothing.
UNREAD = timedelta(days=1)  # An account whose inbox cannot be read for so long takes no replies.
NEWEST, AT_ONCE = 20_000, 500  # Replies of an account that are looked through.


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
        ~gateways.is_inbox_unread(at, UNREAD), *which,
    )  # fmt: skip
    accounts = session.scalars(working.order_by(MessageGateway.id.desc())).all()
    return any(_brings(session, vault, each, plain_number(number), at - LATELY) for each in accounts)


def _brings(session: Session, vault: Vault, account: MessageGateway, number: str, since: datetime) -> bool:
    """Whether an account brought an SMS to a number, with the inbox that it has now."""
    had = select(func.max(MessageGateway.removed_at)).where(gateways.is_former_inbox(account))
    since = max(since, session.scalar(had) or since)
    brought = _newest_replies(session, account.id, since)
    return any(plain_number(_destination(vault, each)) == number for each in brought)


def _newest_replies(session: Session, gateway_id: int, since: datetime) -> Iterator[GatewayEvent]:
    its = GatewayEvent.gateway_id == gateway_id, GatewayEvent.kind == literal_column("'reply'")
    newest = select(GatewayEvent).where(*its).order_by(GatewayEvent.id.desc()).limit(AT_ONCE)
    rows = session.scalars(newest).all()
    for _ in range(NEWEST // AT_ONCE):
        yield from (each for each in rows if each.received_at > since)
        if not rows or rows[-1].received_at <= since:
            return
        rows = session.scalars(newest.where(GatewayEvent.id < rows[-1].id)).all()


def _destination(vault: Vault, event: GatewayEvent) -> str:
    if event.body is None:
        return ""
    try:
        text = vault.read(event.body, GatewayEvent.PLACE, event.provider_id or NO_PROVIDER, event.id)
    except CannotOpen:
        return ""
    return str(json.loads(text)["to"])
