"""Brands: 2,000 of them behind one address, against an İYS that answers in 80 ms, while one firm after another fails.

A run is a quiet phase, one for each kind of trouble, and a quiet one, under the same load: in each the decisions of all
others are timed. `python -m bench.brands sqlite|postgresql BRANDS SECONDS` prints the table of one run.
"""

import math
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import requests
from flask import Flask
from sqlalchemy import func, select, update

from bench import environments, report, servers
from bench.forwarding import FORWARDER
from bench.iys_stub import TROUBLES
from bench.lanes import most_in_a_second
from bench.rounds import Effort, Goal, Result
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import Brand, BulkRequest, Feed, Outcome, Provider, Submission
from portal.domain.identity import accounts
from tests import grants, make

PER_SECOND = 8  # Requests, over everything.
MILLISECONDS = 80
LOAD = {Status.REFUSED: 2.0, Status.GRANTED: 1.0}  # Decisions a second of all others,
TROUBLED_SHARE = 0.25  # and so much of that more of the firm in trouble.
OWN_ACCOUNTS = 0.1  # Share of the brands; the others are connected by one partner's.
TOKEN_CALLS = "10000"  # An hour: more than are needed, since İYS's own limit is no matter of firms among themselves.
FIRST_CODE = 700_001
SEED = 15
QUIET = "quiet"
PHASES = (QUIET, *TROUBLES, QUIET)  # The first one alone has the feeds' beginning.
SETTLING = 10.0  # Seconds after a phase, in which its last decisions may still reach İYS.
PROMPT = 2.0  # Seconds for 95 of 100 refusals of all others.
BESIDE_QUIET = 1.5
POLLING_SHARE = 0.2  # Of the pace.

Waits = dict[tuple[str, Status], list[float]]  # Seconds from decision to acceptance, by phase and status.


@dataclass
class Run:
    """One database, one forwarder, one stub."""

    app: Flask
    iys: str
    firms: list[int] = field(default_factory=list)  # İYS codes; the brand has the same.
    phases: list[tuple[str, int, datetime]] = field(default_factory=list)  # Trouble, whose, until when.
    next_phone: int = 0
    own_accounts: float = OWN_ACCOUNTS

    def connect(self, count: int) -> None:
        """Make firms of one brand each, some of them with an account of their own."""
        codes = range(FIRST_CODE, FIRST_CODE + count)
        with self.app.app_context():
            open_firms(codes, self.has_own_account)
            db.session.commit()
        self.firms.extend(codes)

    def has_own_account(self, code: int) -> bool:
        return code % round(1 / self.own_accounts) == 0

    def wait_for_first_calls(self) -> None:
        """Until the forwarder is up, and has brought a refusal of one who has an account of his own to İYS."""
        first = next(filter(self.has_own_account, self.firms))
        self.decide(first, Status.REFUSED)
        while not any(what == "add" for _, what, _ in self.arrivals()):
            time.sleep(0.5)
        self.phases.append(("start", first, clock.now()))  # Nobody else decided yet.

    def arrivals(self) -> list:
        """At the stub: [seconds, what, how many consents]."""
        return requests.get(f"{self.iys}/arrivals", timeout=30).json()["arrivals"]

    def decide(self, code: int, status: Status) -> None:
        """Somebody decides: a grant goes by itself, and a refusal withdraws a grant that İYS is known to hold."""
        self.next_phone += 1
        held = Status.GRANTED if status == Status.REFUSED else None
        with self.app.app_context():
            brand = db.session.scalars(select(Brand).where(Brand.brand_code == code)).one()
            grants.insert_decisions(
                brand, grants.phones(1, self.next_phone), clock.now(), lane=None, status=status, held=held,
                codes=(code, code),
            )  # fmt: skip
            db.session.rollback()

    def pass_phase(self, trouble: str, seconds: float) -> None:
        """Keep up the load for so long while one firm is in trouble; in the quiet phase it is not."""
        is_own, begins = trouble == "password", time.monotonic()
        troubled = next(code for code in self.firms[len(self.phases) :] if self.has_own_account(code) == is_own)
        self._set_trouble({} if trouble == QUIET else {str(troubled): trouble})
        others = [code for code in self.firms if code != troubled]
        dice = random.Random(SEED)  # The same moments in each phase: a crowded one would look like trouble.
        due = [(dice.uniform(0, seconds), dice.choice(others), status) for status in self._decisions(seconds)]
        theirs = self._decisions(seconds * TROUBLED_SHARE)
        due += [(dice.uniform(0, seconds), troubled, status) for status in theirs]
        for after, code, status in sorted(due):
            time.sleep(max(0.0, begins + after - time.monotonic()))
            self.decide(code, status)
        time.sleep(max(0.0, begins + seconds - time.monotonic()))
        self.phases.append((trouble, troubled, clock.now()))
        self._set_trouble({})
        self._end_all_of(troubled)

    def _set_trouble(self, troubles: dict[str, str]) -> None:
        requests.post(f"{self.iys}/trouble", json=troubles, timeout=30)

    def _end_all_of(self, code: int) -> None:
        """What a firm in trouble left is no load of the next phase."""
        with self.app.app_context():
            firm = select(Provider.id).where(Provider.iys_code == code).scalar_subquery()
            for model in (Submission, BulkRequest):
                db.session.execute(update(model).where(model.provider_id == firm).values(due_at=None))
            db.session.commit()

    def _decisions(self, seconds: float) -> list[Status]:
        return [status for status, rate in LOAD.items() for _ in range(max(1, round(rate * seconds)))]

    def waits(self) -> Waits:
        """Of everybody but the firm in trouble. What İYS has not accepted by now waits since its decision."""
        now, found = clock.now(), defaultdict(list)
        columns = (Submission.status, Submission.created_at, Submission.ended_at, Submission.outcome)
        facts = select(Provider.iys_code, *columns).where(Provider.id == Submission.provider_id)
        with self.app.app_context():
            rows = db.session.execute(facts).all()
            db.session.rollback()
        for code, status, made_at, ended_at, outcome in rows:
            until = (ended_at if outcome in (Outcome.ACCEPTED, Outcome.VERIFIED) else None) or now
            trouble, troubled, _ = next(each for each in self.phases if made_at <= each[2])
            if code != troubled:
                found[trouble, status].append((until - made_at).total_seconds())
        return found

    def count_feeds(self) -> tuple[int, int]:
        """(begun, pulled at least once)."""
        with self.app.app_context():
            counted = db.session.execute(select(func.count(), func.count(Feed.pulled_at))).one()
            db.session.rollback()
        return counted[0], counted[1]


