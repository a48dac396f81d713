"""The signed token of a form before the code: another site's page cannot make its visitors ask for codes."""

from datetime import datetime, timedelta

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from portal.core import clock
from portal.web.shared import cross_site

LIFE = timedelta(hours=24)  # A page left open overnight still asks.
SALT = "asking-form"


def token() -> str:
    """For a form served now."""
    return _signer().dumps(int(clock.now().timestamp()))


def is_ours() -> bool:
    """Whether what is posted stood on a page of ours, served within LIFE."""
    return not cross_site.have_posted() and _age(request.form.get("form", ""), clock.now()) <= LIFE


def _age(token: str, at: datetime) -> timedelta:
    try:
        return timedelta(seconds=abs(at.timestamp() - _signer().loads(token)))
    except (BadSignature, TypeError):
        return timedelta.max


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=SALT)
