"""`flask messages …`: the sender."""

from flask import current_app
from flask.cli import AppGroup

from portal.cli.doctor import begin_program
from portal.cli.stopping import stop_on_signal
from portal.services.messaging import sender

group = AppGroup("messages", help="Messages to recipients.")


@group.command()
def send() -> None:
    """Send what waits in the outbox until stopped; SIGINT and SIGTERM end it after the calls in hand."""
    begin_program()
    sender.run(current_app._get_current_object(), stop_on_signal())  # type: ignore[attr-defined]  # Of the proxy.
