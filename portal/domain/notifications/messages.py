"""Messages to recipients: queued as rows in the transaction they report, and rendered when sent."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import Address, read_canonical
from portal.core.ids import new_id
from portal.core.iys_protocol import Status
from portal.core.models import NO_PROVIDER, DecisionOrigin, Message, MessageKind, MessageState, Recipient
from portal.core.models.inserts import insert_rows
from portal.core.vault import Vault
from portal.domain.notifications.confirmations import SENT

# The facts of each kind for templates/messages/<kind>/. Confirmations only need their receipt.
FACTS: dict[MessageKind, frozenset[str]] = {
    # `sender`: the name of the brand, whose id it has, or both empty for the portal. `notice`: address of the privacy
    # notice, or empty.
    MessageKind.CODE: frozenset({"code", "purpose", "sender", "notice", "brand_id"}),
    MessageKind.COMPLAINT_SETTLED: frozenset({"link", "sender"}),  # `link` is an absolute URL.
}
HIGH_PRIORITY, NORMAL_PRIORITY = 0, 1  # Ranks: of messages that somebody waits for, and of all others.


def write_message(
    session: Session, vault: Vault, kind: MessageKind, *, facts: Mapping[str, str], language: str, at: datetime,
    provider_id: int | None = None, brand_id: int | None = None, recipient_id: int | None = None,
    address: str | None = None, expires_at: datetime | None = None, is_sent: bool = True,
    message_id: int | None = None,
) -> Message:  # fmt: skip
    """Queue a message in the caller's transaction.

    It goes to a recipient, or to a canonical `address` that may be nobody's. With `is_sent` False the row is written
    but never sent, so observers see no difference. A `message_id` is that of the row of which it tells (a proof's), so
    that the two are found by each other. Raises KeyError where `facts` are not those of FACTS.
    """
    if wrong := FACTS[kind] ^ facts.keys():
        raise KeyError(f"{kind}: {', '.join(sorted(wrong))}")
    message_id, owner = message_id or new_id(), provider_id or NO_PROVIDER
    kind_of_address = read_canonical(address).kind if address else session.get_one(Recipient, recipient_id).kind
    message = Message(
        id=message_id, kind=kind, rank=HIGH_PRIORITY, language=language, provider_id=provider_id,
        brand_id=brand_id, recipient_id=recipient_id,
        address=vault.seal(address, Message.ADDRESS, owner, message_id) if address else None,
        facts=vault.seal(json.dumps(dict(facts)), Message.FACTS, owner, message_id) if is_sent else None,
        state=MessageState.WAITING if is_sent else MessageState.NOT_NEEDED, due_at=at if is_sent else None,
        ended_at=None if is_sent else at, expires_at=expires_at, attempts=0, created_at=at,
        address_kind=kind_of_address,
    )  # fmt: skip
    session.add(message)
    session.flush()
    return message


BY_CODE = (DecisionOrigin.POINT, DecisionOrigin.MINE)  # After a code that reached the address.
LAST_MINUTES = timedelta(minutes=1)  # Of a day, for sending.
REFUSAL_TOLD_FOR = timedelta(days=3)  # The law asks for no confirmation of a refusal; an old one would only annoy.


def write_confirmation(
    session: Session, vault: Vault, receipts: Sequence[Mapping[str, Any]], address: Address, *, is_grant: bool,
    campaign_id: int | None = None, undo_period: timedelta = timedelta(0), is_portals: bool = False,
) -> None:  # fmt: skip
    """Queue the one message that tells a person of their act, given as its receipts' rows.

    A grant is told on the same day, at the address itself, with a way to refuse (Regulation art. 7); the message waits
    until it cannot be undone any more, as long as it still leaves that day. An act at several providers is told by the
    portal, and so is any in İzinlerim or that answers the operator's account (`is_portals`): else its provider would
    see by the lack of a message that others have it, too.
    """
    receipt, message_id = receipts[0], new_id()
    at: datetime = receipt["decided_at"]
    midnight = clock.start_of_day(clock.day(at) + timedelta(days=1))
    is_of_any = is_portals or receipt["origin"] == DecisionOrigin.MINE
    is_of_one = not is_of_any and len({each["provider_id"] for each in receipts}) == 1
    sealed = None if is_of_one else vault.seal(address.text, Message.ADDRESS, NO_PROVIDER, message_id)
    row = {
        "id": message_id,
        "kind": MessageKind.CONFIRMATION if is_grant else MessageKind.REFUSAL,
        "rank": HIGH_PRIORITY,
        "language": receipt["language"],
        "provider_id": receipt["provider_id"] if is_of_one else None,
        "campaign_id": campaign_id,
        "recipient_id": receipt["recipient_id"] if is_of_one else None,
        "address": sealed,
        "address_kind": address.kind,
        "link_id": receipt["link_id"] if is_grant else None,
        "receipt_id": receipt["id"],
        "state": MessageState.WAITING,
        "due_at": max(at, min(at + undo_period, midnight - LAST_MINUTES)) if is_grant else at,
        "expires_at": None if is_grant else at + REFUSAL_TOLD_FOR,
        "attempts": 0,
        "created_at": at,
    }
    insert_rows(session, Message, [row])


def is_refusal_told(
    session: Session, receipts: Sequence[Mapping[str, Any]], address: Address, before: Collection[Status | None]
) -> bool:
    """Whether who refused is told so: where that changed what stood before, and a grant ended, or a message of ours
    had reached the address. Else whoever makes links for any numbers could have us write to them."""
    if not address.takes_messages or all(status == Status.REFUSED for status in before):
        return False
    if Status.GRANTED in before or receipts[0]["origin"] in BY_CODE:
        return True
    written = select(Message.id).where(
        Message.recipient_id.in_([each["recipient_id"] for each in receipts]), Message.state.in_(SENT)
    )
    return session.scalar(written.limit(1)) is not None


def read_facts(vault: Vault, message: Message) -> dict[str, str]:
    if message.facts is None:
        return {}
    text = vault.read(message.facts, Message.FACTS, message.provider_id or NO_PROVIDER, message.id)
    facts: dict[str, str] = json.loads(text)
    return facts


def read_text(vault: Vault, message: Message) -> str:
    """The text as it was sent; empty where none is kept. Raises CannotOpen."""
    if message.text is None:
        return ""
    return vault.read(message.text, Message.PLACE, message.provider_id or NO_PROVIDER, message.id)


def is_expired(message: Message, at: datetime) -> bool:
    """Whether a message is too old to be useful."""
    return message.expires_at is not None and message.expires_at <= at
