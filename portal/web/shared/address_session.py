"""The cookie of whoever has proved an address: it opens that address's own overview for a quarter of an hour."""

from flask import Response, current_app, g, request

from portal.core import clock
from portal.core.extensions import reading
from portal.core.models import AddressProof
from portal.domain import address_proofs

COOKIE, BOUND_TO_THIS_HOST = "izinlerim", "__Host-"


def proof() -> AddressProof | None:
    """What this request's cookie proves, read once; None where it opens nothing (any more)."""
    if "proof" not in g:
        g.proof = address_proofs.whose(reading(), token(), clock.now()) if token() else None
    return g.proof


def token() -> str:
    """This request's cookie, or nothing."""
    return request.cookies.get(_name(), "")


def form_token() -> str:
    """What the forms of this overview carry."""
    return address_proofs.form_token(current_app.config["SECRET_KEY"], token())


def is_own_form() -> bool:
    """Whether what is posted comes from a form of this overview."""
    return address_proofs.is_of_form(current_app.config["SECRET_KEY"], token(), request.form.get("form", ""))


def let_in(response: Response, token: str) -> Response:
    """Give the cookie, once the code was right. It is sent along from our own pages only."""
    life = int(address_proofs.OPEN_FOR.total_seconds())
    response.set_cookie(_name(), token, max_age=life, secure=_is_secure(), httponly=True, samesite="Strict", path="/")
    return response


def let_out(response: Response) -> Response:
    """Take the cookie back."""
    response.delete_cookie(_name(), secure=_is_secure(), httponly=True, samesite="Strict", path="/")
    return response


def _name() -> str:
    return f"{BOUND_TO_THIS_HOST}{COOKIE}" if _is_secure() else COOKIE


def _is_secure() -> bool:
    """Not in development, where pages come without TLS; as the session cookie's."""
    return current_app.config["SESSION_COOKIE_SECURE"]
