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
IDLE_SECONDS = 0.25  # Seconds between looks when nothing is due.
SELDOM_SECONDS = 5.0  # The same for what nobody waits for.


@dataclass(frozen=True)
class Loop:
    """A step that is taken again and again; it answers False when nothing is due."""

    name: str
    step: Step
    threads: int = 1
    idle: float = IDLE_SECONDS
    is_sandbox: bool = False  # Its client is the sandbox's.


# In the order in which they go first. Some threads do nothing but refusals; those of single grants join them.
LANES = [
    Loop("refusals", single_dispatch.forward_next_refusal, THREADS),
    Loop("singles", single_dispatch.forward_next, THREADS),
    Loop("lists", bulk_dispatch.send_next_list, 3),  # While one list is under way the next ones are made ready.
    Loop("results", bulk_results.fetch_next_result),
    Loop("expiring", expiry.expire_late_submissions, idle=SELDOM_SECONDS),
]


def forward_one(client: Client) -> bool:
    """The first due step of forwarding, in this thread; False where nothing is due in any lane."""
    return any(loop.step(client) for loop in LANES)


LOOPS = [
    *LANES,
    Loop("practice", forward_one, idle=1.0, is_sandbox=True),
    Loop("practice ended", sandbox_access.end_leftovers, idle=SELDOM_SECONDS),
    Loop("pushes", pushes.read_next_push),
    Loop("feeds", feeds.pull_next_page, idle=SELDOM_SECONDS),
    Loop("sweeps", sweeps.sweep_next_chunk, idle=SELDOM_SECONDS),
    Loop("days", reconciliation.reconcile_next_day, idle=SELDOM_SECONDS),
]


def run_loops(app: Flask, stop: threading.Event, loops: Sequence[Loop] = LOOPS) -> None:
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
            target=_run_loop, args=(app, client, loop, stop, more, number == 0), name=f"{loop.name}-{number}"
        )
        for number in range(loop.threads)
    ]


def _run_loop(
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
