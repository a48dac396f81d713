"""Limits of request bodies: MAX_CONTENT_LENGTH, unless a view allows more to people who are signed in."""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.core.extensions import login

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def max_bytes(count: int) -> Callable[[View], View]:
    """Decorator: that many bytes may be posted to the view."""

    def mark(view: View) -> View:
        view.max_bytes = count  # type: ignore[attr-defined]  # Decorators around it copy the attribute.
        return view

    return mark


def init_app(app: Flask) -> None:
    """Set the limit before anything reads the form; so it goes before csrf.init_app."""
    app.before_request(_set_limit)


def _set_limit() -> ResponseReturnValue | None:
    count = getattr(current_app.view_functions.get(request.endpoint or ""), "max_bytes", None)
    if count is None or request.method != "POST":
        return None
    if not current_user.is_authenticated:  # Else a stranger's whole body would be read to find the form's token.
        return login.unauthorized()
    request.max_content_length = count
    return None
