"""Signed tokens of forms without a cookie.

Such a token can be fetched by anybody and put into another site's page. But the browser says where a form stood, and no
page can change that header (Fetch Metadata).
"""

import hmac
import re
from functools import lru_cache

from flask import current_app, request
from itsdangerous import Signer, URLSafeSerializer
from itsdangerous.signer import SigningAlgorithm

from portal.core import clock

OUR_PAGES = ("same-origin", "none")
ASKING = "asking-form"
PORT = re.compile(r":\d+\Z")  # Not every proxy passes it on.


def signer(salt: str) -> URLSafeSerializer:
    """Signs and reads the tokens of one kind of form, which its salt names."""
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=salt)


def asking_token() -> str:
    """Token of a form that asks for a code: another site's page cannot make its visitors request codes."""
    return signer(ASKING).dumps(int(clock.now().timestamp()))


def text_signer(salt: str) -> Signer:
    """The same for a short text without structure, which takes a quarter of the time."""
    return _text_signer(current_app.config["SECRET_KEY"], salt)


@lru_cache(maxsize=64)
def _text_signer(secret_key: str, salt: str) -> Signer:
    derived = Signer(secret_key, salt=salt).derive_key()  # Once, and not for each text.
    return Signer(derived, key_derivation="none", algorithm=OpenSSLHMAC())


class OpenSSLHMAC(SigningAlgorithm):
    """The same signature as itsdangerous' own algorithm by one call."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha1")


def is_cross_site_post() -> bool:
    """Whether the form stood on another site's page. Browsers without Fetch Metadata name its origin, if not "null":
    our own pages, too, tell no referrer."""
    said = request.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said not in OUR_PAGES
    origin = request.headers.get("Origin", "null")
    return origin != "null" and _without_port(origin.rpartition("//")[2]) != _without_port(request.host)


def _without_port(host: str) -> str:
    return PORT.sub("", host.lower())
