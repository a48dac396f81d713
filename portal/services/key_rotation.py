"""Key rotation: re-encrypt every sealed column with the key that seals now, chunk by chunk, while the portal runs.

Both index columns are written while two key generations are configured, so an address is found by either; this fills
the new column for old rows. It may be stopped and started again: it skips what is sealed with that key.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, literal, select, update

from portal.core import models
from portal.core.addresses import read_canonical
from portal.core.extensions import db, read_session, vault
from portal.core.vault import CannotOpen, KeyMissing
from portal.domain import address_proofs
from portal.domain.identity import accounts

CHUNK = 500
CHUNKS = {
    models.ReconciledDay: 5,
    models.Paper: 20,
    models.UploadPart: 20,
    models.AudienceList: 5,
}  # Files of tens of megabytes.

# Every sealed column: (model, column, place). tests/architecture/test_encrypted_columns.py finds a missing one.
SEALED = (
    (models.Recipient, "address", models.Recipient.PLACE),
    (models.Recipient, "reference", models.Recipient.REFERENCE),
    (models.ClosedLine, "address", models.ClosedLine.PLACE),
    (models.ReassignedAddress, "address", models.ReassignedAddress.PLACE),
    (models.User, "email", models.User.PLACE),
    (models.Credential, "password", models.Credential.PASSWORD),
    (models.Credential, "access_token", models.Credential.ACCESS),
    (models.Credential, "refresh_token", models.Credential.REFRESH),
    (models.Submission, "payload", models.Submission.PLACE),
    (models.Attempt, "answer", models.Attempt.PLACE),
    (models.Receipt, "request_metadata", models.Receipt.PLACE),
    (models.Receipt, "name", models.Receipt.NAME),
    (models.AudienceList, "content", models.AudienceList.CONTENT),
    (models.AudienceLine, "value", models.AudienceLine.PLACE),
    (models.ImportBatch, "name", models.ImportBatch.NAME),
    (models.ImportBatch, "outline", models.ImportBatch.OUTLINE),
    (models.ImportBatch, "layout", models.ImportBatch.LAYOUT),
    (models.ImportChunk, "content", models.ImportChunk.PLACE),
    (models.ImportProfile, "layout", models.ImportProfile.LAYOUT),
    (models.UploadPart, "content", models.UploadPart.PLACE),
    (models.WaitingFile, "place", models.WaitingFile.PLACE),
    (models.ApiRequest, "body", models.ApiRequest.BODY),
    (models.ApiRequest, "answer", models.ApiRequest.ANSWER),
    (models.ApiCall, "content", models.ApiCall.PLACE),
    (models.AddressCheck, "salt", models.AddressCheck.SALT),
    (models.ReportedSend, "campaign", models.ReportedSend.CAMPAIGN),
    (models.Message, "text", models.Message.PLACE),
    (models.Message, "address", models.Message.ADDRESS),
    (models.Message, "facts", models.Message.FACTS),
    (models.MessageGateway, "credentials", models.MessageGateway.CREDENTIALS),
    (models.MessageGateway, "secret", models.MessageGateway.SECRET),
    (models.GatewayEvent, "body", models.GatewayEvent.PLACE),
    (models.AddressProof, "address", models.AddressProof.ADDRESS),
    (models.AddressProof, "facts", models.AddressProof.FACTS),
    (models.Complaint, "header", models.Complaint.HEADER),
    (models.Complaint, "text", models.Complaint.TEXT),
    (models.Complaint, "picture", models.Complaint.PICTURE),
    (models.ComplaintStep, "text", models.ComplaintStep.PLACE),
    (models.SigningKey, "private", models.SigningKey.PLACE),
    (models.PushRegistration, "token", models.PushRegistration.TOKEN),
    (models.PushRegistration, "password", models.PushRegistration.PASSWORD),
    (models.Push, "body", models.Push.PLACE),
    (models.ReconciledDay, "file", models.ReconciledDay.FILE),
    (models.Difference, "line", models.Difference.LINE),
    (models.SignIn, "address", models.SignIn.PLACE),
    (models.Factor, "secret", models.Factor.PLACE),
    (models.OneTimeLink, "email", models.OneTimeLink.PLACE),
    (models.Mail, "address", models.Mail.ADDRESS),
    (models.Mail, "facts", models.Mail.FACTS),
    (models.Paper, "content", models.Paper.PLACE),
    (models.Inquiry, "text", models.Inquiry.TEXT),
    (models.Inquiry, "answer", models.Inquiry.ANSWER),
    (models.WebhookEndpoint, "url", models.WebhookEndpoint.URL),
    (models.WebhookEndpoint, "secret", models.WebhookEndpoint.SECRET),
    (models.WebhookEndpoint, "former_secret", models.WebhookEndpoint.FORMER),
)
# Columns with blind indexes, and how these are made.
INDEXED: dict[tuple[Any, str], Callable[[Row[Any], str], Mapping[str, bytes | None]]] = {
    (models.Recipient, "address"): lambda row, address: _recipient_indexes(row.provider_id, address),
    (models.ClosedLine, "address"): lambda row, address: vault().indexes(models.NO_PROVIDER, address),
    (models.ReassignedAddress, "address"): lambda row, address: vault().indexes(models.NO_PROVIDER, address),
    (models.User, "email"): lambda row, email: accounts.email_indexes(vault(), email),
    (models.AddressProof, "address"): lambda row, text: address_proofs.mailbox_indexes(vault(), read_canonical(text)),
}


@dataclass
class RotationResult:
    """Result for one column: how many rows were changed (or looked at), and the ids of those that no configured key
    opens."""

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


def find_unopened(generation: int) -> Iterator[RotationResult]:
    """What is sealed with a key generation, by column, and the rows that this process's key does not open."""
    for model, column, place in SEALED:
        sealed, last = getattr(model, column), 0
        result = RotationResult(place)
        asked = select(model.id, _provider_id_of(model).label("provider_id"), sealed.label("sealed"))
        asked = asked.where(func.substr(sealed, 2, 1) == bytes((generation,))).order_by(model.id)
        while rows := read_session().execute(asked.where(model.id > last).limit(CHUNKS.get(model, CHUNK))).all():
            last = rows[-1].id
            shut = [row.id for row in rows if not vault().can_open(row.sealed, place, row.provider_id, row.id)]
            result.changed, result.unopened = result.changed + len(rows), result.unopened + shut
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


def _recipient_indexes(provider_id: int, address: str) -> dict[str, bytes | None]:
    return vault().indexes(provider_id, address) | models.Recipient.mailbox_indexes(vault(), provider_id, address)


def _provider_id_of(model: Any) -> ColumnElement[int]:
    """The provider id in a row's seals; NO_PROVIDER for people, who may belong to several."""
    return (
        func.coalesce(model.provider_id, models.NO_PROVIDER)
        if hasattr(model, "provider_id")
        else literal(models.NO_PROVIDER)
    )


def _reseal_rows(
    model: Any, column: str, place: str, rows: Iterable[Row[Any]]
) -> tuple[list[dict[str, Any]], list[int]]:  # fmt: skip
    changes, unopened = [], []
    for row in rows:
        try:
            plain = vault().open(row.sealed, place, row.provider_id, row.id)
        except (CannotOpen, KeyMissing):
            unopened.append(row.id)
            continue
        change: dict[str, Any] = {"row": row.id, column: vault().seal(plain, place, row.provider_id, row.id)}
        if (model, column) in INDEXED:
            change |= INDEXED[model, column](row, plain.decode())
        changes.append(change)
    return changes, unopened
