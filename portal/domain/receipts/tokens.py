"""Build the claims of a receipt (ISO/IEC TS 27560); sign and verify them, and those of check certificates, as compact
JWS (RFC 7515) with Ed25519.

The claims are facts for programs: the masked address only, no name, and not the receipt's own URL, which gives access.
The same receipt in the same state has the same claims: its time is the moment at which that state began. Anybody can
verify a token with the published keys. Only what we ourselves write is accepted: one algorithm, two types, our key
by its name, to the last letter.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSAlgModel, JWSRegistry
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.models import ConsentText, Outcome
from portal.domain.providers.sandbox_mode import Destination
from portal.domain.receipts import signing_keys
from portal.domain.receipts.contents import BrandDecisions, DecisionLine, ReceiptContents
from portal.domain.receipts.lookup import format_number
from portal.domain.receipts.signing_keys import ALGORITHM, PublishedKey

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
        "event_time": format_time(act.decided_at),
        "state_time": format_time(act.as_of),
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
        "registry": REGISTRIES[part.destination],
        "decisions": [_decision(line, part) for line in part.lines],
    }


def _withdrawals(part: BrandDecisions, act: ReceiptContents) -> list[str]:
    """Where the person can take a consent back, free of charge."""
    here = ["link"] if act.link_id is not None else ["provider"]
    return here + (["iys", "e-devlet"] if part.destination == Destination.IYS else [])


def _text(text: ConsentText, language: str) -> dict[str, Any]:
    return {"version": text.version, "language": language, "digest_algorithm": "sha-256", "digest": text.digest.hex()}


def _decision(line: DecisionLine, part: BrandDecisions) -> dict[str, Any]:
    return {
        "channel": line.channel.value,
        "recipient_type": line.recipient_type.value,
        "status": line.status.value,
        "consent_date": format_time(line.decided_at),
        "annulled_at": format_time(line.annulled_at),
        "registry_state": STATES[line.outcome] if line.outcome else "untold",
        "transaction_id": line.transaction_id,
        "registered_at": format_time(line.accepted_at),
        "verified_at": format_time(line.verified_at),
    }


def format_time(at: datetime | None) -> str | None:
    """To the second, in Turkey time, as İYS counts."""
    return clock.istanbul(at).isoformat(timespec="seconds") if at else None


TYPE = "consent-receipt+jwt"
CHECK_TYPE = "address-check+jwt"
LONGEST = 200_000  # Characters. Who refuses a hundred brands at once has a receipt of so many.
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # Of a key (RFC 7638). Other text a database may not even take.
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class TokenProblem(StrEnum):
    """Why a text is no token of ours."""

    TOO_LONG = "too_long"
    NO_TOKEN = "no_token"  # Not of the shape, or made by other means than ours.
    OTHER_KEY = "other_key"
    CHANGED = "changed"


class NotGenuine(ValueError):
    """A text that is no token of ours; `wrong` says why."""

    def __init__(self, wrong: TokenProblem):
        super().__init__(wrong.value)
        self.wrong = wrong


@dataclass(frozen=True)
class VerifiedToken:
    """What we signed, word for word, its type, and by which of our keys."""

    claims: dict[str, Any]
    type: str
    key: PublishedKey


class _OneAlgorithm(JWSRegistry):
    """EdDSA, which every JOSE library knows; its newer name (RFC 9864) is still unknown to many. No other is taken."""

    def get_alg(self, name: str) -> JWSAlgModel:
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[ALGORITHM]


REGISTRY = _OneAlgorithm()
REGISTRY.max_payload_length = LONGEST


def sign_claims(claims: Mapping[str, Any], key: OKPKey, type_: str = TYPE) -> str:
    """The token of these claims. The same claims and key give the same token."""
    return jws.serialize_compact(_header(key.thumbprint(), type_), serialize_claims(claims), key, registry=REGISTRY)


def verify_token(session: Session, text: str) -> VerifiedToken:
    """What a token says, if it is ours to the last letter. White space is ignored: it comes with copying. Raises
    NotGenuine."""
    if len(text) > 2 * LONGEST:
        raise NotGenuine(TokenProblem.TOO_LONG)
    token = "".join(text.split())
    if len(token) > LONGEST:
        raise NotGenuine(TokenProblem.TOO_LONG)
    if not SHAPE.fullmatch(token):
        raise NotGenuine(TokenProblem.NO_TOKEN)
    name, type_ = _read_header(token)
    key = signing_keys.find_published_key(session, name)
    if key is None:
        raise NotGenuine(TokenProblem.OTHER_KEY)
    return VerifiedToken(_claims(token, OKPKey.import_key(dict(key.jwk))), type_, key)


def _header(name: str, type_: str) -> dict[str, str]:
    return {"alg": ALGORITHM, "kid": name, "typ": type_}


def _read_header(token: str) -> tuple[str, str]:
    """The header's `kid` and `typ`, once the header is one that we write."""
    try:
        header = jws.extract_compact(token.encode(), registry=REGISTRY).headers()
    except (JoseError, ValueError):
        raise NotGenuine(TokenProblem.NO_TOKEN) from None
    named, type_ = (header.get(each) for each in ("kid", "typ")) if isinstance(header, dict) else (None, None)
    if not isinstance(named, str) or not THUMBPRINT.fullmatch(named) or type_ not in (TYPE, CHECK_TYPE):
        raise NotGenuine(TokenProblem.NO_TOKEN)
    if header != _header(named, type_):
        raise NotGenuine(TokenProblem.NO_TOKEN)
    return named, type_


def _claims(token: str, key: OKPKey) -> dict[str, Any]:
    try:
        read = jws.deserialize_compact(token, key, registry=REGISTRY)
    except (JoseError, ValueError):
        raise NotGenuine(TokenProblem.CHANGED) from None
    claims: dict[str, Any] = json.loads(read.payload)
    return claims
