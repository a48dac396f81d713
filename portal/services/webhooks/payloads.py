"""Bodies of webhooks, made of events: small, with masked addresses unless an endpoint asks for them in full."""

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import HIDDEN, mask
from portal.core.iys_protocol import format_wire_date
from portal.core.models import (
    ApiRequest,
    Brand,
    Complaint,
    Consent,
    Decision,
    DecisionOrigin,
    Event,
    EventType,
    Recipient,
    WebhookDelivery,
)
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import recipients, references
from portal.domain.consents.current_states import OF_DECISIONS
from portal.domain.events import feed

WITH_ID = (EventType.COMPLAINT_OPENED, EventType.CERTIFICATE_ISSUED)  # Others are about the provider as a whole.
DECISIONS = (  # Built once: each batch needs it.
    select(Decision, Recipient, Consent, Brand)
    .join(Recipient, Recipient.id == Decision.recipient_id)
    .join(Consent, Consent.id == Decision.consent_id)
    .join(Brand, Brand.id == Decision.brand_id)
    .where(Decision.id.in_(bindparam("ids", expanding=True)))
)
MOST_KEPT = 60  # Requests whose correlations are kept, two for each thread: one of 10,000 rows fills 200 batches.

_kept: dict[int, list[str | None]] = {}  # Of this process, by request; answers never change.


def event_bodies(session: Session, vault: Vault, events: Sequence[Event], *, in_full: bool) -> dict[int, bytes]:
    """The body of each event of one provider, by the event's id; the same each time but for `consent`, `reference` and
    its brand, which are as they are now. One whose decision is gone has none."""
    brands = _brands(session, {each.brand_id for each in events if each.brand_id and each.type not in OF_DECISIONS})
    of_decisions = [each.subject_id for each in events if each.type in OF_DECISIONS]
    decisions = _decisions(session, vault, of_decisions, in_full=in_full)
    complaints = [each.subject_id for each in events if each.type == EventType.COMPLAINT_OPENED]
    people = _people_of_complaints(session, vault, complaints, in_full=in_full)
    bodies = {}
    for event in events:
        if event.type in OF_DECISIONS:
            subject = decisions.get(event.subject_id)
        else:
            named = {"id": str(event.subject_id)} if event.type in WITH_ID else {}
            subject = named | people.get(event.subject_id, {})
        if subject is not None:
            brand = brands.get(event.brand_id or 0, {})
            facts = {"sequence": event.sequence, **brand, **subject, **(event.facts or {})}
            bodies[event.id] = body(event.type, event.at, facts)
    return bodies


def message_body(delivery: WebhookDelivery) -> bytes:
    """The body of a test or a heartbeat."""
    return body(delivery.type, delivery.created_at, delivery.facts or {})


def body(type_: str, at: datetime, facts: Mapping[str, Any]) -> bytes:
    """A body as Standard Webhooks lays it out: the type, when it happened, and the facts."""
    happened = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document = {"type": type_, "timestamp": happened, "data": facts}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _brands(session: Session, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    return {each.id: _brand(each) for each in session.scalars(select(Brand).where(Brand.id.in_(ids)))} if ids else {}


def _brand(brand: Brand) -> dict[str, Any]:
    return {"brandCode": brand.brand_code, "isTest": brand.is_sandbox}


def _decisions(session: Session, vault: Vault, ids: Sequence[int], *, in_full: bool) -> dict[int, dict[str, Any]]:
    if not ids:
        return {}
    as_of = feed.find_last_sequence(session)  # Before the consents: who keeps the highest one has the newest state.
    rows = session.execute(DECISIONS, {"ids": ids}).all()
    correlations = _correlations(session, vault, [row[0] for row in rows])
    return {row[0].id: _decision(row, vault, correlations, in_full) | _consent(row[2], as_of) for row in rows}


def _consent(consent: Consent, as_of: int) -> dict[str, Any]:
    """What stands now, whatever the event's decision said: an older one, a late one or one taken back changes nothing.
    The id is one for an address, brand, channel and type, also where addresses are masked."""
    date = consent.consent_date if consent.status else None
    stands = {"id": str(consent.id), "status": consent.status, "consentDate": format_wire_date(date) if date else None}
    return {"consent": stands | {"iysStatus": consent.iys_status, "asOf": as_of}}


def _decision(
    row: Row[Decision, Recipient, Consent, Brand],
    vault: Vault,
    correlations: Mapping[int, list[str | None]],
    in_full: bool,
) -> dict[str, Any]:
    decision, recipient, _, brand = row
    of_request = correlations.get(decision.batch_id or 0)
    reference = recipient.reference if decision.was_made_since(recipient.held_since) else None  # Else of somebody else.
    return _brand(brand) | {
        "decisionId": str(decision.id),
        "recipient": _address(vault, recipient, in_full),
        "reference": references.open_reference(vault, brand.provider_id, brand.id, recipient.id, reference),
        "type": decision.channel,
        "recipientType": decision.recipient_type,
        "status": decision.status,
        "consentDate": format_wire_date(decision.consent_date) if decision.consent_date else None,
        "recordedAt": decision.recorded_at.astimezone(clock.ISTANBUL).isoformat(timespec="seconds"),
        "source": decision.source,
        "origin": decision.origin,
        "retailerCode": decision.retailer_code,
        "retailerAccess": decision.retailer_access,
        "requestId": str(decision.batch_id) if of_request else None,
        "correlationId": of_request[decision.line or 0] if of_request else None,
    }


def _correlations(session: Session, vault: Vault, decisions: Sequence[Decision]) -> dict[int, list[str | None]]:
    """What the provider's programs called the rows of their requests."""
    ids = {each.batch_id for each in decisions if each.batch_id and each.origin == DecisionOrigin.API}
    found = {each: kept for each in ids if (kept := _kept.get(each)) is not None}
    answers = select(ApiRequest.id, ApiRequest.provider_id, ApiRequest.answer)  # Not the body, of up to 8 MB.
    for row in session.execute(answers.where(ApiRequest.id.in_(ids - found.keys()))) if ids - found.keys() else ():
        with suppress(CannotOpen):
            answer = vault.open(row.answer, ApiRequest.ANSWER, row.provider_id, row.id)
            found[row.id] = [each["correlationId"] for each in json.loads(zlib.decompress(answer))["results"]]
    if len(_kept) > MOST_KEPT:
        _kept.clear()
    _kept.update(found)
    return found


def _people_of_complaints(
    session: Session, vault: Vault, ids: Sequence[int], *, in_full: bool
) -> dict[int, dict[str, Any]]:  # fmt: skip
    if not ids:
        return {}
    rows = session.execute(
        select(Complaint.id, Complaint.channel, Recipient)
        .join(Recipient, Recipient.id == Complaint.recipient_id)
        .where(Complaint.id.in_(ids))
    )
    return {row[0]: {"recipient": _address(vault, row[2], in_full), "type": row[1]} for row in rows}


def _address(vault: Vault, recipient: Recipient, in_full: bool) -> str:
    try:
        text = recipients.address_of(vault, recipient)
    except CannotOpen:  # It must not hold up all others.
        return HIDDEN
    return text if in_full else mask(text)
