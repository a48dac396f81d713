"""Signed token of a served form: which link and text it showed, in which language, when. No cookie needed."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from portal.domain.consents import ServedForm

LIFE = timedelta(hours=24)  # A page left open overnight still decides; an older one asks again.
SALT = "served-form"


@dataclass(frozen=True)
class Posted:
    """The token of a posted form; empty where it is damaged, too old, or of another link."""

    form: ServedForm | None = None
    asked: bool = False  # The form offered grants.


def sign(link_id: int, text_id: int | None, language: str, at: datetime, *, asks: bool = True) -> str:
    """A token for one serving of the page, unique."""
    served_ms = int(at.timestamp() * 1000)
    return _signer().dumps([link_id, text_id, language, served_ms, secrets.randbits(32), int(asks)])


def read(token: str, link_id: int, at: datetime) -> Posted:
    try:
        signed_link, text_id, language, served_ms, _, asked = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return Posted()
    served_at = datetime.fromtimestamp(served_ms / 1000, UTC)
    if signed_link != link_id or not timedelta(0) <= at - served_at <= LIFE:
        return Posted()
    return Posted(ServedForm(text_id, language, served_at, hashlib.sha256(token.encode()).digest()), bool(asked))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=SALT)
