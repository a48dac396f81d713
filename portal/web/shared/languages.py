"""Turkish first, English one tap away: in the address for a recipient, in the session for who is signed in."""

from flask import g, has_request_context, request, session, url_for

from portal.web.shared.cookie_session import WITHOUT_SESSION

LANGUAGES = ("tr", "en")


def choose() -> str:
    """The language of this request: ?lang= of the address, else what the form said, else the session, else Turkish."""
    if not has_request_context():
        return "tr"
    asked = request.args.get("lang") or g.get("language")
    if asked is None and request.blueprint not in WITHOUT_SESSION:
        asked = session.get("language")
    return asked if asked in LANGUAGES else "tr"


def url_in(language: str) -> str:
    """The address of this page in another language."""
    return url_for(request.endpoint or "public.front", **(request.view_args or {}), lang=language)
