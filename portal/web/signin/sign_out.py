"""Signing out, and choosing the language."""

from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import SessionEnd
from portal.domain.identity import sessions
from portal.web.shared.languages import LANGUAGES
from portal.web.signin import return_url
from portal.web.signin.blueprint import blueprint


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session; only the language is kept."""
    if current_user.is_authenticated:
        sessions.end_sessions(
            db.session, current_user.id, SessionEnd.SIGNED_OUT, clock.now(), only=current_user.sign_in.id
        )
        db.session.commit()
    logout_user()
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    return redirect(url_for("public.front"), 303)


@blueprint.post("/language")
def speak() -> ResponseReturnValue:
    """Store the language, and go back to the page where it was chosen."""
    if request.form.get("language") in LANGUAGES:
        session["language"] = request.form["language"]
    first = url_for("dashboard.overview" if current_user.is_authenticated else ".sign_in")
    return redirect(return_url.referring_path() or first, 303)
