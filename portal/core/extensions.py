"""The extensions, made once and bound to the app by create_app; and the two sessions: one writes, one only reads."""

import sqlite3
from ipaddress import IPv6Network, ip_address

import structlog
from flask import current_app, g, request
from flask_babel import Babel
from flask_limiter import Limiter
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy.orm import Session

from portal.core.vault import Vault

IPV6_NETWORK_BITS = 64  # Bits of an IPv6 address that an operator gives; whoever gets them chooses the rest.

log = structlog.get_logger()


def rate_limit_key() -> str:
    """Whom limits count: an address of IPv4; of IPv6 its network, or each guess could come from another address."""
    try:
        here = ip_address(request.remote_addr or "")
    except ValueError:
        return request.remote_addr or ""
    is_network = here.version == 6 and here.ipv4_mapped is None
    return str(IPv6Network((int(here), IPV6_NETWORK_BITS), strict=False)) if is_network else str(here)


class Database(SQLAlchemy):
    """Flask-SQLAlchemy, whose scoped session is typed as what it stands for: the session of this request."""

    session: Session  # type: ignore[assignment]


db = Database()
migrate = Migrate()
babel = Babel()
login = LoginManager()
csrf = CSRFProtect()
limiter = Limiter(key_func=rate_limit_key)


def read_session() -> Session:
    """This request's reading session: it opens no transaction and cannot write. Writing goes through db.session."""
    if "read_session" not in g:
        g.read_session = Session(db.engines["reader"])
    return g.read_session


def close_read_session(_error=None) -> None:
    """Give the reading session back at the end of a request."""
    session = g.pop("read_session", None)
    if session is not None:
        session.close()


def vault() -> Vault:
    """The app's vault."""
    return current_app.extensions["vault"]


def wake(name: str, *arguments) -> None:
    """Tell the worker that a row waits. If the queue cannot be reached the clock finds the row within a minute."""
    try:
        current_app.extensions["wake"][name](*arguments)
    except (OSError, sqlite3.Error):  # A file that is locked, damaged or gone.
        log.warning("wake.failed", job=name)
