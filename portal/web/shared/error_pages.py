"""Error pages: each says what to do. No stack trace reaches a page, and the log has no path."""

from typing import IO, Any

import psycopg
import structlog
from flask import Flask, current_app, request
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from portal.core.clock_check import ClockSkew
from portal.core.database import is_unavailable
from portal.core.vault import KeyMissing
from portal.web.shared import problems
from portal.web.shared.maintenance import UnderMaintenance

log = structlog.get_logger()

MOST_DISCARDED = 200 * 1024 * 1024  # Bytes of a too large upload that are still read and thrown away.

PAGES = {
    403: "errors/forbidden.html",
    404: "errors/not_found.html",
    413: "errors/too_large.html",
    429: "errors/too_many.html",
    500: "errors/server_error.html",
    503: "errors/server_error.html",
}


def init_app(app: Flask) -> None:
    app.register_error_handler(CSRFError, lambda error: (_render("errors/form_expired.html"), 400))
    app.register_error_handler(HTTPException, _page)
    for later in (KeyMissing, ClockSkew):
        app.register_error_handler(later, lambda _: _page(ServiceUnavailable(retry_after=5)))
    for kind in (SQLAlchemyError, psycopg.Error, TimeoutError):  # The latter from the queue of SQLite's writers.
        app.register_error_handler(kind, _database_error)
    # Flask's own would log the path.
    app.log_exception = lambda exc_info: log.error("request.failed", exc_info=exc_info)  # type: ignore[method-assign]


def discard_body(upload: IO[bytes]) -> None:
    """Read what is still being sent: a browser still sending when the connection closes shows no page at all."""
    left = MOST_DISCARDED
    while left > 0 and (chunk := upload.read(min(left, 1 << 16))):
        left -= len(chunk)


def _database_error(error: Exception) -> ResponseReturnValue:
    if not is_unavailable(error):
        raise error
    log.error("request.without_database", exc_info=error)
    return _page(ServiceUnavailable(retry_after=5))


def _page(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    if not request_ctx.url_adapter:
        return error  # The host is invalid: url_for fails, so that a page could not link to its style sheets.
    is_maintenance = isinstance(error, UnderMaintenance)
    if error.code == 413:
        discard_body(request.environ["wsgi.input"])
    elif is_maintenance:
        discard_body(request.stream)  # Ends where the form was read already.
    if problems.is_api_request():
        return problems.http_error_response(error)
    template = "errors/maintenance.html" if is_maintenance else PAGES.get(error.code, "errors/other.html")
    page = _render(template, status=error.code, why=error.description)
    return page, error.code, dict(error.get_headers()) | {"Content-Type": "text/html; charset=utf-8"}


def _render(template: str, **facts: Any) -> str:
    """Render without the blueprints' context processors: the database may be what went wrong."""
    return current_app.jinja_env.get_template(template).render(facts)
