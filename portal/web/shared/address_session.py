"""Session cookie for a verified address: it opens that address's own overview for 15 minutes."""

from flask import Response, current_app, g, request

from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.models import AddressProof, Recipient
from portal.domain import address_proofs
from portal.domain.consents import recipients

COOKIE, BOUND_TO_THIS_HOST = "izinlerim", "__Host-"


def proof() -> AddressProof | None:
    """The proof that this request's cookie stands for, read once; None where the cookie is missing or over."""
    if "proof" not in g:
        g.proof = address_proofs.find_session(read_session(), token(), clock.now()) if token() else None
    return g.proof


def proves(recipient: Recipient) -> bool:
    """Whether this request comes from who has proved the recipient's address. Raises CannotOpen."""
    proved = proof()
    return proved is not None and address_proofs.read_address(vault(), proved).text == recipients.address_of(
        vault(), recipient
    )


def token() -> str:
    """Value of this request's cookie, or an empty string."""
    return request.cookies.get(_name(), "")


def form_token() -> str:
    """CSRF token of the overview's forms, bound to the cookie."""
    return address_proofs.form_token(current_app.config["SECRET_KEY"], token())


def is_own_form() -> bool:
    return address_proofs.is_form_token_valid(current_app.config["SECRET_KEY"], token(), request.form.get("form", ""))


def set_cookie(response: Response, token: str) -> Response:
    """Set the cookie, once the code was right; SameSite=Strict."""
    life = int(address_proofs.SESSION_LIFETIME.total_seconds())
    response.set_cookie(_name(), token, max_age=life, secure=_is_secure(), httponly=True, samesite="Strict", path="/")
    return response


def delete_cookie(response: Response) -> Response:
    response.delete_cookie(_name(), secure=_is_secure(), httponly=True, samesite="Strict", path="/")
    return response


def _name() -> str:
    return f"{BOUND_TO_THIS_HOST}{COOKIE}" if _is_secure() else COOKIE


def _is_secure() -> bool:
    """As the session cookie: not in development, where pages come without TLS."""
    return current_app.config["SESSION_COOKIE_SECURE"]
