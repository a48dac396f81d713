"""What goes wrong, as a page that says what to do; there is no stack trace and no silent drop."""

import structlog
from flask import Flask, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

log = structlog.get_logger()

PAGES = {
    404: "errors/not_found.html",
    413: "errors/too_large.html",
    429: "errors/too_many.html",
    500: "errors/broken.html",
}


def show(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(CSRFError, lambda error: (render_template("errors/form_expired.html"), 400))
    app.register_error_handler(HTTPException, _page)
    app.log_exception = lambda error: log.error("request.failed", exc_info=error)  # Flask's own would name the path.


def _page(error: HTTPException):
    if error.code is None or error.code < 400:
        return error
    page = render_template(PAGES.get(error.code, "errors/other.html"), status=error.code)
    return page, error.code, dict(error.get_headers()) | {"Content-Type": "text/html; charset=utf-8"}

