"""Whole addresses for mails: they begin with the main host that the settings name, never with the request's."""

from flask import current_app, url_for


def whole(endpoint: str, **values) -> str:
    """The address of a page, as it stands in a mail."""
    return current_app.config["MAIN_BASE"] + url_for(endpoint, **values, _external=False)