def open_firms(codes: Iterable[int], has_own_account: Callable[[int], bool]) -> list[Provider]:
    """Make firms of one brand each, with an account of their own or connected by one partner's."""
    at = clock.now()
    partner = accounts.store_partner_credential(
        db.session, vault(), integrator_code=1, username="partner", password=make.PASSWORD, at=at
    )
    firms = []
    for code in codes:
        firm = accounts.open_provider(
            db.session, iys_code=code, title=f"Firma {code}", mersis="0123456789012345",
            contact="0850 123 45 67", notice_url=make.NOTICE, brands={code: f"Marka {code}"}, at=at,
        )  # fmt: skip
        if has_own_account(code):
            accounts.connect(db.session, vault(), firm, username=str(code), password=make.PASSWORD, at=at)
        else:
            accounts.set_connection(db.session, firm, partner, at, at)
        firms.append(firm)
    return firms


def measure(database: str, effort: Effort) -> list[Result]:
    """What is promised over a whole run, and others' decisions in each phase beside the quiet one."""
    return measure_run(database, *((2000, 900.0) if effort.rounds > 1 else (200, 60.0)))


def measure_run(database: str, brands: int, seconds: float) -> list[Result]:
    """One run of so many brands and seconds."""
    with environments.new_portal_settings(database) as settings, servers.stub(MILLISECONDS) as iys:
        environ = settings | {"IYS_BASE_URL": iys, "IYS_REQUESTS_PER_SECOND": str(PER_SECOND)}
        environ |= {"IYS_TOKEN_CALLS_PER_HOUR": TOKEN_CALLS}
        with environments.portal(environ) as app:
            run = Run(app, iys)
            run.connect(brands)
            with servers.running(FORWARDER, os.environ | environ):
                run.wait_for_first_calls()
                for trouble in PHASES:
                    run.pass_phase(trouble, seconds / len(PHASES))
                time.sleep(SETTLING)
            return [*_promises(database, run), *_beside_quiet(database, run.waits())]


def _promises(database: str, run: Run) -> list[Result]:
    arrivals, (begun, pulled) = run.arrivals(), run.count_feeds()
    feeds, waits = 2 * len(run.firms), run.waits()
    refusals = [seconds for (_, status), these in waits.items() if status == Status.REFUSED for seconds in these]
    return [
        Result("brands: feeds begun", database, "feeds", [feeds], [begun], Goal(1)),
        Result("brands: feeds pulled", database, "feeds", [feeds], [pulled]),
        _at_most("brands: refusals, 95 %", database, "s", PROMPT, _p95(refusals)),
        _at_most("brands: polling", database, "of the pace", POLLING_SHARE, _polling_share(arrivals)),
        _at_most("brands: most a second", database, "calls", PER_SECOND, most_in_a_second([at for at, *_ in arrivals])),
    ]


def _beside_quiet(database: str, waits: Waits) -> list[Result]:
    return [
        Result(
            f"brands: {status} beside {trouble}, 95 %", database, "s", [_p95(waits[QUIET, status])],
            [_p95(waits[trouble, status])], Goal(BESIDE_QUIET, at_most=True),
        )
        for status in LOAD
        for trouble in TROUBLES
    ]  # fmt: skip


def _at_most(case: str, database: str, unit: str, promise: float, figure: float) -> Result:
    return Result(case, database, unit, [promise], [figure], Goal(1, at_most=True))


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]


def _polling_share(arrivals: list) -> float:
    moments = [at for at, what, _ in arrivals if what == "changes"]
    return len(moments) / (max(moments) - min(moments)) / PER_SECOND


if __name__ == "__main__":
    chosen = {"sqlite": environments.SQLITE, "postgresql": environments.POSTGRESQL}[sys.argv[1]]
    print(report.table(measure_run(chosen, int(sys.argv[2]), float(sys.argv[3]))))
