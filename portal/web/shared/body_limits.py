"""Limits of request bodies: small unless a view allows more to people who are signed in, and few fields in any form."""

import io
from collections.abc import Callable
from typing import IO, TypeVar

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from portal.core.extensions import login
from portal.web.shared import problems

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

SMALL = 256 * 1024  # Bytes of a post. The longest text of a form, 5,000 characters, has some 45 kB.
MOST_FIELDS = 2000  # Of a form without files: a layout of columns has a few fields for each.


def max_bytes(count: int) -> Callable[[View], View]:
    """Decorator: that many bytes may be posted to the view."""

    def mark(view: View) -> View:
        view.max_bytes = count  # type: ignore[attr-defined]  # Decorators around it copy the attribute.
        return view

    return mark


class CountingParser(FormDataParser):
    """Count the fields before reading them: Werkzeug limits the parts of a multipart form only."""

    def _parse_urlencoded(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> tuple[IO[bytes], MultiDict, MultiDict]:  # fmt: skip
        body = stream.read()
        if body.count(b"&") >= MOST_FIELDS:
            raise RequestEntityTooLarge
        return super()._parse_urlencoded(io.BytesIO(body), mimetype, content_length, options)


def init_app(app: Flask) -> None:
    """Set the limit before anything reads the form; so it goes before csrf.init_app."""
    app.before_request(_set_limit)


def _set_limit() -> ResponseReturnValue | None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    count = getattr(current_app.view_functions.get(request.endpoint or ""), "max_bytes", None)
    if count is not None and not problems.is_api_request() and not current_user.is_authenticated:
        return login.unauthorized()  # Else a stranger's whole body would be read to find the form's token.
    request.max_content_length = request.max_form_memory_size = SMALL if count is None else count
    return None
