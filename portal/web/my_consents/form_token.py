"""Signed token of the forms before the code: another site's page cannot make its visitors request codes."""

from datetime import datetime, timedelta

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from portal.core import clock
from portal.web.shared import cross_site

LIFE = timedelta(hours=24)  # A page left open overnight still works.
SALT = "asking-form"


def token() -> str:
    return _signer().dumps(int(clock.now().timestamp()))


def is_valid() -> bool:
    """Whether the posted form stood on a page of ours, served within LIFE."""
    return not cross_site.is_cross_site_post() and _age(request.form.get("form", ""), clock.now()) <= LIFE


def _age(token: str, at: datetime) -> timedelta:
    try:
        return timedelta(seconds=abs(at.timestamp() - _signer().loads(token)))
    except (BadSignature, TypeError):
        return timedelta.max


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=SALT)
