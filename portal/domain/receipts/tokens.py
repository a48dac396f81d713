"""The signed receipt: a compact JWS (RFC 7515) with Ed25519, which anybody verifies with the published keys.

Only what we ourselves write is taken for ours: one algorithm, one type, our key by its name, to the last letter.
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSAlgModel, JWSRegistry
from sqlalchemy.orm import Session

from portal.domain.receipts import signing_keys
from portal.domain.receipts.claims import spelled_out
from portal.domain.receipts.signing_keys import ALGORITHM, Published

TYPE = "consent-receipt+jwt"
LONGEST = 200_000  # Characters. Who refuses a hundred brands at once has a receipt of so many.
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # Of a key (RFC 7638). Other text a database may not even take.
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Wrong(StrEnum):
    """Why a text is no receipt of ours."""

    TOO_LONG = "too_long"
    NO_TOKEN = "no_token"  # Not of the shape, or made by other means than ours.
    OTHER_KEY = "other_key"
    CHANGED = "changed"


class NotGenuine(ValueError):
    """A text that is no receipt of ours; `wrong` says why."""

    def __init__(self, wrong: Wrong):
        super().__init__(wrong.value)
        self.wrong = wrong


@dataclass(frozen=True)
class Genuine:
    """A receipt that we signed, word for word, and by which of our keys."""

    claims: dict
    key: Published


class _OneAlgorithm(JWSRegistry):
    """EdDSA, which every JOSE library knows; its newer name (RFC 9864) is still unknown to many. No other is taken."""

    def get_alg(self, name: str) -> JWSAlgModel:
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[ALGORITHM]


REGISTRY = _OneAlgorithm()
REGISTRY.max_payload_length = LONGEST


def sign(claims: dict, key: OKPKey) -> str:
    """The token of these claims. The same claims and key give the same letters."""
    return jws.serialize_compact(_header(key.thumbprint()), spelled_out(claims), key, registry=REGISTRY)


def verify(session: Session, text: str) -> Genuine:
    """What a token says, if it is ours to the last letter. White space is passed by: it comes with copying. Raises
    NotGenuine."""
    if len(text) > 2 * LONGEST:
        raise NotGenuine(Wrong.TOO_LONG)
    token = "".join(text.split())
    if len(token) > LONGEST:
        raise NotGenuine(Wrong.TOO_LONG)
    if not SHAPE.fullmatch(token):
        raise NotGenuine(Wrong.NO_TOKEN)
    key = signing_keys.find_published(session, _key_named_in(token))
    if key is None:
        raise NotGenuine(Wrong.OTHER_KEY)
    return Genuine(_claims(token, OKPKey.import_key(key.jwk)), key)


def _header(name: str) -> dict:
    return {"alg": ALGORITHM, "kid": name, "typ": TYPE}


def _key_named_in(token: str) -> str:
    """The header's `kid`, once the header is one that we write."""
    try:
        header = jws.extract_compact(token.encode(), registry=REGISTRY).headers()
    except (JoseError, ValueError):
        raise NotGenuine(Wrong.NO_TOKEN) from None
    named = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(named, str) or not THUMBPRINT.fullmatch(named) or header != _header(named):
        raise NotGenuine(Wrong.NO_TOKEN)
    return named


def _claims(token: str, key: OKPKey) -> dict:
    try:
        read = jws.deserialize_compact(token, key, registry=REGISTRY)
    except (JoseError, ValueError):
        raise NotGenuine(Wrong.CHANGED) from None
    return json.loads(read.payload)
