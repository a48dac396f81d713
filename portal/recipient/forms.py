"""The signed token of a served form: which link and text it showed, in which language, when. It needs no cookie."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from portal.consents import ServedForm

LIFE = timedelta(hours=24)  # A page left open overnight still decides; an older one asks again.
SALT = "served-form"


def sign(link_id: int, text_id: int, language: str, at: datetime) -> str:
    """A token for one serving of the page; two servings never have the same."""
    return _signer().dumps([link_id, text_id, language, int(at.timestamp() * 1000), secrets.randbits(32)])


def read(token: str, link_id: int, at: datetime) -> ServedForm | None:
    """What a posted token says, or None where it is damaged, too old, or of another link."""
    try:
        signed_link, text_id, language, served_ms, _ = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    served_at = datetime.fromtimestamp(served_ms / 1000, UTC)
    if signed_link != link_id or not timedelta(0) <= at - served_at <= LIFE:
        return None
    return ServedForm(text_id, language, served_at, hashlib.sha256(token.encode()).digest())


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=SALT)
