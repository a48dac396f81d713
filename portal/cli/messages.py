"""`flask messages …`: the sender."""

import signal
import threading

from flask import current_app
from flask.cli import AppGroup

from portal.services.messaging import sender

group = AppGroup("messages", help="Messages to recipients.")


@group.command()
def send() -> None:
    """Send what waits in the outbox until stopped; SIGINT and SIGTERM end it after the calls in hand."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    sender.run_loops(current_app._get_current_object(), stop)  # type: ignore[attr-defined]  # Of the proxy.
