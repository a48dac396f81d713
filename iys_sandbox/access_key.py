"""Who may look into the box and move its levers: where it has a key, all but İYS's own API and the sign of life asks
for it, as a bearer token or (a browser) as the password."""

import hmac

from flask import Flask, Response, request

IYS_OWN = ("api", "days", "directory", "pushes")
OPEN = ("desk.health", "static")


def ask_for_key(app: Flask, key: str | None) -> None:
    """Ask for the key from now on; None asks nobody."""
    if not key:
        return

    @app.before_request
    def ask() -> Response | None:
        if request.blueprint in IYS_OWN or request.endpoint in OPEN or _bears(key):
            return None
        return Response("The key of this sandbox is missing.\n", 401, {"WWW-Authenticate": 'Basic realm="sandbox"'})


def _bears(key: str) -> bool:
    shown = request.authorization
    if shown is None:
        return False
    told = shown.token if shown.type == "bearer" else shown.password
    return hmac.compare_digest((told or "").encode(), key.encode())
