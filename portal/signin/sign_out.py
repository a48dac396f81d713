"""Going out, and the language of who is in."""

from flask import redirect, request, session, url_for
from flask_login import current_user, logout_user

from portal import clock, presence
from portal.extensions import db
from portal.models import Ending
from portal.signin import door
from portal.web.languages import LANGUAGES


@door.post("/sign-out")
def sign_out():
    """End this session, here and in the rows."""
    if current_user.is_authenticated:
        presence.end(db.session, current_user.id, Ending.SIGNED_OUT, clock.now(), only=current_user.sign_in.id)
        db.session.commit()
    logout_user()
    session.clear()
    return redirect(url_for("web.front"), 303)


@door.post("/language")
def speak():
    """Remember the language of a signed-in person."""
    if request.form.get("language") in LANGUAGES:
        session["language"] = request.form["language"]
    return redirect(url_for("dashboard.overview"), 303)
