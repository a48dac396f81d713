"""The page to return to after signing in: always a path of this site, remembered for 15 minutes."""

from urllib.parse import urlsplit

from flask import current_app, request, session
from werkzeug.exceptions import HTTPException

from portal.core import clock

NAME = "onward"
LIFETIME = 15 * 60  # Seconds.
LONGEST = 500
SIGN_IN_PAGES = ("signin.sign_in", "signin.second_step", "signin.enrol", "signin.step_up", "signin.forgotten")

LINK_PAGES = "recipient."  # On a short host nearly every path is a link code.


def safe_path(text: str | None, method: str = "GET") -> str | None:
    """The text if it is a path of this site that links (or forms) may open, otherwise None."""
    if not text or len(text) > LONGEST or not text.startswith("/") or text.startswith("//"):
        return None
    if "\\" in text or not text.isprintable():
        return None
    try:
        endpoint, _ = current_app.url_map.bind(request.host).match(text.partition("?")[0], method=method)
    except HTTPException:
        return None
    return None if endpoint in SIGN_IN_PAGES or endpoint.startswith(LINK_PAGES) else text


def remember(text: str | None) -> None:
    """Remember a path over the steps of signing in."""
    if path := safe_path(text):
        session[NAME] = {"path": path, "at": clock.now().timestamp()}


def take_remembered() -> str | None:
    """The remembered path, once, unless it is too old."""
    kept = session.pop(NAME, None) or {}
    is_recent = 0 <= clock.now().timestamp() - kept.get("at", 0) <= LIFETIME
    return safe_path(kept.get("path")) if is_recent else None


def referring_path() -> str | None:
    """The page of this site that the visitor came from."""
    came_from = urlsplit(request.referrer or "")
    return safe_path(came_from.path) if came_from.netloc == request.host else None
