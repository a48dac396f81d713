"""Build the claims of a signed receipt, in the terms of ISO/IEC TS 27560: facts for programs, no sentences.

They hold the masked address only, no name, and not the receipt's own URL, which gives access to it. The same receipt in
the same state has the same claims: its time is the moment at which that state began.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.core import clock
from portal.core.models import ConsentText, Outcome
from portal.domain.providers.sandbox_mode import Destination
from portal.domain.receipts.contents import BrandDecisions, DecisionLine, ReceiptContents
from portal.domain.receipts.numbers import format_number

SCHEMA = "ISO/IEC TS 27560:2023"
PROFILE = "izinlink-receipt-1"
JURISDICTION = "TR"
PURPOSE = "commercial-electronic-messages"  # Ticari elektronik ileti, Law 6563.

# For outsiders: sent or blocked, it is on its way.
STATES = {outcome: outcome.value for outcome in Outcome} | dict.fromkeys(
    (Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED), "waiting"
)
REGISTRIES = {Destination.IYS: "iys", Destination.SANDBOX: "sandbox", Destination.NOBODY: "none"}
NUMBERS = {16: "mersis", 11: "tckn", 10: "vkn"}  # By their length.


def build_claims(act: ReceiptContents, issuer: str) -> dict[str, Any]:
    """The claims of a receipt; `issuer` is the main URL of the portal that signs."""
    return {
        "iss": issuer,
        "iat": int(act.as_of.timestamp()),
        "jti": format_number(act.number),
        "schema_version": SCHEMA,
        "profile": PROFILE,
        "receipt_id": format_number(act.number),
        "jurisdiction": JURISDICTION,
        "language": act.language,
        "event_time": _time(act.decided_at),
        "state_time": _time(act.as_of),
        "collection_method": act.origin.value,
        "pii_principal_id": act.address,
        "pii_controllers": [_controller(number, part) for number, part in enumerate(act.parts, 1)],
        "purposes": [_purpose(number, part, act) for number, part in enumerate(act.parts, 1)],
    }


def serialize_claims(claims: Mapping[str, Any]) -> bytes:
    """The claims as the bytes that are signed: compact JSON, keys sorted, UTF-8."""
    return json.dumps(claims, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _controller(number: int, part: BrandDecisions) -> dict[str, Any]:
    sender = part.sender
    return {
        "party_id": str(number),
        "party_role": "pii_controller",
        "party_name": sender.title,
        "party_number": sender.number,
        "party_number_kind": NUMBERS.get(len(sender.number), "other"),
        "party_contact": sender.contact,
        "brand": part.brand_name,
        "privacy_notice": sender.notice_url,
    }


def _purpose(number: int, part: BrandDecisions, act: ReceiptContents) -> dict[str, Any]:
    return {
        "purpose": PURPOSE,
        "pii_controller": str(number),
        "lawful_basis": "consent",
        "withdrawal_method": _withdrawals(part, act),
        "consent_text": _text(part.text, act.language) if part.text else None,
        "registry": REGISTRIES[part.hearer],
        "decisions": [_decision(line, part) for line in part.lines],
    }


def _withdrawals(part: BrandDecisions, act: ReceiptContents) -> list[str]:
    """Where the person can take a consent back, free of charge."""
    here = ["link"] if act.link_id is not None else ["provider"]
    return here + (["iys", "e-devlet"] if part.hearer == Destination.IYS else [])


def _text(text: ConsentText, language: str) -> dict[str, Any]:
    return {"version": text.version, "language": language, "digest_algorithm": "sha-256", "digest": text.digest.hex()}


def _decision(line: DecisionLine, part: BrandDecisions) -> dict[str, Any]:
    return {
        "channel": line.channel.value,
        "recipient_type": line.recipient_type.value,
        "status": line.status.value,
        "consent_date": _time(line.decided_at),
        "annulled_at": _time(line.annulled_at),
        "registry_state": STATES[line.outcome] if line.outcome else "untold",
        "transaction_id": line.transaction_id,
        "registered_at": _time(line.accepted_at),
        "verified_at": _time(line.verified_at),
    }


def _time(at: datetime | None) -> str | None:
    """To the second, in Turkey time, as İYS counts."""
    return clock.istanbul(at).isoformat(timespec="seconds") if at else None
