"""Exports of a provider's consents, decisions and recipients, however many they are.

Read by keyset pagination along an index, one statement a page: no cursor stays open for a slow client.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.vault import Vault
from portal.services.exports import consents, decisions, recipients
from portal.services.exports.filters import ExportFilter, ExportKind

__all__ = ["ExportFilter", "ExportKind", "count", "rows"]

KINDS: dict[ExportKind, Any] = {
    ExportKind.CONSENTS: consents,
    ExportKind.DECISIONS: decisions,
    ExportKind.RECIPIENTS: recipients,
}

ExportRow = consents.ExportedConsent | decisions.ExportedDecision | recipients.ExportedRecipient


def count(session: Session, wanted: ExportFilter, at: datetime) -> int:
    return int(KINDS[wanted.kind].count(session, wanted, at))


def rows(session: Session, vault: Vault, wanted: ExportFilter, at: datetime) -> Iterator[ExportRow]:
    """The rows of the kind. Nothing is read before the first is asked for."""
    found: Iterator[ExportRow] = KINDS[wanted.kind].rows(session, vault, wanted, at)
    return found
