"""What somebody finds in their mailbox: the mails that wait as rows, opened."""

from sqlalchemy import select

from portal.core.extensions import db, vault
from portal.core.models import Mail, MailKind
from portal.domain.notifications import mails


def found(app, kind: MailKind) -> list[tuple[str, dict]]:
    """(address, facts) of each mail of a kind, oldest first."""
    with app.app_context():
        written = db.session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.id))
        opened = [(mails.read_address(vault(), mail), mails.read_facts(vault(), mail)) for mail in written]
        db.session.rollback()
    return opened
