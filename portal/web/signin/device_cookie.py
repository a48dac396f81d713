"""A long-lived cookie that recognises a browser: no second mail about a new device, and throttling of its own.

It grants no access. Only its digest is stored, with each session that began in the browser.
"""

import hashlib
import re
import secrets

from flask import Response, after_this_request, current_app, request

LIFETIME = 365 * 24 * 60 * 60  # Seconds.
VALUE = re.compile(r"[\w-]{43}", re.ASCII)


def read_digest() -> bytes | None:
    """The digest of this browser's cookie, if it has one."""
    value = request.cookies.get(_cookie_name(), "")
    return hashlib.sha256(value.encode()).digest() if VALUE.fullmatch(value) else None


def renew_cookie() -> bytes:
    """Set the browser's cookie, or extend the one it has by a year; returns its digest."""
    value = request.cookies.get(_cookie_name(), "")
    if not VALUE.fullmatch(value):
        value = secrets.token_urlsafe(32)
    after_this_request(lambda response: _set_cookie(response, value))
    return hashlib.sha256(value.encode()).digest()


def _set_cookie(response: Response, value: str) -> Response:
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(_cookie_name(), value, max_age=LIFETIME, secure=secure, httponly=True, samesite="Lax", path="/")
    return response


def _cookie_name() -> str:
    """Derived from the session cookie's name, so that production has the __Host- prefix too."""
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"
