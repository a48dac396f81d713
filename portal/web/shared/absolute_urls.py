"""Whole addresses for mails and other hosts: they begin with the main host that the settings name, never with the
request's."""

from contextlib import nullcontext

from flask import current_app, has_request_context, url_for

from portal.web.shared.hosts import is_short_host


def whole(endpoint: str, **values) -> str:
    """The address of a page, as it stands in a mail; also where no request is: in a shell, or in the worker."""
    with nullcontext() if has_request_context() else current_app.test_request_context():
        return current_app.config["MAIN_BASE"] + url_for(endpoint, **values, _external=False)


def on_main(endpoint: str, **values) -> str:
    """The address of a page of the main host, from wherever one is: short hosts serve links only."""
    return whole(endpoint, **values) if is_short_host() else url_for(endpoint, **values)
