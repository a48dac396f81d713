"""The loops that deliver webhooks. Endpoints that fail or take long have threads of their own, so that they hold up no
other; and whatever hangs holds one thread for seconds, then waits for a batch among its likes."""

import threading

from flask import Flask

from portal.core import loops
from portal.core.guarded_requests import Transport
from portal.core.loops import Loop
from portal.core.ssrf_guard import dns_resolver
from portal.services.webhooks.delivery import Dispatcher

THREADS, SLOW_THREADS = 24, 6


def run(app: Flask, stop: threading.Event) -> None:
    """Deliver until told to stop; batches in hand end first. Any number of senders may run."""
    is_anywhere = app.config["DEVELOPMENT"]  # In development, endpoints may have private addresses.
    transport = Transport(None if is_anywhere else dns_resolver(app.config["DNS_SERVER"]))
    usual, slow = Dispatcher(transport, THREADS), Dispatcher(transport, SLOW_THREADS, slow=True)
    loops.run_loops(app.app_context, stop, [Loop("webhooks", usual.step), Loop("slow webhooks", slow.step, idle=1.0)])
    with app.app_context():
        usual.record_ended(None)
        slow.record_ended(None)
