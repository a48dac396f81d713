"""Scale-out: 2,000 firms, half of them with accounts of their own, behind one egress and behind two, against an İYS
that answers in 80 ms.

`python -m bench.scale sqlite|postgresql FIRMS GRANTS SECONDS` prints the table of one run: what the forwarder takes of
a core while nothing is due, and while it polls quiet feeds; then, while so many grants wait, half of them of one firm,
and people refuse at 2 a second, how many calls reach İYS and how long refusals take.
"""

import os
import random
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bench import environments, report, servers
from bench.brands import MILLISECONDS, PER_SECOND, SEED, TOKEN_CALLS, Run
from bench.forwarding import FORWARDER
from bench.rounds import Effort, Goal, Result
from portal.core import clock
from portal.core.extensions import db
from portal.core.ids import new_id
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Egress, EgressState, Feed, FeedSource, Lane, Outcome, Submission, Sweep
from portal.core.models.inserts import insert_rows
from portal.services.iys import egresses
from tests import grants

REFUSALS = 2  # A second.
IDLE, PROMPT, POLLING, RATIO = 5.0, 5.0, 0.25, 1.8  # Percent of a core; seconds; of the pace; of one egress's calls.
HOUR = timedelta(hours=1)


def measure(database: str, effort: Effort) -> list[Result]:
    return measure_run(database, *((2000, 200_000, 120.0) if effort.rounds > 1 else (100, 2000, 20.0)))


def measure_run(database: str, firms: int, waiting: int, seconds: float) -> list[Result]:
    with environments.new_portal_settings(database) as settings, servers.stub(MILLISECONDS) as iys:
        environ = settings | {"IYS_BASE_URL": iys, "IYS_REQUESTS_PER_SECOND": str(PER_SECOND)}
        environ |= {"IYS_TOKEN_CALLS_PER_HOUR": TOKEN_CALLS}
        with environments.portal(environ) as app:
            run = Run(app, iys, own_accounts=0.5)
            run.connect(firms)
            begin_polling(run)
            idle, polling, polls = rest(run, environ, seconds)
            let_grants_wait(run, waiting)
            one, two = work(run, environ, seconds)
    return [
        at_most("scale: idle", database, "% of a core", IDLE, idle),
        Result("scale: polling quiet feeds", database, "% of a core", [IDLE], [polling]),
        at_most("scale: polls", database, "of the pace", POLLING, polls / PER_SECOND),
        Result("scale: calls by two egresses", database, "calls/s", [one.calls], [two.calls], Goal(RATIO)),
        Result("scale: lists of two egresses", database, "grants/s", [one.grants], [two.grants]),
        Result("scale: then waiting", database, "grants", [one.waiting], [two.waiting]),
        Result("scale: forwarder for two egresses", database, "% of a core", [one.share], [two.share]),
        at_most("scale: refusals by one, 95 %", database, "s", PROMPT, one.refusals),
        at_most("scale: refusals by two, 95 %", database, "s", PROMPT, two.refusals),
    ]


def rest(run: Run, environ: dict[str, str], seconds: float) -> tuple[float, float, float]:
    """What a forwarder takes of a core in percent while nothing is due, and while it polls; and polls a second."""
    with servers.running(FORWARDER, os.environ | environ) as forwarder:
        wait_until_served(run)
        idle = share_of_core(forwarder.pid, seconds)
        spread_feeds(run)
        return idle, share_of_core(forwarder.pid, seconds), _calls(run, "changes") / seconds


def work(run: Run, environ: dict[str, str], seconds: float) -> tuple["Load", "Load"]:
    """By one egress, then by two."""
    with servers.running(FORWARDER, os.environ | environ) as forwarder:
        wait_until_served(run)
        one = load(run, forwarder.pid, seconds)
        _add_egress(run)
        return one, load(run, forwarder.pid, seconds)


def at_most(case: str, database: str, unit: str, promise: float, figure: float) -> Result:
    return Result(case, database, unit, [promise], [figure], Goal(1, at_most=True))


def begin_polling(run: Run) -> None:
    """As if all had been polled and swept just now."""
    at = clock.now()
    common = {"created_at": at, "attempts": 0}
    with run.app.app_context():
        brands = db.session.execute(select(Brand.id, Brand.provider_id)).all()
        of_brands = [{"brand_id": brand.id, "provider_id": brand.provider_id, **common} for brand in brands]
        rested = {"pulled_at": at, "due_at": at + 2 * HOUR}
        feeds = [each | rested | {"id": new_id(), "source": source} for each in of_brands for source in FeedSource]
        swept = {"position": 0, "asked": 0, "drifted": 0, "ended_at": at}
        insert_rows(db.session, Feed, feeds)
        insert_rows(db.session, Sweep, [each | swept | {"id": new_id()} for each in of_brands])
        db.session.commit()


