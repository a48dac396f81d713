"""Session cookie for a verified address: it opens that address's own overview for 15 minutes, and stays for
an hour more for refusals that are posted late."""

from datetime import timedelta

from flask import Response, current_app, g, make_response, redirect, render_template, request, url_for

from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.models import AddressProof, Recipient
from portal.domain import address_proofs
from portal.domain.consents import recipients

COOKIE, BOUND_TO_THIS_HOST = "izinlerim", "__Host-"


def proof(*, is_late_taken: bool = False) -> AddressProof | None:
    """The proof that this request's cookie stands for, read once; None where the cookie is missing or over, if nothing
    late is taken."""
    if "proof" not in g:
        grace = address_proofs.REFUSALS_TAKEN_FOR if is_late_taken else timedelta(0)
        g.proof = address_proofs.find_session(read_session(), token(), clock.now(), grace=grace) if token() else None
    return g.proof


def is_over() -> bool:
    """Whether this request's session has ended, or another one has its cookie's place: it shows nothing any more."""
    found = proof()
    return "form_proof" in g or found is None or found.open_until is None or found.open_until <= clock.now()


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
    """CSRF token of the overview's forms, bound to the session."""
    own = proof()
    assert own  # The access rule lets nobody else in.
    return address_proofs.form_token(current_app.config["SECRET_KEY"], own)


def form_session() -> AddressProof | None:
    """The proof of the session of the form that was posted; None where its token is none of ours."""
    secret, given = current_app.config["SECRET_KEY"], request.form.get("form", "")
    return address_proofs.find_form_session(read_session(), secret, given)


def take_form_session(form_proof: AddressProof) -> bool:
    """Answer this request for the session of its form, which showed a page in this browser before the cookie was
    another session's; False where nothing of it is taken any more."""
    if not address_proofs.was_open(form_proof, clock.now(), address_proofs.REFUSALS_TAKEN_FOR):
        return False
    g.proof = g.form_proof = form_proof
    return True


def set_cookie(response: Response, token: str) -> Response:
    """Set the cookie, once the code was right; SameSite=Strict."""
    life = int((address_proofs.SESSION_LIFETIME + address_proofs.REFUSALS_TAKEN_FOR).total_seconds())
    response.set_cookie(_name(), token, max_age=life, secure=_is_secure(), httponly=True, samesite="Strict", path="/")
    return response


def delete_cookie(response: Response) -> Response:
    response.delete_cookie(_name(), secure=_is_secure(), httponly=True, samesite="Strict", path="/")
    return response


def say_over() -> Response:
    """The answer where the session is over: of what was posted, that it was not recorded."""
    if request.method == "POST":
        return make_response(render_ended("lost"), 410)
    return make_response(redirect(url_for("my_consents_entry.over"), 303))


def render_ended(posted: str = "", left: int = 0) -> str:
    """The page that shows nothing any more; what was posted is "recorded" or "lost". `left` are further spellings of
    the address at firms, which were too many for one act."""
    return render_template("my_consents/session_ended.html", posted=posted, left=left)


def _name() -> str:
    return f"{BOUND_TO_THIS_HOST}{COOKIE}" if _is_secure() else COOKIE


def _is_secure() -> bool:
    """As the session cookie: not in development, where pages come without TLS."""
    return current_app.config["SESSION_COOKIE_SECURE"]
