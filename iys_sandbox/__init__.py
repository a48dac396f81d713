"""A simulated İYS: the real endpoints, rules and texts over a SQLite file of its own, with fault injection."""

import hmac
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider

from iys_sandbox import api, controls, day_endpoints, directory, pages, pushes, retailer_endpoints
from iys_sandbox.context import Clock, RateLimit, Sandbox, now
from iys_sandbox.faults import ConnectionResetter, Faults
from iys_sandbox.pushes import start_delivery_thread
from iys_sandbox.store import Store
from portal.core import clock as portal_clock
from portal.core import iys_protocol
from portal.core.paths import ROOT

MODULES = (api, day_endpoints, directory, retailer_endpoints, pushes, controls, pages)
CONTENT_SECURITY_POLICY = "; ".join(
    ["default-src 'none'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
)


def create_sandbox(path: Path, *, key: str | None = None, **settings: Any) -> Flask:
    """Create the app over the file at `path`. `settings` are those of `open_sandbox`; `key` as in `require_key`."""
    app = Flask(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    cast(DefaultJSONProvider, app.json).sort_keys = False
    app.extensions["sandbox"] = open_sandbox(path, **settings)
    for module in MODULES:
        app.register_blueprint(module.blueprint)
    require_key(app, key)
    app.context_processor(lambda: {"clock": iys_protocol.format_wire_date(now())})
    app.after_request(_add_security_headers)
    app.wsgi_app = ConnectionResetter(app.wsgi_app)  # type: ignore[method-assign]  # As Flask documents it.
    return app


def open_sandbox(
    path: Path,
    *,
    clock: Callable[[], datetime] = portal_clock.now,
    requests_per_second: int = 10,
    token_calls_per_hour: int = 100,
    expiry_status: int = 422,
    may_push_in_clear: bool = False,
) -> Sandbox:
    """Open the sandbox's file and collect its settings.

    `requests_per_second` 0 takes the limit away; `expiry_status` 400 says H467 last and as a 400; `may_push_in_clear`
    lets a push go to an http:// address of this machine.
    """
    store = Store(path)
    return Sandbox(
        store=store,
        faults=Faults(),
        rate_limit=RateLimit(requests_per_second),
        clock=Clock(store, clock),
        expiry_status=expiry_status,
        token_calls_per_hour=token_calls_per_hour,
        may_push_in_clear=may_push_in_clear,
    )


def create_sandbox_from_environment() -> Flask:
    """Create the app from SANDBOX_FILE, SANDBOX_ACCOUNT (username:password:iysCode:brand1,brand2), SANDBOX_PARTNER
    (username:password:integratorCode:iysCode1,iysCode2), SANDBOX_KEY, SANDBOX_PUSH_IN_CLEAR and
    SANDBOX_REQUESTS_PER_SECOND, with a thread that delivers pushes. Raises RuntimeError where there is no SANDBOX_KEY,
    unless DEVELOPMENT is 1: whoever reaches the sandbox without one reads all that firms try there."""
    if not os.environ.get("SANDBOX_KEY") and os.environ.get("DEVELOPMENT") != "1":
        raise RuntimeError("Set SANDBOX_KEY, the same as at the portal (docs/settings.md says how to make one).")
    app = create_sandbox(
        Path(os.environ["SANDBOX_FILE"]),
        key=os.environ.get("SANDBOX_KEY"),
        requests_per_second=int(os.environ.get("SANDBOX_REQUESTS_PER_SECOND") or 10),
        may_push_in_clear=bool(os.environ.get("SANDBOX_PUSH_IN_CLEAR")),
    )
    start_delivery_thread(app.extensions["sandbox"], every=1.0)
    if account := os.environ.get("SANDBOX_ACCOUNT"):
        register_provider(app, account)
    if partner := os.environ.get("SANDBOX_PARTNER"):
        register_partner(app, partner)
    return app


def register_provider(app: Flask, account: str) -> None:
    """Add the API user "username:password:iysCode:brand1,brand2". Raises ValueError."""
    username, password, iys_code, brands = _split_account(account)
    app.extensions["sandbox"].store.add_account(username, password, iys_code, brands)


def register_partner(app: Flask, account: str) -> None:
    """Add the partner "username:password:integratorCode:iysCode1,iysCode2", for master brands; after a code its title
    may follow. Raises ValueError."""
    user, code, providers = account.rsplit(":", 2)
    username, password = user.split(":", 1)
    named = [each.strip().partition(" ") for each in providers.split(",")]
    acts_for = [{"iysCode": int(code)} | ({"title": title} if title else {}) for code, _, title in named]
    app.extensions["sandbox"].store.add_account(
        username, password, int(code), [], kind="partner", integrator_code=int(code), acts_for=acts_for
    )


def _split_account(account: str) -> tuple[str, str, int, list[int]]:
    user, code, codes = account.rsplit(":", 2)
    username, password = user.split(":", 1)
    return username, password, int(code), [int(each) for each in codes.split(",")]


def _add_security_headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


IYS_BLUEPRINTS = ("api", "day_endpoints", "directory", "retailers", "pushes")
ALWAYS_OPEN = ("controls.health", "static")


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
