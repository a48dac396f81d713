"""What goes wrong, as a page that says what to do; there is no stack trace and no silent drop."""

import structlog
from flask import Flask, current_app, request
from flask.globals import request_ctx
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

log = structlog.get_logger()

LONGEST_PATIENCE = 200 * 1024 * 1024  # Bytes of a far too large upload that are still taken in and thrown away.

PAGES = {
    403: "errors/shut.html",
    404: "errors/not_found.html",
    413: "errors/too_large.html",
    429: "errors/too_many.html",
    500: "errors/broken.html",
}


def show(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(CSRFError, lambda error: (_rendered("errors/form_expired.html"), 400))
    app.register_error_handler(HTTPException, _page)
    app.log_exception = lambda error: log.error("request.failed", exc_info=error)  # Flask's own would name the path.


def _page(error: HTTPException):
    if error.code is None or error.code < 400:
        return error
    if not request_ctx.url_adapter:
        return error  # The host is no name at all: our pages could link to nothing, not even to their sheets.
    if error.code == 413:
        _read_to_the_end()
    page = _rendered(PAGES.get(error.code, "errors/other.html"), status=error.code, why=error.description)
    return page, error.code, dict(error.get_headers()) | {"Content-Type": "text/html; charset=utf-8"}


def _rendered(template: str, **facts) -> str:
    """The page alone, without what doors add to theirs: the database may be what went wrong."""
    return current_app.jinja_env.get_template(template).render(facts)


def _read_to_the_end() -> None:
    """Take in what is still being sent: closing on a sender that has not finished shows them no page at all."""
    upload, left = request.environ["wsgi.input"], LONGEST_PATIENCE
    while left > 0 and (piece := upload.read(min(left, 1 << 16))):
        left -= len(piece)
