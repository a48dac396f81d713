"""The blueprint of signing in and out, Flask-Login's user loader, and the page of dead mailed links."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.core import clock
from portal.core.extensions import db, login, read_session, vault
from portal.core.throttle import TooManyRequests
from portal.domain.identity import login_throttle, sessions

blueprint = Blueprint("signin", __name__)

login.login_view = "signin.sign_in"
login.login_message = None
login.session_protection = None  # It trusts any X-Forwarded-For; sessions.find_session compares the user agent instead.


@blueprint.context_processor
def layout() -> dict[str, str]:
    return {"front": url_for("public.front", lang=get_locale().language)}


@login.user_loader
def load_user(text: str) -> sessions.SignedInUser | None:
    """The user behind the cookie, unless the session is over."""
    return sessions.find_session(read_session(), text, request.user_agent.string, clock.now())


def render_dead_link(template: str) -> ResponseReturnValue:
    """The page of a used or expired link; a network that tries many gets 429. Commits."""
    status = 404
    try:
        login_throttle.count_dead_link(db.session, vault(), address=request.remote_addr or "", at=clock.now())
    except TooManyRequests:
        status = 429
    db.session.commit()
    return render_template(template), status
