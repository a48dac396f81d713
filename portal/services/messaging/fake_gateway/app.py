"""The fake gateway as a Flask application: vendors of SMS on this machine that send nothing, and a phone to look at."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import cast

from flask import Flask, Response, abort, request
from flask.json.provider import DefaultJSONProvider

from portal.core import clock
from portal.core.paths import ROOT
from portal.services.messaging.fake_gateway import (
    controls,
    demo,
    iletimerkezi,
    iletimerkezi_queries,
    netgsm,
    netgsm_queries,
    verimor,
    verimor_queries,
    viewer,
)
from portal.services.messaging.fake_gateway.accounts import FakeAccount, default_accounts, is_loopback, read_accounts
from portal.services.messaging.fake_gateway.phone import Phone
from portal.services.messaging.fake_gateway.pushes import start_delivery_thread
from portal.services.messaging.fake_gateway.state import State

LONGEST_CALL = 10 * 1024 * 1024  # Bytes; Verimor's limit.
MODULES = (demo, viewer, controls, verimor, verimor_queries, netgsm, netgsm_queries, iletimerkezi_queries, iletimerkezi)
DIALECTS = {
    "verimor": verimor_queries.DIALECT,
    "netgsm": netgsm_queries.DIALECT,
    "iletimerkezi": iletimerkezi_queries.DIALECT,
}
PUSH_EVERY = 0.5  # Seconds.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def create_gateway(
    path: Path, accounts: list[FakeAccount] | None = None, *, now: Callable[[], datetime] = clock.now
) -> Flask:
    """The gateway with the phone's SQLite file at `path`, created if missing. Without `accounts`: default_accounts."""
    app = Flask(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_CALL
    cast(DefaultJSONProvider, app.json).sort_keys = False
    app.extensions["fake_gateway"] = State(Phone(Path(path)), accounts or default_accounts(), DIALECTS, now)
    app.jinja_env.filters.update(with_links=viewer.linkify, wall_clock=viewer.istanbul_time)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.before_request(_refuse_others)
    for module in MODULES:
        app.register_blueprint(module.blueprint)
    app.after_request(_set_headers)
    return app


def create_gateway_from_environment() -> Flask:
    """The gateway from GATEWAY_FILE and, optional, GATEWAY_ACCOUNTS (a JSON file), with a thread that pushes."""
    accounts = os.environ.get("GATEWAY_ACCOUNTS")
    app = create_gateway(Path(os.environ["GATEWAY_FILE"]), read_accounts(Path(accounts)) if accounts else None)
    start_delivery_thread(app.extensions["fake_gateway"], PUSH_EVERY)
    return app


def _refuse_others() -> None:
    """Serve this machine only: its passwords are known, and its controls are open to all."""
    if not (is_loopback(request.environ.get("SERVER_NAME")) and is_loopback(request.remote_addr)):
        abort(403, "The fake gateway serves its own machine only: bind it to 127.0.0.1.")


def _set_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response
