"""The loops that deliver webhooks. Endpoints that fail or take long have workers of their own, so that they hold up no
other; and whatever hangs holds one worker for seconds, then waits for a batch among its likes."""

import threading
from functools import partial

from flask import Flask

from portal.core import loops
from portal.core.loops import Loop
from portal.core.ssrf_guard import dns_resolver
from portal.services.webhooks.delivery import deliver_next
from portal.services.webhooks.transport import Transport

THREADS, SLOW_THREADS = 12, 6


def run_loops(app: Flask, stop: threading.Event) -> None:
    """Deliver until told to stop; batches in hand end first. Any number of senders may run."""
    transport = make_transport(app)
    chosen = (
        Loop("webhooks", partial(deliver_next, transport), THREADS),
        Loop("slow webhooks", partial(deliver_next, transport, slow=True), SLOW_THREADS, idle=1.0),
    )
    loops.run_loops(app.app_context, stop, chosen)


def make_transport(app: Flask) -> Transport:
    """That of the app's settings: in development, endpoints may be anywhere."""
    return Transport(None if app.config["DEVELOPMENT"] else dns_resolver(app.config["DNS_SERVER"]))
