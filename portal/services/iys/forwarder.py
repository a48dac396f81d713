"""The forwarder's loops: those that call İYS once for each egress that this process serves, the others once.

Whoever has the lease of an egress serves it; when its process dies, another forwarder does. Providers in sandbox mode
have a loop of their own: a failing sandbox never slows İYS's lanes.
"""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from flask import Flask

from portal.core import clock
from portal.core import loops as core_loops
from portal.core.extensions import db
from portal.core.loops import IDLE_SECONDS, Loop
from portal.core.models import EgressState
from portal.services.iys import egresses, reconciliation, sandbox_access
from portal.services.iys.client import Client
from portal.services.iys.egresses import EgressFacts
from portal.services.iys.forwarding import bulk_dispatch, bulk_results, expiry, single_dispatch
from portal.services.iys.inflow import feeds, pushes, sweeps

log = structlog.get_logger()

THREADS = 4
SELDOM_SECONDS = 5.0  # For steps that nobody waits for.
RENEW_SECONDS = egresses.LEASE.total_seconds() / 5  # And so often a free egress is looked for.


@dataclass(frozen=True)
class IysLoop:
    """A loop whose step gets the client of İYS, or of the sandbox."""

    name: str
    step: Callable[[Client], bool]
    threads: int = 1
    idle: float = IDLE_SECONDS
    is_sandbox: bool = False
    is_of_egress: bool = True  # Each egress has threads of its own for it.
    while_draining: bool = False


# In order of priority. Some threads do nothing but refusals; those of single grants help them.
LANES = [
    IysLoop("refusals", single_dispatch.forward_next_refusal, THREADS, while_draining=True),
    IysLoop("singles", single_dispatch.forward_next, THREADS),
    IysLoop("lists", bulk_dispatch.send_next_list, 3, idle=1.0),  # While one is being sent the next ones are prepared.
    IysLoop("results", bulk_results.fetch_next_result, 2, idle=SELDOM_SECONDS, while_draining=True),
    IysLoop("expiring", expiry.expire_late_submissions, idle=SELDOM_SECONDS, is_of_egress=False),
]


def forward_one(client: Client) -> bool:
    """Take the first due step of any lane, in this thread; False if nothing is due, or the sandbox failed just now."""
    is_resting = client.is_sandbox and sandbox_access.is_resting()
    return not is_resting and any(loop.step(client) for loop in LANES[1:])  # Single ones begin with refusals.


LOOPS = [
    *LANES,
    IysLoop("sandbox", forward_one, idle=1.0, is_sandbox=True, is_of_egress=False),
    IysLoop("sandbox leftovers", sandbox_access.end_leftovers, idle=SELDOM_SECONDS, is_of_egress=False),
    IysLoop("pushes", pushes.read_next_push, is_of_egress=False),
    IysLoop("feeds", feeds.pull_next_page, idle=SELDOM_SECONDS),
    IysLoop("sweeps", sweeps.sweep_next_chunk, idle=SELDOM_SECONDS),
    IysLoop("days", reconciliation.reconcile_next_day, idle=SELDOM_SECONDS),
]


def run_loops(
    app: Flask, stop: threading.Event, loops: Sequence[IysLoop] = LOOPS, others: Sequence[Loop] = (),
    egress_names: Collection[str] = (),
) -> None:  # fmt: skip
    """Run all loops until told to stop, with others that need no client; running calls end first. Of the egresses those
    of these names are served, or any that nobody serves."""
    clients = {False: Client(app.config["IYS_BASE_URL"]), True: Client(app.config["SANDBOX_URL"], is_sandbox=True)}
    with app.app_context():
        egresses.add_default(db.session)
        db.session.commit()
    bound = {
        each: Loop(each.name, partial(each.step, clients[each.is_sandbox]), each.threads, each.idle) for each in loops
    }
    served = _ServedEgresses(app, {each: loop for each, loop in bound.items() if each.is_of_egress}, egress_names)
    shared = [loop for each, loop in bound.items() if not each.is_of_egress]
    core_loops.run_loops(
        app.app_context, stop, [*shared, *others, Loop("egresses", served.renew_and_claim, idle=RENEW_SECONDS)]
    )
    served.stop()


class _ServedEgresses:
    """The egresses of which this process has the lease, and the threads that work for them."""

    def __init__(self, app: Flask, loops: dict[IysLoop, Loop], names: Collection[str]):
        self._app, self._loops, self._names = app, loops, names
        self._running: dict[int, _RunningEgress] = {}

    def renew_and_claim(self) -> bool:
        """Renew the leases, give up what was lost or changed its state, and begin to serve what is free."""
        for running in list(self._running.values()):
            renewed = egresses.renew(db.session, running.facts, clock.now())
            if renewed is not None and renewed.state == running.facts.state:
                running.facts = renewed
                continue
            self._end(running)
            if renewed is not None:
                self._begin(renewed)
        for facts in egresses.claim_free(db.session, self._names, clock.now()):
            self._begin(facts)
        return False

    def stop(self) -> None:
        """Wait for the calls in hand, and let others serve what this process served."""
        for running in self._running.values():
            running.stop.set()
        with self._app.app_context():
            for running in self._running.values():
                running.thread.join()
                egresses.release(db.session, running.facts)

    def _begin(self, facts: EgressFacts) -> None:
        stop, is_draining = threading.Event(), facts.state == EgressState.DRAINING
        loops = [loop for each, loop in self._loops.items() if each.while_draining or not is_draining]
        context = partial(_context, self._app, facts)
        thread = threading.Thread(target=core_loops.run_loops, args=(context, stop, loops), name=f"egress-{facts.name}")
        self._running[facts.id] = _RunningEgress(facts, stop, thread)
        thread.start()
        log.info("egress.served", egress=facts.name, state=facts.state.value)

    def _end(self, running: "_RunningEgress") -> None:
        """Its calls in hand end by themselves."""
        running.stop.set()
        del self._running[running.facts.id]
        log.info("egress.left", egress=running.facts.name)


@dataclass
class _RunningEgress:
    facts: EgressFacts
    stop: threading.Event
    thread: threading.Thread


@contextlib.contextmanager
def _context(app: Flask, facts: EgressFacts) -> Iterator[None]:
    """What a step of an egress runs in."""
    with app.app_context(), egresses.using(facts):
        yield
