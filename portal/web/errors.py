"""What goes wrong, as a page that says what to do; there is no stack trace and no silent drop."""

import structlog
from flask import Flask, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

log = structlog.get_logger()

PAGES = {404: "errors/not_found.html", 413: "errors/too_large.html", 429: "errors/too_many.html"}


def show(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(CSRFError, lambda error: (render_template("errors/form_expired.html"), 400))
    app.register_error_handler(HTTPException, _page)
    app.register_error_handler(Exception, _broken)


def _page(error: HTTPException):
    if error.code is None or error.code < 400:
        return error
    page = render_template(PAGES.get(error.code, "errors/other.html"), status=error.code)
    return page, error.code, dict(error.get_headers()) | {"Content-Type": "text/html; charset=utf-8"}


def _broken(error: Exception):
    log.exception("request.failed")
    return render_template("errors/broken.html"), 500
