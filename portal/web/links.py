"""Whole addresses for mails and other hosts: they begin with the main host that the settings name, never with the
request's."""

from flask import current_app, url_for

from portal.web.hosts import is_short_host


def whole(endpoint: str, **values) -> str:
    """The address of a page, as it stands in a mail."""
    return current_app.config["MAIN_BASE"] + url_for(endpoint, **values, _external=False)


def on_main(endpoint: str, **values) -> str:
    """The address of a page of the main host, from wherever one is: short hosts serve links only."""
    return whole(endpoint, **values) if is_short_host() else url_for(endpoint, **values)