def spread_feeds(run: Run) -> None:
    """As an hour later: quiet feeds come due one after the other."""
    at, dice = clock.now(), random.Random(SEED)
    with run.app.app_context():
        for feed in db.session.scalars(select(Feed)):
            feed.due_at = at + dice.random() * HOUR
            feed.pulled_at = feed.due_at - HOUR
        db.session.commit()


def wait_until_served(run: Run) -> None:
    with run.app.app_context():
        while not db.session.scalar(select(Egress.lease_until).where(Egress.id == Egress.DEFAULT)):
            db.session.rollback()
            time.sleep(0.5)
        db.session.rollback()
    time.sleep(10)


def share_of_core(pid: int, seconds: float) -> float:
    before = servers.cpu_seconds(pid)
    time.sleep(seconds)
    return 100 * (servers.cpu_seconds(pid) - before) / seconds


def _calls(run: Run, what: str | None = None) -> int:
    return sum(what in (None, each[1]) for each in run.arrivals())


def let_grants_wait(run: Run, count: int) -> None:
    """For lists: half of them of the first firm, the others of all others alike."""
    with run.app.app_context():
        brands = db.session.scalars(select(Brand).order_by(Brand.brand_code)).all()
        for brand in brands:
            each = count // 2 if brand is brands[0] else max(1, count // 2 // (len(brands) - 1))
            phones = grants.phones(each, run.next_phone)
            run.next_phone += each
            codes = (brand.brand_code, brand.brand_code)
            grants.insert_decisions(brand, phones, clock.now(), lane=Lane.BULK, codes=codes)


def waiting_grants(run: Run) -> int:
    with run.app.app_context():
        is_waiting = (Submission.lane == Lane.BULK, Submission.outcome == Outcome.WAITING)
        count = db.session.scalars(select(func.count()).select_from(Submission).where(*is_waiting)).one()
        db.session.rollback()
    return count


def _add_egress(run: Run) -> None:
    with run.app.app_context():
        db.session.add(Egress(id=2, name="second", source_ip="127.0.0.2", polling_share=0.2, state=EgressState.ON))
        db.session.flush()
        egresses.assign(db.session, 2, list(db.session.scalars(select(Brand.provider_id)))[::2])
        db.session.commit()
    time.sleep(10)


@dataclass(frozen=True)
class Load:
    """What a forwarder did while people refused."""

    calls: float  # A second, as are the grants in lists.
    grants: float
    refusals: float  # Seconds, 95 % of them.
    share: float  # Of a core, in percent.
    waiting: int  # Grants at the end.


def load(run: Run, pid: int, seconds: float) -> Load:
    dice, begins, before = random.Random(SEED), time.monotonic(), len(run.arrivals())
    made_at, used = clock.now(), servers.cpu_seconds(pid)
    for number in range(round(seconds * REFUSALS)):
        time.sleep(max(0.0, begins + number / REFUSALS - time.monotonic()))
        run.decide(dice.choice(run.firms), Status.REFUSED)
    lasted = time.monotonic() - begins
    share, calls = 100 * (servers.cpu_seconds(pid) - used) / lasted, run.arrivals()[before:]
    listed = sum(size for _, what, size in calls if what == "bulk_add")
    waits = p95_of_refusals(run, made_at)
    return Load(len(calls) / lasted, listed / lasted, waits, share, waiting_grants(run))


def p95_of_refusals(run: Run, since: datetime) -> float:
    """What İYS has not by now waits since its decision."""
    now = clock.now()
    columns = select(Submission.created_at, Submission.ended_at, Submission.outcome)
    with run.app.app_context():
        rows = db.session.execute(columns.where(Submission.status == Status.REFUSED, Submission.created_at >= since))
        waits = sorted(
            ((row.ended_at if row.outcome == Outcome.ACCEPTED else None) or now) - row.created_at for row in rows
        )
        db.session.rollback()
    return waits[int(0.95 * len(waits))].total_seconds()


if __name__ == "__main__":
    chosen = {"sqlite": environments.SQLITE, "postgresql": environments.POSTGRESQL}[sys.argv[1]]
    print(report.table(measure_run(chosen, int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))))
