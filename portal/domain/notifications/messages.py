"""Messages to recipients: queued as rows in the transaction they report, and rendered when sent."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.iys_protocol import Channel
from portal.core.models import NO_PROVIDER, Message, MessageKind, MessageState, Recipient
from portal.core.models.ids import new_id
from portal.core.vault import Vault

# The facts of each kind for templates/messages/<kind>/. A confirmation only needs its receipt.
FACTS: dict[MessageKind, frozenset[str]] = {
    # `sender`: a brand's name, or empty for the portal. `notice`: address of the privacy notice, or empty.
    MessageKind.CODE: frozenset({"code", "purpose", "sender", "notice"}),
    MessageKind.COMPLAINT_SETTLED: frozenset({"link", "sender"}),  # `link` is an absolute URL.
}
AT_ONCE, LATER = 0, 1  # Ranks: of messages that somebody waits for, and of all others.


def write_message(
    session: Session, vault: Vault, kind: MessageKind, *, facts: Mapping[str, str], language: str, at: datetime,
    provider_id: int | None = None, recipient_id: int | None = None, address: str | None = None,
    expires_at: datetime | None = None, is_sent: bool = True,
) -> Message:  # fmt: skip
    """Queue a message in the caller's transaction.

    It goes to a recipient, or to a canonical `address` that may be nobody's. With `is_sent` False the row is written
    but never sent, so observers see no difference. Raises KeyError where `facts` are not those of FACTS.
    """
    if wrong := FACTS[kind] ^ facts.keys():
        raise KeyError(f"{kind}: {', '.join(sorted(wrong))}")
    message_id, owner = new_id(), provider_id or NO_PROVIDER
    kind_of_address = parse(address).kind if address else session.get_one(Recipient, recipient_id).kind
    message = Message(
        id=message_id, kind=kind, rank=AT_ONCE, language=language, provider_id=provider_id, recipient_id=recipient_id,
        address=vault.seal(address, Message.ADDRESS, owner, message_id) if address else None,
        facts=vault.seal(json.dumps(dict(facts)), Message.FACTS, owner, message_id) if is_sent else None,
        state=MessageState.WAITING if is_sent else MessageState.NOT_NEEDED, due_at=at if is_sent else None,
        ended_at=None if is_sent else at, expires_at=expires_at, attempts=0, created_at=at,
        address_kind=kind_of_address,
    )  # fmt: skip
    session.add(message)
    session.flush()
    return message


LAST_MINUTES = timedelta(minutes=1)  # Of a day, for sending.


def confirmation_row(receipt: Mapping[str, Any], campaign_id: int, undo_period: timedelta) -> dict[str, Any]:
    """The confirmation of a grant (Regulation art. 7: the same day, at the address itself, with a way to refuse). It
    waits until the grant cannot be undone any more, as long as it is still sent that day."""
    at: datetime = receipt["decided_at"]
    midnight = clock.start_of_day(clock.day(at) + timedelta(days=1))
    due_at = max(at, min(at + undo_period, midnight - LAST_MINUTES))
    return {
        "id": new_id(),
        "kind": MessageKind.CONFIRMATION,
        "rank": AT_ONCE,
        "language": receipt["language"],
        "provider_id": receipt["provider_id"],
        "campaign_id": campaign_id,
        "recipient_id": receipt["recipient_id"],
        "address_kind": AddressKind.EMAIL if Channel.EMAIL in receipt["choices"] else AddressKind.PHONE,
        "link_id": receipt["link_id"],
        "receipt_id": receipt["id"],
        "state": MessageState.WAITING,
        "due_at": due_at,
        "attempts": 0,
        "created_at": at,
    }


def read_facts(vault: Vault, message: Message) -> dict[str, str]:
    if message.facts is None:
        return {}
    text = vault.read(message.facts, Message.FACTS, message.provider_id or NO_PROVIDER, message.id)
    facts: dict[str, str] = json.loads(text)
    return facts


def is_expired(message: Message, at: datetime) -> bool:
    """Whether a message is too old to be useful."""
    return message.expires_at is not None and message.expires_at <= at
