"""Going out, and the language of who is in or about to come in."""

from flask import redirect, request, session, url_for
from flask_login import current_user, logout_user

from portal import clock, presence
from portal.extensions import db
from portal.models import Ending
from portal.signin import onward
from portal.signin.blueprint import door
from portal.web.languages import LANGUAGES


@door.post("/sign-out")
def sign_out():
    """End this session, here and in the rows; only the language is kept."""
    if current_user.is_authenticated:
        presence.end(db.session, current_user.id, Ending.SIGNED_OUT, clock.now(), only=current_user.sign_in.id)
        db.session.commit()
    logout_user()
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    return redirect(url_for("web.front"), 303)


@door.post("/language")
def speak():
    """Remember the language, and go back to the page where it was chosen."""
    if request.form.get("language") in LANGUAGES:
        session["language"] = request.form["language"]
    first = url_for("dashboard.overview" if current_user.is_authenticated else ".sign_in")
    return redirect(onward.referred() or first, 303)
