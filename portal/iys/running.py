"""The forwarder's loops: each step does one due thing, in threads of its own, until told to stop."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Flask

from portal.iys.client import Client
from portal.iys.forwarding import single

log = structlog.get_logger()

Step = Callable[[Client], bool]
THREADS = 4
IDLE = 0.25  # Seconds between looks when nothing is due.


@dataclass(frozen=True)
class Loop:
    """A step that is taken again and again; it answers False when nothing is due."""

    name: str
    step: Step
    threads: int = 1


LOOPS = [Loop("forwarding", single.step, THREADS)]


def run(app: Flask, stop: threading.Event) -> None:
    """Take the steps of every loop until told to stop; the calls in hand are ended first."""
    client = Client(app.config["IYS_BASE_URL"])
    threads = [
        threading.Thread(target=_keep_stepping, args=(app, client, loop, stop), name=f"{loop.name}-{number}")
        for loop in LOOPS
        for number in range(loop.threads)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def turn(client: Client) -> bool:
    """The first due step in the order of the loops, in this thread; False where nothing is due anywhere."""
    return any(loop.step(client) for loop in LOOPS)


def _keep_stepping(app: Flask, client: Client, loop: Loop, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            with app.app_context():
                is_idle = not loop.step(client)
        except Exception:  # The database may be away; what was claimed comes back when its lease ends.
            log.exception("step.failed", loop=loop.name)
            is_idle = True
        if is_idle:
            stop.wait(IDLE)
