"""`flask jobs work`: the worker that launches campaigns, reads files and sends mails."""

from flask import current_app
from flask.cli import AppGroup

from portal.cli.doctor import begin_program
from portal.cli.stopping import stop_on_signal
from portal.core import loops

group = AppGroup("jobs", help="Work that waits as rows.")


@group.command()
def work() -> None:
    """Work until stopped; SIGINT and SIGTERM end it after the steps in hand."""
    begin_program()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # Of the proxy.
    loops.run_loops(app.app_context, stop_on_signal(), current_app.extensions["worker"])
