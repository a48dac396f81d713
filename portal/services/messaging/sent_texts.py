"""The texts that we sent to whom a link of ours belongs."""

from flask import current_app
from sqlalchemy import select

import shortlinks
from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.models import AudienceEntry, Message
from portal.core.vault import CannotOpen
from portal.domain import complaints
from portal.domain.notifications import messages
from portal.domain.receipts import lookup

MOST_TEXTS = 50  # The newest ones of a recipient.


def find_texts(code: str) -> list[str]:
    """Those that hold the link with this code and are kept; none where it is no code of ours."""
    session, salt = read_session(), current_app.config["LINK_SALT"]
    link_id = shortlinks.resolve(session, salt, code, clock.now()).link_id
    entry = select(AudienceEntry.recipient_id).where(AudienceEntry.link_id == link_id)
    acts = (lookup.find_receipt(session, salt, code), complaints.find_case(session, salt, code))
    recipient_ids = {session.scalar(entry) if link_id else None, *(each.recipient_id for each in acts if each)}
    sent = select(Message).where(Message.recipient_id.in_(recipient_ids - {None}), Message.text.is_not(None))
    texts = map(_read_text, session.scalars(sent.order_by(Message.id.desc()).limit(MOST_TEXTS)))
    return [text for text in texts if code in text]


def _read_text(message: Message) -> str:
    try:
        return messages.read_text(vault(), message)
    except CannotOpen:  # Nobody knows what was sent: none of it counts as ours.
        return ""
