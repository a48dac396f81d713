"""What a provider takes away of its own: consents, decisions, recipients, read in pages however many they are.

Reading goes along an index, a statement a page, and no cursor stays open while somebody reads slowly.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.vault import Vault
from portal.services.exports import consents, decisions, recipients
from portal.services.exports.filters import Kind, Wanted

__all__ = ["Kind", "Wanted", "count", "rows"]

KINDS = {Kind.CONSENTS: consents, Kind.DECISIONS: decisions, Kind.RECIPIENTS: recipients}


def count(session: Session, wanted: Wanted, at: datetime) -> int:
    """How many rows it would be."""
    return KINDS[wanted.kind].count(session, wanted, at)


def rows(
    session: Session, vault: Vault, wanted: Wanted, at: datetime
) -> Iterator[consents.Row | decisions.Row | recipients.Row]:
    """The rows, of the kind's own form. Nothing is read before the first is asked for."""
    return KINDS[wanted.kind].rows(session, vault, wanted, at)
