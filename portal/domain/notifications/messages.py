"""Messages to recipients: written as rows beside what they tell of, and turned into text when they are sent."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.models import NO_PROVIDER, Message, MessageKind, MessageState
from portal.core.models.ids import new_id
from portal.core.vault import Vault

# What each kind must be told by whoever writes it; templates/messages/<kind>/ says it. A confirmation is told by its
# receipt alone.
FACTS: dict[MessageKind, frozenset[str]] = {
    # `sender`: a brand's name, or empty: the portal. `notice`: where it stands what becomes of the data, or empty.
    MessageKind.CODE: frozenset({"code", "purpose", "sender", "notice"}),
    MessageKind.COMPLAINT_SETTLED: frozenset({"link", "sender"}),  # `link` is a whole address.
}
AT_ONCE = 0  # The rank of what somebody waits for.


def write_message(
    session: Session, vault: Vault, kind: MessageKind, *, facts: Mapping[str, str], language: str, at: datetime,
    provider_id: int | None = None, recipient_id: int | None = None, address: str | None = None,
    expires_at: datetime | None = None, is_sent: bool = True,
) -> Message:  # fmt: skip
    """Let a message be sent once the caller's transaction is committed; then `wake("message")` spares it the minute.

    It goes to a recipient, or to a canonical `address` that may be nobody's. With `is_sent` False the row is written
    and never goes: whoever watches cannot tell the two apart. Raises KeyError where `facts` are not those of FACTS.
    """
    if wrong := FACTS[kind] ^ facts.keys():
        raise KeyError(f"{kind}: {', '.join(sorted(wrong))}")
    message_id, owner = new_id(), provider_id or NO_PROVIDER
    message = Message(
        id=message_id, kind=kind, rank=AT_ONCE, language=language, provider_id=provider_id, recipient_id=recipient_id,
        address=vault.seal(address, Message.ADDRESS, owner, message_id) if address else None,
        facts=vault.seal(json.dumps(dict(facts)), Message.FACTS, owner, message_id) if is_sent else None,
        state=MessageState.WAITING if is_sent else MessageState.NOT_NEEDED, due_at=at if is_sent else None,
        ended_at=None if is_sent else at, expires_at=expires_at, attempts=0, created_at=at,
    )  # fmt: skip
    session.add(message)
    session.flush()
    return message


def confirmation_row(receipt: dict, campaign_id: int, at: datetime) -> dict:
    """The row of the message that tells a person what they granted (Regulation art. 7: on the same day, at the address
    itself, with a way to refuse)."""
    return {
        "id": new_id(),
        "kind": MessageKind.CONFIRMATION,
        "rank": AT_ONCE,
        "language": receipt["language"],
        "provider_id": receipt["provider_id"],
        "campaign_id": campaign_id,
        "recipient_id": receipt["recipient_id"],
        "link_id": receipt["link_id"],
        "receipt_id": receipt["id"],
        "state": MessageState.WAITING,
        "due_at": at,
        "attempts": 0,
        "created_at": at,
    }


def read_facts(vault: Vault, message: Message) -> dict[str, str]:
    """What it says."""
    if message.facts is None:
        return {}
    return json.loads(vault.read(message.facts, Message.FACTS, message.provider_id or NO_PROVIDER, message.id))


def is_expired(message: Message, at: datetime) -> bool:
    """Whether it would help nobody any more."""
    return message.expires_at is not None and message.expires_at <= at
