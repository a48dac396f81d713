"""An hour of scale-out: every firm's feeds are polled within their hour, while a million grants go and people refuse.

`python -m bench.hour sqlite|postgresql FIRMS GRANTS SECONDS` prints the table of one run. When SECONDS is an hour and a
bit, each feed comes due once at least; the stub tells when each was asked for.
"""

import math
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

import requests
from sqlalchemy import select

from bench import environments, report, servers
from bench.brands import MILLISECONDS, PER_SECOND, SEED, TOKEN_CALLS, Run
from bench.forwarding import FORWARDER
from bench.lanes import most_in_a_second
from bench.rounds import Goal, Result
from bench.scale import (
    HOUR,
    POLLING,
    PROMPT,
    REFUSALS,
    at_most,
    begin_polling,
    let_grants_wait,
    spread_feeds,
    wait_until_served,
)
from portal.core import clock, iys_protocol
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Feed, Lane, Outcome, Submission

LATE = 60.0  # Seconds that a feed may come after its hour.
SPAN = 300.0  # Seconds over which the share of polls is looked at.
SETTLING = 10.0  # Seconds after the last refusal.


@dataclass
class Hour:
    """What one hour left behind."""

    refusals: list[tuple[float, float]]  # Seconds from its beginning to the decision, and from there to acceptance.
    calls: list  # At the stub: [seconds from its beginning, what, how many consents].
    gaps: dict[str, list[float]] = field(default_factory=dict)  # Seconds between polls, by path; to the end, at last.

    @property
    def drained(self) -> float:
        """When the last list left."""
        return max((at for at, what, _ in self.calls if what == "bulk_add"), default=0.0)

    def polling_share(self) -> float:
        """The largest of any five minutes."""
        polls = Counter(int(at // SPAN) for at, what, _ in self.calls if what == "changes")
        return max(polls.values()) / SPAN / PER_SECOND


def measure_hour(database: str, firms: int, waiting: int, seconds: float) -> list[Result]:
    with environments.new_portal_settings(database) as settings, environments.portal(settings) as app:
        run = Run(app, "", own_accounts=0.5)
        run.connect(firms)
        begin_polling(run)
        let_grants_wait(run, waiting)
        hour, share = pass_hour(run, settings, seconds)
    return results(database, hour, share, waiting, seconds)


def pass_hour(run: Run, settings: dict[str, str], seconds: float) -> tuple[Hour, float]:
    """With a forwarder; and what that took of a core, in percent."""
    with servers.stub(MILLISECONDS) as run.iys:
        environ = os.environ | settings | {"IYS_BASE_URL": run.iys, "IYS_REQUESTS_PER_SECOND": str(PER_SECOND)}
        with servers.running(FORWARDER, environ | {"IYS_TOKEN_CALLS_PER_HOUR": TOKEN_CALLS}) as forwarder:
            wait_until_served(run)
            spread_feeds(run)
            began, at = time.monotonic(), clock.now()
            due = {path: (due_at - at).total_seconds() for path, due_at in _due_feeds(run).items()}
            dice = random.Random(SEED)
            for number in range(round(seconds * REFUSALS)):
                time.sleep(max(0.0, began + number / REFUSALS - time.monotonic()))
                run.decide(dice.choice(run.firms), Status.REFUSED)
            share = 100 * servers.cpu_seconds(forwarder.pid) / (time.monotonic() - began)
            time.sleep(SETTLING)
            told = requests.get(f"{run.iys}/arrivals", timeout=60).json()
            ends = time.monotonic() - began
    hour = Hour(_refusals(run, at), [(moment - began, what, size) for moment, what, size in told["arrivals"]])
    for path, first in due.items():  # The last poll before was an hour before it is due.
        moments = [first - HOUR.total_seconds(), *(each - began for each in told["polls"].get(path, ())), ends]
        hour.gaps[path] = [later - earlier for earlier, later in pairwise(moments)]
    return hour, share


def results(database: str, hour: Hour, share: float, waiting: int, seconds: float) -> list[Result]:
    beside = [wait for at, wait in hour.refusals if at <= hour.drained]
    longest, polled = max(max(gaps) for gaps in hour.gaps.values()), sum(len(gaps) > 1 for gaps in hour.gaps.values())
    due = polled + sum(len(gaps) == 1 and gaps[0] > HOUR.total_seconds() for gaps in hour.gaps.values())
    listed, polls = (sum(size for _, what, size in hour.calls if what == "bulk_add"), _count(hour, "changes"))
    return [
        Result("hour: feeds polled", database, "feeds", [due], [polled], Goal(1)),
        at_most("hour: longest between two polls of a feed", database, "s", HOUR.total_seconds() + LATE, longest),
        at_most("hour: polls", database, "of the pace", POLLING, polls / seconds / PER_SECOND),
        at_most("hour: polls in the worst five minutes", database, "of the pace", POLLING, hour.polling_share()),
        Result("hour: grants in lists", database, "grants", [waiting], [listed]),
        Result("hour: until the last list left", database, "s", [HOUR.total_seconds()], [hour.drained]),
        at_most("hour: refusals while grants wait, 95 %", database, "s", PROMPT, _p95(beside)),
        at_most("hour: refusals of the whole hour, 95 %", database, "s", PROMPT, _p95([w for _, w in hour.refusals])),
        at_most("hour: longest refusal", database, "s", PROMPT, max(wait for _, wait in hour.refusals)),
        at_most("hour: most in a second", database, "calls", PER_SECOND, most_in_a_second([e[0] for e in hour.calls])),
        Result("hour: forwarder", database, "% of a core", [100.0], [share]),
    ]


def _due_feeds(run: Run) -> dict[str, datetime]:
    """When each is due, by its path at İYS."""
    columns = select(Brand.brand_code, Feed.source, Feed.due_at).join(Brand, Brand.id == Feed.brand_id)
    with run.app.app_context():
        rows = db.session.execute(columns).all()
        db.session.rollback()
    return {iys_protocol.changes_path(code, code, source=source.value): at for code, source, at in rows if at}


def _refusals(run: Run, since: datetime) -> list[tuple[float, float]]:
    columns = select(Submission.created_at, Submission.ended_at, Submission.outcome)
    now, of_lane = clock.now(), (Submission.lane == Lane.REFUSALS, Submission.created_at >= since)
    with run.app.app_context():
        rows = db.session.execute(columns.where(*of_lane)).all()
        db.session.rollback()
    told = [((row.ended_at if row.outcome == Outcome.ACCEPTED else None) or now, row.created_at) for row in rows]
    return [((made_at - since).total_seconds(), (until - made_at).total_seconds()) for until, made_at in told]


def _count(hour: Hour, what: str) -> int:
    return sum(each == what for _, each, _ in hour.calls)


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1] if seconds else 0.0


if __name__ == "__main__":
    chosen = {"sqlite": environments.SQLITE, "postgresql": environments.POSTGRESQL}[sys.argv[1]]
    print(report.table(measure_hour(chosen, int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))))
