"""Import batches in any state, with row results set directly; the worker has tests of its own."""

import json
from datetime import datetime, timedelta

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import (
    BatchState,
    Brand,
    Consent,
    Decision,
    DecisionOrigin,
    ImportBatch,
    ImportChunk,
    Lane,
    Outcome,
    Submission,
)
from portal.domain.consents import recipients
from portal.services.imports import row_results, store
from portal.services.imports.layout import Field, Layout
from portal.services.imports.reading import Outline, Sheet
from tests import make

HEADER = ("Telefon", "E-posta", "Durum", "Tarih")
LINES = [
    (1, list(HEADER)),
    (2, ["0532 123 45 67", "", "ONAY", "24.11.2026 14:02"]),
    (3, ["0533 765 43 21", "", "RET", "24.11.2026 14:05"]),
    (4, ["", "ayşe@example.com", "ONAY", "24.11.2026 14:07"]),
    (5, ["0532 111 22 33", "", "belki", "24.11.2026 14:09"]),
    (6, ["0532 444 55 66", "", "ONAY", "02.01.2026 10:00"]),
]
COLUMNS = {Field.PHONE: 0, Field.EMAIL: 1, Field.STATUS: 2, Field.DATE: 3}
LAYOUT = Layout(columns=COLUMNS, source=Source.WEB, origin="Üyelik formları", channels=(Channel.SMS, Channel.EMAIL))
# By line and slot.
ROW_RESULTS = {
    (2, 0): "grant", (3, 0): "first_refusal", (4, 2): "email_turkish_letter", (5, 0): "status_unknown",
    (6, 0): "late_grant",
}  # fmt: skip


def make_batch(
    state: BatchState, *, brand: Brand | None = None, layout: Layout = LAYOUT, results: dict | None = None, **facts
) -> ImportBatch:
    """A file of five lines of data, in that state."""
    brand, at, batch_id = brand or make.brand(), clock.now(), new_id()
    whose = (brand.provider_id, batch_id)
    sheet = Sheet("Sayfa1", len(LINES), len(HEADER), 1, HEADER, 0, 1)
    outline = Outline("xlsx", None, None, (sheet,))
    has_results = state not in (BatchState.UPLOADED, BatchState.READ, BatchState.MAPPED, BatchState.DROPPED)
    bytes_ = result_bytes(results or ROW_RESULTS)
    begun = {"started_at": at} if has_results and state not in (BatchState.UNREADABLE, BatchState.DRY_RUN) else {}
    made = ImportBatch(
        id=batch_id, provider_id=brand.provider_id, brand_id=brand.id, user_id=None, digest=b"\0" * 32, size=10,
        name=vault().seal("müşteriler.xlsx", ImportBatch.NAME, *whose), state=state,
        outline=vault().seal(outline.packed(), ImportBatch.OUTLINE, *whose),
        layout=vault().seal(layout.packed(), ImportBatch.LAYOUT, *whose),
        lines=len(LINES) - 1, chunks=1, position=0, state_changed_at=at, created_at=at,
        tally=row_results.tally_of(bytes_) if has_results else None, **(begun | facts),
    )  # fmt: skip
    if state == BatchState.DROPPED:
        made.outline = made.layout = None
    db.session.add(made)
    db.session.flush()
    if state != BatchState.DROPPED:
        add_chunk(made, bytes_ if has_results else None)
    db.session.commit()
    return made


def add_chunk(made: ImportBatch, bytes_: bytes | None) -> None:
    chunk_id = new_id()
    db.session.add(
        ImportChunk(
            id=chunk_id, provider_id=made.provider_id, batch_id=made.id, sheet=0, place=0, first_line=1,
            lines=len(LINES), content=store.seal_lines(vault(), json.dumps(LINES).encode(), made.provider_id, chunk_id),
            row_results=bytes_, tally=row_results.tally_of(bytes_) if bytes_ else None,
        )
    )  # fmt: skip


def result_bytes(results: dict) -> bytes:
    """One byte per slot of each line."""
    bytes_ = bytearray(len(LINES) * len(row_results.SLOTS))
    for (line, slot), word in results.items():
        bytes_[(line - 1) * len(row_results.SLOTS) + slot] = row_results.BYTE_OF[word]
    return bytes(bytes_)


def make_decision(
    batch: ImportBatch, line: int, address: str, status: Status, *, outcome: Outcome | None = None,
    code: str | None = None, is_current: bool = True,
) -> Decision:  # fmt: skip
    """A decision that was written from a line, with its submission where it has an outcome."""
    at, parsed = clock.now(), parse(address)
    recipient_id = recipients.gather(db.session, vault(), batch.provider_id, [parsed], at)[parsed.text]
    channel = parsed.channels[0]
    key = {
        "provider_id": batch.provider_id, "brand_id": batch.brand_id, "recipient_id": recipient_id, "channel": channel,
        "recipient_type": RecipientType.INDIVIDUAL,
    }  # fmt: skip
    consent = Consent(**key, status=status if is_current else None)
    db.session.add(consent)
    db.session.flush()
    made = Decision(
        **key, consent_id=consent.id, status=status, consent_date=at, recorded_at=at, effective_at=at,
        source=Source.WEB, origin=DecisionOrigin.IMPORT, salt=b"\0" * 16, batch_id=batch.id, line=line,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    if outcome:
        db.session.add(make_submission(batch, made, at, outcome, code))
    db.session.commit()
    return made


def make_submission(
    batch: ImportBatch, decision: Decision, at: datetime, outcome: Outcome, code: str | None
) -> Submission:
    later = at + timedelta(days=3)
    return Submission(
        provider_id=batch.provider_id, consent_id=decision.consent_id, decision_id=decision.id, lane=Lane.BULK,
        status=decision.status, consent_date=decision.consent_date, endpoint="/", payload=b"", outcome=outcome,
        code=code, batch_id=batch.id, safe_deadline=later, lenient_deadline=later, created_at=at,
    )  # fmt: skip


def brand_id(app) -> int:
    with app.app_context():
        return make.brand().id
