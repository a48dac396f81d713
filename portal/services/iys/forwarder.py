"""The forwarder's loops: each step does one due thing, in threads of its own, until told to stop.

What practising providers have goes to the sandbox in a loop of its own: whatever is the matter there, İYS's lanes go
on.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from flask import Flask

from portal.services.iys import reconciliation, sandbox_access
from portal.services.iys.client import Client
from portal.services.iys.forwarding import bulk_dispatch, bulk_results, expiry, single_dispatch
from portal.services.iys.inflow import feeds, pushes, sweeps

log = structlog.get_logger()

Step = Callable[[Client], bool]
THREADS = 4
IDLE = 0.25  # Seconds between looks when nothing is due.
SELDOM = 5.0  # The same for what nobody waits for.


@dataclass(frozen=True)
class Loop:
    """A step that is taken again and again; it answers False when nothing is due."""

    name: str
    step: Step
    threads: int = 1
    idle: float = IDLE
    is_sandbox: bool = False  # Its client is the sandbox's.


# In the order in which they go first. Some threads do nothing but refusals; those of single grants join them.
LANES = [
    Loop("refusals", single_dispatch.refusals, THREADS),
    Loop("singles", single_dispatch.step, THREADS),
    Loop("lists", bulk_dispatch.step, 3),  # While one list is under way the next ones are made ready.
    Loop("results", bulk_results.step),
    Loop("expiring", expiry.step, idle=SELDOM),
]


def turn(client: Client) -> bool:
    """The first due step of forwarding, in this thread; False where nothing is due in any lane."""
    return any(loop.step(client) for loop in LANES)


LOOPS = [
    *LANES,
    Loop("practice", turn, idle=1.0, is_sandbox=True),
    Loop("practice ended", sandbox_access.end_left_over, idle=SELDOM),
    Loop("pushes", pushes.step),
    Loop("feeds", feeds.step, idle=SELDOM),
    Loop("sweeps", sweeps.step, idle=SELDOM),
    Loop("days", reconciliation.step, idle=SELDOM),
]


def run(app: Flask, stop: threading.Event, loops: Sequence[Loop] = LOOPS) -> None:
    """Take the steps of every loop until told to stop; the calls in hand are ended first."""
    clients = {
        False: Client(app.config["IYS_BASE_URL"]),
        True: Client(app.config["SANDBOX_URL"], is_sandbox=True),
    }
    threads = [thread for loop in loops for thread in _threads(app, clients[loop.is_sandbox], loop, stop)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _threads(app: Flask, client: Client, loop: Loop, stop: threading.Event) -> list[threading.Thread]:
    more = threading.Event()
    return [
        threading.Thread(
            target=_keep_stepping, args=(app, client, loop, stop, more, number == 0), name=f"{loop.name}-{number}"
        )
        for number in range(loop.threads)
    ]


def _keep_stepping(
    app: Flask, client: Client, loop: Loop, stop: threading.Event, more: threading.Event, is_lookout: bool
) -> None:
    """The first thread of a loop looks for work; the others rest until it finds some."""
    while not stop.is_set():
        if not is_lookout and not more.wait(1.0):
            continue
        try:
            with app.app_context():
                found = loop.step(client)
        except Exception:  # The database may be away; what was claimed comes back when its lease ends.
            log.exception("step.failed", loop=loop.name)
            found = False
        if found:
            more.set()
        else:
            more.clear()
            if is_lookout:
                stop.wait(loop.idle)
