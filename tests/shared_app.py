"""One app per test process, since making one takes longer than most tests: each test finds it as it was made."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy.util import LRUCache

from portal.core.extensions import db
from portal.web.recipient import visit_recorder
from tests import databases

STATEMENTS = 2000  # Compiled ones that are kept; all tests together have more than an engine keeps by itself.


class SharedApp:
    """Lends an app to one test after another. What a test changes on it is undone; where that is not possible, or a
    connection is still in use, the next test gets another app."""

    def __init__(self):
        self._app: Flask | None = None
        self._attributes: dict[str, object] = {}
        self._contents: dict[str, dict] = {}
        self._additions: list[int] = []

    def lend(self, make: Callable[[], Flask]) -> Flask:
        """The app as `make` made it."""
        if self._app is None:
            self._app = make()
            self._remember(self._app)
        visit_recorder.init_app(self._app)
        return self._app

    def take_back(self) -> None:
        """Undo what a test did to the app."""
        app = self._app
        assert app is not None, "nothing was lent"
        app.extensions["visit_recorder"].stop()
        if _additions(app) != self._additions or _has_busy_connection(app):
            self.close()
            return
        _reset(vars(app), self._attributes)
        for name, content in self._contents.items():
            _reset(vars(app)[name], content)

    def close(self) -> None:
        self.disconnect()
        self._app = None

    def disconnect(self) -> None:
        """Close its connections, which otherwise stay open: each new one reads the schema anew."""
        if self._app is not None:
            databases.close_connections(self._app)

    def _remember(self, app: Flask) -> None:
        with app.app_context():
            for engine in db.engines.values():
                engine.update_execution_options(compiled_cache=LRUCache(STATEMENTS))
        assert app.jinja_env  # Else it would be made, and its templates be compiled, for each test.
        self._attributes = dict(vars(app))
        self._contents = {name: dict(value) for name, value in vars(app).items() if isinstance(value, dict)}
        self._additions = _additions(app)


def _reset(values: dict, as_made: dict) -> None:
    for name in values.keys() - as_made.keys():
        del values[name]
    values.update(as_made)


def _additions(app: Flask) -> list[int]:
    """Numbers of what can be added to an app and not be taken away: rules, hooks, listeners to its statements."""
    with app.app_context():
        listeners = [list(engine.dispatch.before_cursor_execute) for engine in db.engines.values()]
    hooks = [*app.before_request_funcs.values(), *app.after_request_funcs.values()]
    return [len(app.url_map._rules), *map(len, listeners), *map(len, hooks)]


def _has_busy_connection(app: Flask) -> bool:
    with app.app_context():
        return any(engine.pool.checkedout() for engine in db.engines.values())
