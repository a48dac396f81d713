"""Load a link's context; and have the journal keep the link by which somebody granted."""

from sqlalchemy.orm import Session

import shortlinks
from portal.core import journal
from portal.core.journal_records import REFUSING_LINK
from portal.core.models import AudienceEntry
from portal.core.models.link_context import ADDED_COLUMNS, LINK_CONTEXT, LinkContext, read_link_context

_link = shortlinks.Link
_CONTEXT = LINK_CONTEXT.add_columns(_link.nonce, _link.created_at).join(_link, _link.id == AudienceEntry.link_id)


def load_link_context(session: Session, link_id: int) -> LinkContext | None:
    """Load a link's context; None if its campaign is gone."""
    rows = session.connection().execute(_CONTEXT, {"link_id": link_id}).all()
    return read_link_context(rows, *rows[0][ADDED_COLUMNS:]) if rows else None


def note_link(session: Session, link: LinkContext) -> None:
    """Have the commit append a link: the confirmation of a grant says that one refuses by it, also after a restore."""
    row = {
        "id": link.link_id,
        "nonce": link.nonce,
        "created_at": link.created_at,
        "provider_id": link.provider_id,
        "brand_id": link.brand_id,
        "recipient_id": link.recipient_id,
        "channels": ",".join(link.channels),
        "address": link.address,
    }
    journal.note(session, REFUSING_LINK, [row])
