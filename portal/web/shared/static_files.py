"""Addresses of static files with a digest of their content, so that browsers may keep each version for ever."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, request
from werkzeug.security import safe_join

DIGEST_LENGTH = 10
FOR_EVER = "public, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    """Add the digest to each address that url_for makes, and tell browsers to keep what they fetch by it."""
    app.url_defaults(lambda endpoint, values: _add_digest(app, endpoint, values))
    send = app.view_functions["static"]
    app.view_functions["static"] = lambda filename: _with_lifetime(app, filename, send(filename=filename))


def digest_of(app: Flask, name: str) -> str | None:
    """The digest of a static file; None where there is no such one."""
    path = safe_join(app.static_folder or "", name)
    if path is None or not Path(path).is_file():
        return None
    return _digest(path, Path(path).stat().st_mtime_ns)


@cache
def _digest(path: str, _changed_at: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:DIGEST_LENGTH]


def _add_digest(app: Flask, endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "v" not in values and (digest := digest_of(app, values.get("filename", ""))):
        values["v"] = digest


def _with_lifetime(app: Flask, filename: str, response: Any) -> Any:
    """A file by an old address, or by none with a digest, is asked for anew each time."""
    if request.args.get("v", "") == digest_of(app, filename):
        response.headers["Cache-Control"] = FOR_EVER
    return response
