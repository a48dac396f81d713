"""Secrets and signatures of webhooks, as Standard Webhooks writes them (github.com/standard-webhooks, spec of 2026)."""

import base64
import hmac
import os
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.core.models import WebhookAlgorithm

SECRET, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"
PREFIXES = {WebhookAlgorithm.HMAC: SECRET, WebhookAlgorithm.ED25519: PRIVATE}
BYTES = 32  # Of a secret, and of a private key.


def draw_secret(algorithm: WebhookAlgorithm) -> str:
    """A new secret, or a new private key."""
    return PREFIXES[algorithm] + _encode(os.urandom(BYTES))


def public_part(secret: str) -> str | None:
    """The public key of a private one; None of a secret, which has none."""
    if not secret.startswith(PRIVATE):
        return None
    return PUBLIC + _encode(_private_key(secret).public_key().public_bytes_raw())


def headers(secrets: list[str], message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """The three headers of one attempt, signed with each of the secrets."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_sign(secret, signed) for secret in secrets),
    }


def _sign(secret: str, signed: bytes) -> str:
    if secret.startswith(PRIVATE):
        return f"v1a,{_encode(_private_key(secret).sign(signed))}"
    key = base64.b64decode(secret.removeprefix(SECRET))
    return f"v1,{_encode(hmac.digest(key, signed, 'sha256'))}"


def _private_key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret.removeprefix(PRIVATE)))


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
