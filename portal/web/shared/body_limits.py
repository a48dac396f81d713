"""How much a page takes: what the settings say, unless the page names more, which it takes of people we know."""

from collections.abc import Callable

from flask import Flask, current_app, request
from flask_login import current_user

from portal.core.extensions import login


def takes(most: int) -> Callable:
    """Say on the line above a view how many bytes may be posted to it."""

    def name(view: Callable) -> Callable:
        view.takes = most
        return view

    return name


def know(app: Flask) -> None:
    """Read it before anything reads the form."""
    app.before_request(_name)


def _name():
    most = getattr(current_app.view_functions.get(request.endpoint), "takes", None)
    if most is None or request.method != "POST":
        return None
    if not current_user.is_authenticated:  # The form's token would be looked for in all that a stranger cares to send.
        return login.unauthorized()
    request.max_content_length = most
    return None
