"""Key rotation: re-encrypt every sealed column with the newest key, chunk by chunk, while the portal runs.

Both index columns are written while two key generations are configured, so an address is found by either; this fills
the new column for old rows. It may be stopped and started again: it skips what is sealed with the newest key.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, literal, select, update

from portal.core import addresses
from portal.core.extensions import db, vault
from portal.core.models import (
    NO_PROVIDER,
    AddressProof,
    Attempt,
    AudienceLine,
    Complaint,
    ComplaintStep,
    Credential,
    Difference,
    Factor,
    ImportBatch,
    ImportChunk,
    ImportProfile,
    Inquiry,
    Mail,
    Message,
    OneTimeLink,
    Paper,
    Push,
    PushRegistration,
    Receipt,
    Recipient,
    ReconciledDay,
    SignIn,
    SigningKey,
    Submission,
    UploadPart,
    User,
)
from portal.core.vault import CannotOpen
from portal.domain import address_proofs
from portal.domain.identity import accounts

CHUNK = 500
CHUNKS = {ReconciledDay: 5, Paper: 20, UploadPart: 20}  # A day's file may be tens of megabytes, a paper ten.

# Every sealed column: (model, column, place). tests/architecture/test_encrypted_columns.py finds a missing one.
SEALED = (
    (Recipient, "address", Recipient.PLACE),
    (User, "email", User.PLACE),
    (Credential, "password", Credential.PASSWORD),
    (Credential, "access_token", Credential.ACCESS),
    (Credential, "refresh_token", Credential.REFRESH),
    (Submission, "payload", Submission.PLACE),
    (Attempt, "answer", Attempt.PLACE),
    (Receipt, "request_metadata", Receipt.PLACE),
    (Receipt, "name", Receipt.NAME),
    (AudienceLine, "value", AudienceLine.PLACE),
    (ImportBatch, "name", ImportBatch.NAME),
    (ImportBatch, "outline", ImportBatch.OUTLINE),
    (ImportBatch, "layout", ImportBatch.LAYOUT),
    (ImportChunk, "content", ImportChunk.PLACE),
    (ImportProfile, "layout", ImportProfile.LAYOUT),
    (UploadPart, "content", UploadPart.PLACE),
    (Message, "text", Message.PLACE),
    (Message, "address", Message.ADDRESS),
    (Message, "facts", Message.FACTS),
    (AddressProof, "address", AddressProof.ADDRESS),
    (AddressProof, "facts", AddressProof.FACTS),
    (Complaint, "header", Complaint.HEADER),
    (Complaint, "text", Complaint.TEXT),
    (Complaint, "picture", Complaint.PICTURE),
    (ComplaintStep, "text", ComplaintStep.PLACE),
    (SigningKey, "private", SigningKey.PLACE),
    (PushRegistration, "token", PushRegistration.TOKEN),
    (PushRegistration, "password", PushRegistration.PASSWORD),
    (Push, "body", Push.PLACE),
    (ReconciledDay, "file", ReconciledDay.FILE),
    (Difference, "line", Difference.LINE),
    (SignIn, "address", SignIn.PLACE),
    (Factor, "secret", Factor.PLACE),
    (OneTimeLink, "email", OneTimeLink.PLACE),
    (Mail, "address", Mail.ADDRESS),
    (Mail, "facts", Mail.FACTS),
    (Paper, "content", Paper.PLACE),
    (Inquiry, "text", Inquiry.TEXT),
    (Inquiry, "answer", Inquiry.ANSWER),
)
# Columns with blind indexes, and how these are made.
INDEXED: dict[tuple[Any, str], Callable[[Row[Any], str], dict[str, bytes]]] = {
    (Recipient, "address"): lambda row, address: vault().indexes(row.provider_id, address),
    (User, "email"): lambda row, email: accounts.email_indexes(vault(), email),
    (AddressProof, "address"): lambda row, address: address_proofs.mailbox_indexes(vault(), addresses.parse(address)),
}


@dataclass
class RotationResult:
    """Result for one column: how many rows were changed, and the ids of those that no configured key opens."""

    place: str
    changed: int = 0
    unopened: list[int] = field(default_factory=list)


def rotate() -> Iterator[RotationResult]:
    """Re-encrypt all columns, one transaction per chunk. What cannot be opened is left as it is and reported."""
    for model, column, place in SEALED:
        result = RotationResult(place)
        for changed, unopened in _reseal_chunks(model, column, place):
            result.changed += changed
            result.unopened += unopened
        yield result


def _reseal_chunks(model: Any, column: str, place: str) -> Iterator[tuple[int, list[int]]]:
    last = 0
    while True:
        sealed = getattr(model, column)
        rows = db.session.execute(
            select(model.id, _provider_id_of(model).label("provider_id"), sealed.label("sealed"))
            .where(model.id > last, sealed.is_not(None))
            .order_by(model.id)
            .limit(CHUNKS.get(model, CHUNK))
            .with_for_update()
        ).all()
        if not rows:
            db.session.rollback()
            return
        last = rows[-1].id
        old = [row for row in rows if not vault().is_current(row.sealed)]
        changes, unopened = _reseal_rows(model, column, place, old)
        if changes:
            table = model.__table__
            columns: dict[str, Any] = {name: bindparam(name) for name in changes[0] if name != "row"}
            db.session.execute(update(table).where(table.c.id == bindparam("row")).values(columns), changes)
        db.session.commit()
        yield len(changes), unopened


def _provider_id_of(model: Any) -> ColumnElement[int]:
    """The provider id in a row's seals; NO_PROVIDER for people, who may belong to several."""
    return func.coalesce(model.provider_id, NO_PROVIDER) if hasattr(model, "provider_id") else literal(NO_PROVIDER)


def _reseal_rows(
    model: Any, column: str, place: str, rows: Iterable[Row[Any]]
) -> tuple[list[dict[str, Any]], list[int]]:  # fmt: skip
    changes, unopened = [], []
    for row in rows:
        try:
            changes.append(_reseal_row(model, column, place, row))
        except CannotOpen:
            unopened.append(row.id)
    return changes, unopened


def _reseal_row(model: Any, column: str, place: str, row: Row[Any]) -> dict[str, Any]:
    plain = vault().open(row.sealed, place, row.provider_id, row.id)
    change: dict[str, Any] = {"row": row.id, column: vault().seal(plain, place, row.provider_id, row.id)}
    if (model, column) in INDEXED:
        change |= INDEXED[model, column](row, plain.decode())
    return change
