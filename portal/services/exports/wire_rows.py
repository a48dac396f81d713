"""Rows of exports for programs: columns by İYS's own names, moments in Turkey's time as İYS writes them."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime

from portal.core.addresses import without_plus
from portal.core.iys_protocol import format_wire_date
from portal.services.exports import ExportRow, consents, decisions, recipients
from portal.services.exports.filters import ExportKind

NAMES = {  # By the fields of rows; the others are not for programs.
    "address": "recipient", "channel": "type", "recipient_type": "recipientType", "status": "status",
    "consent_date": "consentDate", "source": "source", "iys_status": "iysStatus", "iys_as_of": "iysAsOf",
    "may_send": "maySend", "id": "decisionId", "recorded_at": "recordedAt", "origin": "origin", "outcome": "outcome",
    "code": "iysCode", "transaction_id": "transactionId", "accepted_at": "acceptedAt", "batch_id": "batchId",
    "line": "line", "annulled_at": "annulledAt", "kind": "kind", "since": "since", "refused": "refused",
    "held_since": "heldSince", "retailer_code": "retailerCode", "retailer_access": "retailerAccess",
}  # fmt: skip
KINDS: dict[type[ExportRow], ExportKind] = {
    consents.ExportedConsent: ExportKind.CONSENTS,
    decisions.ExportedDecision: ExportKind.DECISIONS,
    recipients.ExportedRecipient: ExportKind.RECIPIENTS,
}
FIELDS = {kind: [each.name for each in fields(model) if each.name in NAMES] for model, kind in KINDS.items()}
COLUMNS = {kind: tuple(NAMES[each] for each in names) for kind, names in FIELDS.items()}


def lines(rows: Iterable[ExportRow]) -> Iterator[list[str]]:
    """The rows under COLUMNS of their kind. An address that cannot be opened is empty."""
    for row in rows:
        yield [_text(name, getattr(row, name)) for name in FIELDS[KINDS[type(row)]]]


def _text(name: str, value: object) -> str:
    if name == "address":
        return without_plus(str(value or ""))
    if isinstance(value, datetime):
        return format_wire_date(value)
    if isinstance(value, tuple | list):
        return " ".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
