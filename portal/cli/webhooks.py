"""`flask webhooks …`: the sender of webhooks."""

from flask import current_app
from flask.cli import AppGroup

from portal.cli.doctor import begin_program
from portal.cli.stopping import stop_on_signal
from portal.services.webhooks import sender

group = AppGroup("webhooks", help="Events for the systems of providers.")


@group.command()
def send() -> None:
    """Send events to the endpoints of their providers until stopped; SIGINT and SIGTERM end it after the batches
    in hand."""
    begin_program()
    sender.run(current_app._get_current_object(), stop_on_signal())  # type: ignore[attr-defined]  # Of the proxy.
