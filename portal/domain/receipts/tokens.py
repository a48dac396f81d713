"""Sign and verify receipts as compact JWS (RFC 7515) with Ed25519; anybody can verify them with the published keys.

Only what we ourselves write is accepted: one algorithm, one type, our key by its name, to the last letter.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSAlgModel, JWSRegistry
from sqlalchemy.orm import Session

from portal.domain.receipts import signing_keys
from portal.domain.receipts.claims import serialize_claims
from portal.domain.receipts.signing_keys import ALGORITHM, PublishedKey

TYPE = "consent-receipt+jwt"
LONGEST = 200_000  # Characters. Who refuses a hundred brands at once has a receipt of so many.
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # Of a key (RFC 7638). Other text a database may not even take.
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class TokenProblem(StrEnum):
    """Why a text is no receipt of ours."""

    TOO_LONG = "too_long"
    NO_TOKEN = "no_token"  # Not of the shape, or made by other means than ours.
    OTHER_KEY = "other_key"
    CHANGED = "changed"


class NotGenuine(ValueError):
    """A text that is no receipt of ours; `wrong` says why."""

    def __init__(self, wrong: TokenProblem):
        super().__init__(wrong.value)
        self.wrong = wrong


@dataclass(frozen=True)
class VerifiedReceipt:
    """A receipt that we signed, word for word, and by which of our keys."""

    claims: dict[str, Any]
    key: PublishedKey


class _OneAlgorithm(JWSRegistry):
    """EdDSA, which every JOSE library knows; its newer name (RFC 9864) is still unknown to many. No other is taken."""

    def get_alg(self, name: str) -> JWSAlgModel:
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[ALGORITHM]


REGISTRY = _OneAlgorithm()
REGISTRY.max_payload_length = LONGEST


def sign_claims(claims: Mapping[str, Any], key: OKPKey) -> str:
    """The token of these claims. The same claims and key give the same token."""
    return jws.serialize_compact(_header(key.thumbprint()), serialize_claims(claims), key, registry=REGISTRY)


def verify_token(session: Session, text: str) -> VerifiedReceipt:
    """What a token says, if it is ours to the last letter. White space is ignored: it comes with copying. Raises
    NotGenuine."""
    if len(text) > 2 * LONGEST:
        raise NotGenuine(TokenProblem.TOO_LONG)
    token = "".join(text.split())
    if len(token) > LONGEST:
        raise NotGenuine(TokenProblem.TOO_LONG)
    if not SHAPE.fullmatch(token):
        raise NotGenuine(TokenProblem.NO_TOKEN)
    key = signing_keys.find_published_key(session, _key_name(token))
    if key is None:
        raise NotGenuine(TokenProblem.OTHER_KEY)
    return VerifiedReceipt(_claims(token, OKPKey.import_key(dict(key.jwk))), key)


def _header(name: str) -> dict[str, str]:
    return {"alg": ALGORITHM, "kid": name, "typ": TYPE}


def _key_name(token: str) -> str:
    """The header's `kid`, once the header is one that we write."""
    try:
        header = jws.extract_compact(token.encode(), registry=REGISTRY).headers()
    except (JoseError, ValueError):
        raise NotGenuine(TokenProblem.NO_TOKEN) from None
    named = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(named, str) or not THUMBPRINT.fullmatch(named) or header != _header(named):
        raise NotGenuine(TokenProblem.NO_TOKEN)
    return named


def _claims(token: str, key: OKPKey) -> dict[str, Any]:
    try:
        read = jws.deserialize_compact(token, key, registry=REGISTRY)
    except (JoseError, ValueError):
        raise NotGenuine(TokenProblem.CHANGED) from None
    claims: dict[str, Any] = json.loads(read.payload)
    return claims
