"""The blueprint of signing in and out, and Flask-Login's user loader."""

from flask import Blueprint, request, url_for
from flask_babel import get_locale

from portal.core import clock
from portal.core.extensions import login, read_session
from portal.domain.identity import sessions

blueprint = Blueprint("signin", __name__)

login.login_view = "signin.sign_in"
login.login_message = None
login.session_protection = None  # It trusts any X-Forwarded-For; sessions.find_session compares the user agent instead.


@blueprint.context_processor
def layout() -> dict[str, str]:
    """The link back to the front page."""
    return {"front": url_for("public.front", lang=get_locale().language)}


@login.user_loader
def load_user(text: str) -> sessions.SignedInUser | None:
    """The user behind the cookie, unless the session is over."""
    return sessions.find_session(read_session(), text, request.user_agent.string, clock.now())
