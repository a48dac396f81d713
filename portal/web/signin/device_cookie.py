"""The browser's lasting cookie: by it a person is not told of a new device twice, and strangers cannot shut them out.

It opens nothing. Only its digest is kept, beside each session that began with it.
"""

import hashlib
import re
import secrets

from flask import Response, after_this_request, current_app, request

LIFETIME = 365 * 24 * 60 * 60  # Seconds.
VALUE = re.compile(r"[\w-]{43}", re.ASCII)


def digest() -> bytes | None:
    """Of this browser's cookie, if it has one."""
    value = request.cookies.get(_name(), "")
    return hashlib.sha256(value.encode()).digest() if VALUE.fullmatch(value) else None


def keep() -> bytes:
    """Give the browser its cookie, or a year more of the one it has; the digest."""
    value = request.cookies.get(_name(), "")
    if not VALUE.fullmatch(value):
        value = secrets.token_urlsafe(32)
    after_this_request(lambda response: _with_cookie(response, value))
    return hashlib.sha256(value.encode()).digest()


def _with_cookie(response: Response, value: str) -> Response:
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(_name(), value, max_age=LIFETIME, secure=secure, httponly=True, samesite="Lax", path="/")
    return response


def _name() -> str:
    """The session cookie's with a word more: in production bound to this host by its __Host- as well."""
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"
