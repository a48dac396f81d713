"""Language of a request, Turkish or English: from the URL for a recipient, from the session for who is signed in."""

from babel import Locale
from flask import g, has_request_context, request, session, url_for
from flask.globals import request_ctx

from portal.web.shared.cookie_session import WITHOUT_SESSION

LANGUAGES = ("tr", "en")
LOCALES = {name: Locale.parse(name) for name in LANGUAGES}  # Parsed once.
PAGE_OF_POST = {  # What answers a POST only, and the page to open in its place.
    "recipient.undo": "recipient.receipt",
    **dict.fromkeys(
        ("recipient.complaint_word", "recipient.complaint_reopening", "recipient.complaint_refusal"),
        "recipient.complaint",
    ),
}


def select_language() -> Locale:
    """?lang= of the URL, else g.language (as a form or a case says), else the session, else Turkish."""
    asked = _asked_language() if has_request_context() else None
    return LOCALES.get(asked or "", LOCALES["tr"])


def offers_english() -> bool:
    """Whether nobody has chosen a language yet, and the browser prefers English. The page stays Turkish."""
    return _asked_language() not in LANGUAGES and request.accept_languages.best_match(LANGUAGES) == "en"


def _asked_language() -> str | None:
    request = request_ctx.request
    asked: str | None = (request.query_string and request.args.get("lang")) or g.get("language")
    if asked is None and request.blueprint not in WITHOUT_SESSION:
        asked = session.get("language")
    return asked


def keep_asked() -> None:
    """Keep the ?lang= of a page that has a session, beyond a sign-in and posts."""
    if request.args.get("lang") in LANGUAGES:
        session["language"] = request.args["lang"]


def url_in(language: str) -> str:
    """URL of this page in another language."""
    endpoint = request.endpoint or "public.front"
    return url_for(PAGE_OF_POST.get(endpoint, endpoint), **(request.view_args or {}), lang=language)
