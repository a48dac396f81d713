"""How much a page takes: what the settings say, unless the page names more."""

from collections.abc import Callable

from flask import Flask, current_app, request


def takes(most: int) -> Callable:
    """Say on the line above a view how many bytes may be posted to it."""

    def name(view: Callable) -> Callable:
        view.takes = most
        return view

    return name


def know(app: Flask) -> None:
    """Read it before anything reads the form."""
    app.before_request(_name)


def _name() -> None:
    most = getattr(current_app.view_functions.get(request.endpoint), "takes", None)
    if most is not None:
        request.max_content_length = most
