"""Access key of the sandbox: where one is set, everything but İYS's own API and the health check asks for it, as a
bearer token or (a browser) as the password of Basic auth."""

import hmac

from flask import Flask, Response, request

IYS_BLUEPRINTS = ("api", "day_endpoints", "directory", "pushes")
ALWAYS_OPEN = ("admin.health", "static")


def require_key(app: Flask, key: str | None) -> None:
    """Ask each request for the key; None leaves the sandbox open."""
    if not key:
        return

    @app.before_request
    def ask() -> Response | None:
        if request.blueprint in IYS_BLUEPRINTS or request.endpoint in ALWAYS_OPEN or _has_key(key):
            return None
        return Response("The key of this sandbox is missing.\n", 401, {"WWW-Authenticate": 'Basic realm="sandbox"'})


def _has_key(key: str) -> bool:
    shown = request.authorization
    if shown is None:
        return False
    given = shown.token if shown.type == "bearer" else shown.password
    return hmac.compare_digest((given or "").encode(), key.encode())
