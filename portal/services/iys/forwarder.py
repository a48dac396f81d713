"""The forwarder's loops: those that call İYS once for each egress that this process serves, the others once.

Whoever has the lease of an egress serves it; when its process dies, another forwarder does. Providers in sandbox mode
have a loop of their own: a failing sandbox never slows İYS's lanes.
"""

import contextlib
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from flask import Flask

from portal.core import clock, loops
from portal.core.extensions import db
from portal.core.loops import Loop
from portal.core.models import EgressState
from portal.services.iys import egresses, reconciliation, sandbox_access
from portal.services.iys.client import Client
from portal.services.iys.egresses import EgressFacts
from portal.services.iys.forwarding import bulk_dispatch, bulk_results, expiry, single_dispatch
from portal.services.iys.inflow import feeds, pushes, sweeps

log = structlog.get_logger()

THREADS = 4
SELDOM_SECONDS = 5.0  # For steps that nobody waits for.
PARKED_SECONDS = 600.0  # Days passed since they were parked.
RENEW_SECONDS = egresses.LEASE.total_seconds() / 5  # And so often a free egress is looked for.


def run(app: Flask, stop: threading.Event, others: Sequence[Loop] = (), egress_names: Collection[str] = ()) -> None:
    """Run all loops, and the others, until told to stop; running calls end first. Of the egresses those of these names
    are served, or any that nobody serves."""
    iys, sandbox = Client(app.config["IYS_BASE_URL"]), Client(app.config["SANDBOX_URL"], is_sandbox=True)
    with app.app_context():
        egresses.add_default(db.session)
        db.session.commit()
    served = _ServedEgresses(app, iys, egress_names)
    lease = Loop("egresses", served.renew_and_claim, idle=RENEW_SECONDS)
    loops.run_loops(app.app_context, stop, [*shared_loops(iys, sandbox), *others, lease])
    served.stop()


def egress_loops(iys: Client, state: EgressState = EgressState.ON) -> list[Loop]:
    """Those for which each egress has threads of its own. Some do nothing but refusals; those of single grants help
    them. One that is draining sends refusals, and fetches what became of its lists."""
    draining = [
        Loop("refusals", partial(single_dispatch.forward_next_refusal, iys), THREADS),
        Loop("results", partial(bulk_results.fetch_next_result, iys), 2, idle=2.0),
    ]
    if state == EgressState.DRAINING:
        return draining
    return [
        *draining,
        Loop("singles", partial(single_dispatch.forward_next, iys), THREADS),
        Loop("lists", partial(bulk_dispatch.send_next_list, iys), 3, idle=1.0),  # Others are prepared meanwhile.
        Loop("feeds", partial(feeds.pull_next_page, iys), idle=SELDOM_SECONDS),
        Loop("sweeps", partial(sweeps.sweep_next_chunk, iys), idle=SELDOM_SECONDS),
        Loop("days", partial(reconciliation.reconcile_next_day, iys), idle=SELDOM_SECONDS),
    ]


def shared_loops(iys: Client, sandbox: Client) -> list[Loop]:
    """Those that a forwarder has once."""
    return [
        Loop("expiring", partial(expiry.expire_late_submissions, iys), idle=SELDOM_SECONDS),
        Loop("parked", expiry.expire_parked_refusals, idle=PARKED_SECONDS),
        Loop("sandbox", partial(forward_one, sandbox), idle=1.0),
        Loop("sandbox leftovers", partial(sandbox_access.end_leftovers, iys), idle=SELDOM_SECONDS),
        Loop("pushes", partial(pushes.read_next_push, iys)),
    ]


def forward_one(client: Client) -> bool:
    """Take the first due step, in this thread; False if nothing is due, or the sandbox failed just now."""
    steps = (
        single_dispatch.forward_next,  # Refusals first.
        bulk_dispatch.send_next_list,
        bulk_results.fetch_next_result,
        expiry.expire_late_submissions,
    )
    is_resting = client.is_sandbox and sandbox_access.is_resting()
    return not is_resting and any(step(client) for step in steps)


class _ServedEgresses:
    """The egresses of which this process has the lease, and the threads that work for them."""

    def __init__(self, app: Flask, iys: Client, names: Collection[str]):
        self._app, self._iys, self._names = app, iys, names
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
        running = _RunningEgress(facts, threading.Event())
        running.thread = threading.Thread(
            target=loops.run_loops,
            args=(partial(running.context, self._app), running.stop, egress_loops(self._iys, facts.state)),
            name=f"egress-{facts.name}",
        )
        self._running[facts.id] = running
        running.thread.start()
        log.info("egress.served", egress=facts.name, state=facts.state.value)

    def _end(self, running: "_RunningEgress") -> None:
        """Its calls in hand end by themselves."""
        running.stop.set()
        del self._running[running.facts.id]
        log.info("egress.left", egress=running.facts.name)


@dataclass
class _RunningEgress:
    facts: EgressFacts  # As its lease was renewed last.
    stop: threading.Event
    thread: threading.Thread = field(init=False)

    @contextlib.contextmanager
    def context(self, app: Flask) -> Iterator[None]:
        """What a step runs in."""
        with app.app_context(), egresses.using(self.facts):
            yield
