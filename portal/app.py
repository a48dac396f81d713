"""The application factory. create_app is the table of contents of the portal."""

import gc
import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from flask import Blueprint, Flask, Request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager
from werkzeug.routing import MapAdapter
from werkzeug.utils import find_modules

import config
from portal import cli, jobs
from portal.api.v1 import authentication
from portal.core import database
from portal.core.extensions import babel, close_reader, csrf, db, limiter, login, migrate
from portal.core.journal import Journal
from portal.core.paths import MIGRATIONS, ROOT
from portal.core.vault import Vault
from portal.web.my_consents.blueprint import entry_blueprint as my_consents_entry
from portal.web.recipient import visit_recorder
from portal.web.shared import (
    access,
    app_logging,
    app_setup,
    body_limits,
    clock_guard,
    deadlocks,
    error_pages,
    hosts,
    languages,
    responses,
    security_headers,
    static_files,
)

# New objects. With Python's 700, a list of 10,000 rows took a third longer, for garbage that it has not; with 50,000 an
# import grows with its file.
COLLECT_AFTER = 20_000
Hook = TypeVar("Hook", bound=Callable[..., Any])


class Portal(Flask):
    """No view and no hook of it is a coroutine, so none is inspected for that in each request."""

    login_manager: LoginManager
    response_class = responses.PortalResponse

    def ensure_sync(self, func: Hook) -> Hook:
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        return deadlocks.answer_again(super().dispatch_request)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """As Flask's, which parses the WSGI environment a second time."""
        if request is None:
            return super().create_url_adapter(request)
        return self.url_map.bind(
            request.host, request.root_path, "", request.scheme, request.method, request.path,
            request.query_string.decode(errors="replace"),
        )  # fmt: skip


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """Make the whole application. Raises config.BadSetting where a secret is missing."""
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    app = Portal("portal", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.from_mapping(config.from_environment(environ))
    app_logging.init_app(app)
    init_database(app)
    keys = app.extensions["vault"] = Vault(app.config["VAULT_KEYS"])
    folder, kept_days = app.config["JOURNAL_DIR"], app.config["JOURNAL_DAYS"]
    app.extensions["journal"] = Journal(folder, keys, kept_days) if folder else None

    body_limits.init_app(app)
    clock_guard.init_app(app)
    csrf.init_app(app)
    app.login_manager = login  # Its init_app would read sessions on pages that have none, for a cookie of its own.
    app.extensions["limiter"] = {limiter}  # So it adds no hooks: limits are those of single views.
    limiter.init_app(app)
    babel.init_app(
        app, locale_selector=languages.select_language, default_translation_directories=str(ROOT / "translations")
    )
    hosts.init_app(app)
    security_headers.init_app(app)
    static_files.init_app(app)
    error_pages.init_app(app)
    app_setup.init_app(app)

    register_blueprints(app)
    visit_recorder.init_app(app)
    jobs.init_app(app)
    cli.init_app(app)
    return app


def register_blueprints(app: Flask) -> None:
    """Register each blueprint beside its access rule."""
    app.register_blueprint(access.open_to_all(blueprint_of("portal.web.public")))
    app.register_blueprint(access.without_cookies(blueprint_of("portal.web.verification")))
    app.register_blueprint(access.by_proven_address(blueprint_of("portal.web.my_consents")))
    app.register_blueprint(access.without_cookies(my_consents_entry))
    app.register_blueprint(access.by_code(blueprint_of("portal.web.recipient")))
    app.register_blueprint(access.by_code(blueprint_of("portal.web.consent_points")))
    app.register_blueprint(access.by_password(blueprint_of("portal.web.callbacks")))
    app.register_blueprint(access.by_password(blueprint_of("portal.web.monitoring")))
    app.register_blueprint(access.without_cookies(blueprint_of("portal.api.documentation")))
    app.register_blueprint(access.by_key(blueprint_of("portal.api.v1"), authentication.check_key))
    app.register_blueprint(access.open_to_all(blueprint_of("portal.web.signin")))
    app.register_blueprint(access.signed_in(blueprint_of("portal.web.account")))
    app.register_blueprint(access.of_a_provider(blueprint_of("portal.web.dashboard")))
    app.register_blueprint(access.of_a_provider(blueprint_of("portal.web.desk")))
    app.register_blueprint(access.of_the_operator(blueprint_of("portal.web.operator")))


@cache
def blueprint_of(package: str) -> Blueprint:
    """A package's blueprint, after all its modules, subpackages included, have registered their views."""
    for module in find_modules(package, include_packages=True, recursive=True):
        import_module(module)
    blueprint: Blueprint = import_module(f"{package}.blueprint").blueprint
    return blueprint


def init_database(app: Flask) -> None:
    """Open the database with a writing engine and a reading one, and prepare its file."""
    url = database.sqlalchemy_url(app.config["DATABASE_URL"])
    with suppress(OSError) if database.is_server(url) else nullcontext():  # A full disk here stops no web process then.
        app.config["INSTANCE"].mkdir(mode=0o700, parents=True, exist_ok=True)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = database.writer_options(url, app.config)
    app.config["SQLALCHEMY_BINDS"] = {"reader": {"url": url, **database.reader_options(url, app.config)}}
    db.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS), render_as_batch=True)
    with app.app_context():
        database.attach_listeners(db.engine, db.engines["reader"], app.config)
    app.teardown_appcontext(close_reader)
