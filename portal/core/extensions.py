"""Flask extensions, bound to the app by create_app, and the read-only session beside db.session."""

from typing import Any, cast

from flask import Flask, current_app, g, request
from flask_babel import Babel
from flask_limiter import Limiter
from flask_login import LoginManager, current_user
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from flask_wtf.csrf import CSRFProtect, generate_csrf
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, scoped_session

from portal.core import journal
from portal.core import limit_counts as limit_counts  # So that the limiter finds its storage.
from portal.core.client_network import network_of
from portal.core.vault import Vault

BETWEEN = "~"  # A form's token and its provider's id; Flask-WTF's own tokens do not have it.


def form_token() -> str:
    """The CSRF token of a page's forms, and the provider that the signed-in person works for."""
    provider_id = getattr(current_user, "provider_id", None)
    return f"{generate_csrf()}{BETWEEN}{provider_id or ''}"


def rate_limit_key() -> str:
    """Whom rate limits count: the client's IPv4 address, or the /64 network of its IPv6 address."""
    return network_of(request.remote_addr or "", ipv4_bits=32)


class JournalledSession(FlaskSession):
    """Flask-SQLAlchemy's, whose commit is over once what was noted for the journal is on its disk, too. Its `info` has
    `has_committed` from the first commit on."""

    _writer: Engine | None = None

    def get_bind(
        self, mapper: Any = None, clause: Any = None, bind: Engine | Connection | None = None, **_options: Any
    ) -> Engine | Connection:  # fmt: skip
        """The engine that writes, of all tables; each statement asks for it, and it is looked up once."""
        if self._writer is None:
            self._writer = db.engine
        return bind or self._writer

    def commit(self) -> None:
        super().commit()
        self.info["has_committed"] = True
        record, kept = journal.take_noted(self), current_app.extensions["journal"]
        if kept is not None:
            kept.add(db.engine, record)

    def rollback(self) -> None:
        super().rollback()
        journal.take_noted(self)


class Database(SQLAlchemy):
    """Flask-SQLAlchemy, with its scoped session typed as the Session that it proxies."""

    session: Session  # type: ignore[assignment]  # It proxies all of a Session.


class FormProtection(CSRFProtect):
    """Flask-WTF's, which looks up a view's exemptions before it sees that nothing is posted. Its tokens also say for
    which provider their page was made: access rules take no form that was made for another."""

    def init_app(self, app: Flask) -> None:
        super().init_app(app)
        app.jinja_env.globals["csrf_token"] = form_token
        app.context_processor(lambda: {"csrf_token": form_token})

    def posted_provider(self) -> str:
        """The id of the provider that the posted form was made for; empty for a page of none. It is not signed: whoever
        holds a session's token may work for each of that person's providers."""
        token: str = super()._get_csrf_token() or ""
        return token.partition(BETWEEN)[2]

    def _get_csrf_token(self) -> str:
        token: str = super()._get_csrf_token() or ""
        return token.partition(BETWEEN)[0]

    def protect(self, apply_exemptions: bool = False) -> None:
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            super().protect(apply_exemptions)


db = Database(session_options={"class_": JournalledSession})
migrate = Migrate()
babel = Babel()
login = LoginManager()
csrf = FormProtection()
limiter = Limiter(key_func=rate_limit_key)


def write_session() -> Session:
    """This request's session that writes: `db.session` itself, which would look for it anew at each use."""
    return cast("scoped_session[Session]", db.session)()


def read_session() -> Session:
    """This request's read-only session, which opens no transaction. Write through db.session."""
    if "read_session" not in g:
        g.read_session = Session(reader())
    session: Session = g.read_session
    return session


def reader() -> Engine:
    """The read-only engine, for a PreparedSelect."""
    return db.engines["reader"]


def close_reader(_error: BaseException | None = None) -> None:
    """Close what was opened to read, at the end of a request."""
    session: Session | None = g.pop("read_session", None)
    if session is not None:
        session.close()


def vault() -> Vault:
    """The app's vault."""
    app_vault: Vault = current_app.extensions["vault"]
    return app_vault
