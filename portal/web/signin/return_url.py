"""Where somebody was going when we asked who they are: a page of this house, kept for a while; never another's."""

from urllib.parse import urlsplit

from flask import current_app, request, session
from werkzeug.exceptions import HTTPException

from portal.core import clock

NAME = "onward"
LIFETIME = 15 * 60  # Seconds.
LONGEST = 500
COMING_IN = ("signin.sign_in", "signin.second_step", "signin.enrol", "signin.step_up", "signin.forgotten")

BY_CODE = "recipient."  # At the root of a short host nearly every path is a code.


def ours(text: str | None) -> str | None:
    """The text, where it is a path of this house that may be opened by a link; otherwise None."""
    if not text or len(text) > LONGEST or not text.startswith("/") or text.startswith("//"):
        return None
    if "\\" in text or not text.isprintable():
        return None
    try:
        endpoint, _ = current_app.url_map.bind(request.host).match(text.partition("?")[0], method="GET")
    except HTTPException:
        return None
    return None if endpoint in COMING_IN or endpoint.startswith(BY_CODE) else text


def remember(text: str | None) -> None:
    """Keep it over the steps of signing in. A page that guests must sign in for may call this and send them there."""
    if path := ours(text):
        session[NAME] = {"path": path, "at": clock.now().timestamp()}


def taken() -> str | None:
    """What was remembered a while ago, once."""
    kept = session.pop(NAME, None) or {}
    is_recent = 0 <= clock.now().timestamp() - kept.get("at", 0) <= LIFETIME
    return ours(kept.get("path")) if is_recent else None


def referred() -> str | None:
    """The page of this house that the visitor came from (browsers tell it within one house only)."""
    came_from = urlsplit(request.referrer or "")
    return ours(came_from.path) if came_from.netloc == request.host else None
