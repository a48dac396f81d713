"""Lanes: refusals and a burst of them while 100,000 grants go in lists, against an İYS that answers in 100 ms.

The yardstick of the lists is a bare loop of the same lists, held to the requests that refusals leave over; the others
are measured against what is promised. `python -m bench.lanes sqlite|postgresql [GRANTS] [SECONDS]` prints the figures.
"""

import os
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles

import requests
from flask import Flask
from sqlalchemy import func, select, update

from bench import environments, servers
from bench.forwarding import FORWARDER
from bench.rounds import Effort, Goal, Result
from portal.core import clock, iys_protocol
from portal.core.extensions import db, vault
from portal.core.models import Brand, BulkRequest, BulkState, Lane, Outcome, Submission
from tests import grants, make

PER_SECOND = 8  # Requests, over everything.
REFUSALS = 3  # A second, of other keys.
BURST = 500
MILLISECONDS = 100
PROMISES = {"p95 s": 5.0, "burst/s": 7.0, "most a second": PER_SECOND, "token calls": 2}
TIMEOUT = 600  # Seconds after which a run is given up.


@dataclass
class Run:
    """One database, one forwarder, one stub."""

    app: Flask
    iys: str
    next_phone: int = 0

    def add(self, count: int, **facts) -> None:
        texts = grants.phones(count, self.next_phone)
        self.next_phone += count
        with self.app.app_context():
            grants.insert_decisions(db.session.scalars(select(Brand).limit(1)).one(), texts, clock.now(), **facts)
            db.session.rollback()

    def refuse(self, count: int) -> None:
        self.add(count, lane=None, status="RET", held="ONAY")

    def arrivals(self, what: str | None = None) -> list:
        told = requests.get(f"{self.iys}/arrivals", timeout=30).json()["arrivals"]
        return [each for each in told if what is None or each[1] == what]

    def count(self, *conditions) -> int:
        with self.app.app_context():
            found = db.session.scalar(select(func.count()).select_from(Submission).where(*conditions)) or 0
            db.session.rollback()
            return found

    def wait_until(self, reached) -> None:
        give_up_at = time.monotonic() + TIMEOUT
        while not reached():
            if time.monotonic() > give_up_at:
                raise TimeoutError("The lanes did not get on.")
            time.sleep(0.5)


def measure(database: str, effort: Effort) -> list[Result]:
    """The promises of the lanes, each as a ratio to what is promised."""
    size, seconds = (100_000, 60) if effort.rounds > 1 else (5_000, 5)
    figures = measure_figures(database, size, seconds)
    bulk = Result(
        "lists beside refusals", database, "grants/s", [figures["bare grants/s"]], [figures["grants/s"]], Goal(0.8)
    )
    kept = [
        Result(f"lanes: {name}", database, name, [promise], [figures[name]], Goal(1, at_most=name != "burst/s"))
        for name, promise in PROMISES.items()
    ]
    return [bulk, *kept]


def measure_figures(database: str, size: int, seconds: int) -> dict[str, float]:
    """Every figure of one run."""
    with environments.new_portal_settings(database) as settings, servers.stub(MILLISECONDS) as iys:
        environ = settings | {"IYS_BASE_URL": iys, "IYS_REQUESTS_PER_SECOND": str(PER_SECOND)}
        with environments.portal(environ) as app:
            make.provider()
            lanes = Run(app, iys)
        lanes.add(size)
        figures = {"bare grants/s": _bare_lists_per_second(lanes, min(size, 50_000))}
        requests.post(f"{iys}/reset", timeout=30)
        with servers.running(FORWARDER, os.environ | environ):
            figures |= _measure_beside_refusals(lanes, size, seconds)
            figures |= _measure_burst(lanes)
            figures["results/s"] = _results_per_second(lanes)
        figures["most a second"] = most_in_a_second([each[0] for each in lanes.arrivals()])
        figures["token calls"] = len(lanes.arrivals("token"))
        for engine in _engines(app):
            engine.dispose()
    return figures


