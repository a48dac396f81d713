"""İzinlink: a consent portal. create_app is its table of contents."""

import os
from collections.abc import Mapping
from pathlib import Path

from flask import Flask

import config
from portal import cli, database, jobs
from portal.extensions import babel, close_reading, csrf, db, limiter, login, migrate
from portal.mine import blueprint as mine
from portal.recipient import openings
from portal.vault import Vault
from portal.views import blueprint_of
from portal.web import app_setup, errors, headers, hosts, languages, locks, logs, sizes

ROOT = Path(__file__).parent.parent


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The whole application. Raises config.BadSetting where a secret is missing."""
    app = Flask("portal", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.from_mapping(config.from_environment(environ))
    logs.begin(app)
    _open_database(app)
    app.extensions["vault"] = Vault(app.config["VAULT_KEYS"])

    sizes.know(app)
    csrf.init_app(app)
    login.init_app(app, add_context_processor=False)  # It would read the session on pages that have none.
    limiter.init_app(app)
    babel.init_app(app, locale_selector=languages.choose, default_translation_directories=str(ROOT / "translations"))
    hosts.guard(app)
    headers.add(app)
    errors.show(app)
    app_setup.configure(app)

    # Each blueprint beside its access rule.
    app.register_blueprint(locks.open_to_all(blueprint_of("portal.web")))
    app.register_blueprint(locks.without_cookies(blueprint_of("portal.anybody")))
    app.register_blueprint(locks.by_proven_address(blueprint_of("portal.mine")))
    app.register_blueprint(locks.without_cookies(mine.asking))
    app.register_blueprint(locks.by_code(blueprint_of("portal.recipient")))
    app.register_blueprint(locks.by_code(blueprint_of("portal.consentpoint")))
    app.register_blueprint(locks.by_password(blueprint_of("portal.inbound")))
    app.register_blueprint(locks.open_to_all(blueprint_of("portal.signin")))
    app.register_blueprint(locks.signed_in(blueprint_of("portal.account")))
    app.register_blueprint(locks.of_a_provider(blueprint_of("portal.dashboard")))
    app.register_blueprint(locks.of_a_provider(blueprint_of("portal.desk")))
    app.register_blueprint(locks.of_the_operator(blueprint_of("portal.operator")))
    app.extensions["openings"] = openings.Openings(app)
    app.extensions["queue"] = jobs.connect(app)
    cli.add(app)
    return app


def _open_database(app: Flask) -> None:
    url = database.url_of(app.config["DATABASE_URL"])
    app.config["INSTANCE"].mkdir(mode=0o700, parents=True, exist_ok=True)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = database.writer_options(url)
    app.config["SQLALCHEMY_BINDS"] = {"reader": {"url": url, **database.reader_options(url)}}
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "portal" / "migrations"), render_as_batch=True)
    with app.app_context():
        database.prepare(db.engine, db.engines["reader"])
    app.teardown_appcontext(close_reading)
