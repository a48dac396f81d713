"""The class of every response."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Response
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PLAIN_URL = re.compile(r"[A-Za-z0-9_/.?=&-]*")


class PortalResponse(Response):
    """Its `fixed_headers` are sent as they are, unlike `headers`, of which Werkzeug checks each."""

    fixed_headers: tuple[tuple[str, str], ...] = ()

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        """The headers themselves of a page or a redirect to a plain URL; of others Werkzeug's corrected copy."""
        is_plain = self.status_code == 200 or (
            self.status_code == 303 and PLAIN_URL.fullmatch(self.headers.get("Location", ""))
        )
        if is_plain and "Content-Length" in self.headers:
            return self.headers
        return super().get_wsgi_headers(environ)

    def get_wsgi_response(self, environ: "WSGIEnvironment") -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        body, status, headers = super().get_wsgi_response(environ)
        return body, status, [*headers, *self.fixed_headers]
