"""Absolute URLs for mails and other hosts. They begin with MAIN_BASE of the settings, never with the request's host."""

from contextlib import nullcontext
from typing import Any

from flask import current_app, has_request_context, url_for

from portal.web.shared.hosts import is_short_host


def absolute_url(endpoint: str, **values: Any) -> str:
    """URL of a page for a mail. Works without a request, too: in a shell, or in the worker."""
    with nullcontext() if has_request_context() else current_app.test_request_context():
        return current_app.config["MAIN_BASE"] + url_for(endpoint, **values, _external=False)


def url_on_main_host(endpoint: str, **values: Any) -> str:
    """URL of a page of the main host; absolute where this request came by a short host, which serves links only."""
    return absolute_url(endpoint, **values) if is_short_host() else url_for(endpoint, **values)
