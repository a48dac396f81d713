"""The forwarder's loops: each repeats a step in threads of its own, until told to stop.

Providers in sandbox mode have a loop of their own: a failing sandbox never slows İYS's lanes.
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
IDLE_SECONDS = 0.25  # Pause when nothing is due.
SELDOM_SECONDS = 5.0  # For steps that nobody waits for.


@dataclass(frozen=True)
class Loop:
    """A step that is repeated; it returns False when nothing is due."""

    name: str
    step: Step
    threads: int = 1
    idle: float = IDLE_SECONDS
    is_sandbox: bool = False  # It gets the sandbox's client.


# In order of priority. Some threads do nothing but refusals; those of single grants help them.
LANES = [
    Loop("refusals", single_dispatch.forward_next_refusal, THREADS),
    Loop("singles", single_dispatch.forward_next, THREADS),
    Loop("lists", bulk_dispatch.send_next_list, 3),  # While one list is being sent the next ones are prepared.
    Loop("results", bulk_results.fetch_next_result),
    Loop("expiring", expiry.expire_late_submissions, idle=SELDOM_SECONDS),
]


def forward_one(client: Client) -> bool:
    """Take the first due step of any lane, in this thread; False if nothing is due."""
    return any(loop.step(client) for loop in LANES)


LOOPS = [
    *LANES,
    Loop("sandbox", forward_one, idle=1.0, is_sandbox=True),
    Loop("sandbox leftovers", sandbox_access.end_leftovers, idle=SELDOM_SECONDS),
    Loop("pushes", pushes.read_next_push),
    Loop("feeds", feeds.pull_next_page, idle=SELDOM_SECONDS),
    Loop("sweeps", sweeps.sweep_next_chunk, idle=SELDOM_SECONDS),
    Loop("days", reconciliation.reconcile_next_day, idle=SELDOM_SECONDS),
]


def run_loops(app: Flask, stop: threading.Event, loops: Sequence[Loop] = LOOPS) -> None:
    """Run all loops until told to stop; running calls end first."""
    clients = {False: Client(app.config["IYS_BASE_URL"]), True: Client(app.config["SANDBOX_URL"], is_sandbox=True)}
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
    """The first thread of a loop looks for work; the others wait until it finds some."""
    while not stop.is_set():
        if not is_lookout and not more.wait(1.0):
            continue
        try:
            with app.app_context():
                found = loop.step(client)
        except Exception:  # The database may be away; claimed rows are free again when their lease ends.
            log.exception("step.failed", loop=loop.name)
            found = False
        if found:
            more.set()
        else:
            more.clear()
            if is_lookout:
                stop.wait(loop.idle)