def _bare_lists_per_second(lanes: Run, size: int) -> float:
    """The same lists from a bare loop, at the rate that refusals leave over."""
    with lanes.app.app_context():
        waiting = select(Submission.id, Submission.provider_id, Submission.payload, Submission.endpoint)
        rows = db.session.execute(waiting.where(Submission.lane == Lane.BULK).limit(size)).all()
        payloads = [vault().open(row.payload, Submission.PLACE, row.provider_id, row.id) for row in rows]
        db.session.rollback()
    bodies = [
        iys_protocol.freeze_bulk_payload(payloads[start : start + 1000]) for start in range(0, len(payloads), 1000)
    ]
    session, pause, starts = requests.Session(), 1 / (PER_SECOND - REFUSALS), time.perf_counter()
    for number, body in enumerate(bodies):
        time.sleep(max(0.0, starts + number * pause - time.perf_counter()))
        answer = session.post(lanes.iys + rows[0].endpoint, data=body, headers={"Content-Type": "application/json"})
        answer.json()
    return _consents_per_second(lanes.arrivals("bulk_add"))


def _measure_beside_refusals(lanes: Run, size: int, seconds: int) -> dict[str, float]:
    lanes.wait_until(lambda: lanes.arrivals("bulk_add"))
    starts = time.monotonic()
    for number in range(REFUSALS * seconds):
        time.sleep(max(0.0, starts + number / REFUSALS - time.monotonic()))
        lanes.refuse(1)
    lanes.wait_until(lambda: sum(each[2] for each in lanes.arrivals("bulk_add")) >= size)
    lanes.wait_until(lambda: lanes.count(Submission.status == "RET", Submission.due_at.is_not(None)) == 0)
    last_list = lanes.arrivals("bulk_add")[-1][0] - lanes.arrivals("bulk_add")[0][0]
    return {
        "grants/s": _consents_per_second(lanes.arrivals("bulk_add")),
        "lists took s": last_list,
        "p95 s": quantiles(_waiting_times(lanes), n=20)[-1],
        "longest s": max(_waiting_times(lanes)),
    }


def _measure_burst(lanes: Run) -> dict[str, float]:
    """500 refusals at once, with many lists waiting."""
    lanes.add(40_000)
    before = len(lanes.arrivals())
    lanes.refuse(BURST)
    lanes.wait_until(lambda: lanes.count(Submission.status == "RET", Submission.due_at.is_not(None)) == 0)
    arrivals = lanes.arrivals()[before:]
    adds = [at for at, what, _ in arrivals if what == "add"][-BURST:]
    between = [what for at, what, _ in arrivals if adds[0] < at < adds[-1] and what == "bulk_add"]
    return {"burst/s": (len(adds) - 1) / (adds[-1] - adds[0]), "lists in between": len(between)}


def _results_per_second(lanes: Run) -> float:
    """As if five minutes had passed: every list's result."""
    lanes.wait_until(lambda: lanes.count(Submission.lane == Lane.BULK, Submission.outcome == Outcome.WAITING) == 0)
    with lanes.app.app_context():
        sent = update(BulkRequest).where(BulkRequest.state == BulkState.SENT)
        db.session.execute(sent.values(due_at=clock.now() - timedelta(seconds=1)))
        db.session.commit()
    starts = time.monotonic()
    lanes.wait_until(lambda: lanes.count(Submission.due_at.is_not(None)) == 0)
    took = time.monotonic() - starts
    accepted = lanes.count(Submission.outcome == Outcome.ACCEPTED, Submission.lane == Lane.BULK)
    if lanes.count(Submission.outcome != Outcome.ACCEPTED):
        raise RuntimeError("Something was not accepted.")
    return accepted / took


def _waiting_times(lanes: Run) -> list[float]:
    with lanes.app.app_context():
        told = select(Submission.created_at, Submission.ended_at).where(Submission.status == "RET")
        waited = [(row.ended_at - row.created_at).total_seconds() for row in db.session.execute(told)]
        db.session.rollback()
    return waited


def _consents_per_second(arrivals: list) -> float:
    """Consents a second, between the first list and the last."""
    return sum(each[2] for each in arrivals[1:]) / (arrivals[-1][0] - arrivals[0][0])


def most_in_a_second(moments: list[float]) -> int:
    moments = sorted(moments)
    return max(sum(at <= each < at + 1 for each in moments[number : number + 60]) for number, at in enumerate(moments))


def _engines(app: Flask) -> list:
    with app.app_context():
        return list(db.engines.values())


if __name__ == "__main__":
    database = {"sqlite": environments.SQLITE, "postgresql": environments.POSTGRESQL}[sys.argv[1]]
    size, seconds = (int(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else (100_000, 60)
    for name, figure in measure_figures(database, size, seconds).items():
        print(f"{name:20} {figure:10.2f}", flush=True)
