"""The forwarder's loops.

Providers in sandbox mode have a loop of their own: a failing sandbox never slows İYS's lanes.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from flask import Flask

from portal.core import loops as core_loops
from portal.core.loops import IDLE_SECONDS, Loop
from portal.services.iys import reconciliation, sandbox_access
from portal.services.iys.client import Client
from portal.services.iys.forwarding import bulk_dispatch, bulk_results, expiry, single_dispatch
from portal.services.iys.inflow import feeds, pushes, sweeps

THREADS = 4
SELDOM_SECONDS = 5.0  # For steps that nobody waits for.


@dataclass(frozen=True)
class IysLoop:
    """A loop whose step gets the client of İYS, or of the sandbox."""

    name: str
    step: Callable[[Client], bool]
    threads: int = 1
    idle: float = IDLE_SECONDS
    is_sandbox: bool = False


# In order of priority. Some threads do nothing but refusals; those of single grants help them.
LANES = [
    IysLoop("refusals", single_dispatch.forward_next_refusal, THREADS),
    IysLoop("singles", single_dispatch.forward_next, THREADS),
    IysLoop("lists", bulk_dispatch.send_next_list, 3, idle=1.0),  # While one is being sent the next ones are prepared.
    IysLoop("results", bulk_results.fetch_next_result, 2, idle=SELDOM_SECONDS),
    IysLoop("expiring", expiry.expire_late_submissions, idle=SELDOM_SECONDS),
]


def forward_one(client: Client) -> bool:
    """Take the first due step of any lane, in this thread; False if nothing is due, or the sandbox failed just now."""
    is_resting = client.is_sandbox and sandbox_access.is_resting()
    return not is_resting and any(loop.step(client) for loop in LANES[1:])  # Single ones begin with refusals.


LOOPS = [
    *LANES,
    IysLoop("sandbox", forward_one, idle=1.0, is_sandbox=True),
    IysLoop("sandbox leftovers", sandbox_access.end_leftovers, idle=SELDOM_SECONDS),
    IysLoop("pushes", pushes.read_next_push),
    IysLoop("feeds", feeds.pull_next_page, idle=SELDOM_SECONDS),
    IysLoop("sweeps", sweeps.sweep_next_chunk, idle=SELDOM_SECONDS),
    IysLoop("days", reconciliation.reconcile_next_day, idle=SELDOM_SECONDS),
]


def run_loops(app: Flask, stop: threading.Event, loops: Sequence[IysLoop] = LOOPS, others: Sequence[Loop] = ()) -> None:
    """Run all loops until told to stop, with others that need no client; running calls end first."""
    clients = {False: Client(app.config["IYS_BASE_URL"]), True: Client(app.config["SANDBOX_URL"], is_sandbox=True)}
    bound = [Loop(each.name, partial(each.step, clients[each.is_sandbox]), each.threads, each.idle) for each in loops]
    core_loops.run_loops(app.app_context, stop, [*bound, *others])
