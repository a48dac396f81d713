"""The forwarder as it runs: every loop in threads of its own, until told to stop."""

import threading

import pytest

from portal.core.extensions import db
from portal.core.models import Outcome, Submission
from portal.services.iys import forwarder
from portal.services.iys.forwarder import IysLoop
from tests import make
from tests.make import Person

pytestmark = pytest.mark.slow

PATIENCE = 30.0  # Seconds until something that should happen is given up.


@pytest.fixture
def let_run(app):
    """Run loops until the event that is given back is set, or the test ends."""
    stop = threading.Event()
    runs = []

    def start(*loops):
        running_loops = threading.Thread(
            target=forwarder.run_loops, args=(app, stop, *([list(loops)] if loops else []))
        )
        runs.append(running_loops)
        running_loops.start()
        return stop

    yield start
    stop.set()
    for each in runs:
        each.join(PATIENCE)
    assert not any(each.is_alive() for each in runs)


def test_what_is_due_is_forwarded_by_the_threads_of_every_lane(app, browser, sandbox, let_run):
    app.config["IYS_BASE_URL"] = sandbox.url
    for code in make.codes(app).values():
        Person(browser, code).decides(MESAJ="ONAY", EPOSTA="ONAY")
    ran = threading.Event()

    def watch(_client) -> bool:
        if {each.outcome for each in db.session.query(Submission)} == {Outcome.ACCEPTED}:
            ran.set()
        return False

    let_run(*forwarder.LANES, IysLoop("watch", watch))

    assert ran.wait(PATIENCE)


def test_a_loop_that_fails_goes_on_and_stops_nobody_else(let_run):
    again, other, failures = threading.Event(), threading.Event(), []

    def fails(_client) -> bool:
        failures.append(1)
        if len(failures) > 1:
            again.set()
        raise RuntimeError("the database is away")

    def works(_client) -> bool:
        other.set()
        return False

    let_run(IysLoop("fails", fails, idle=0.01), IysLoop("works", works))

    assert again.wait(PATIENCE) and other.wait(PATIENCE)


def test_the_threads_of_a_loop_join_where_there_is_more_to_do(let_run):
    seen, all_of_them = set(), threading.Event()

    def busy(_client) -> bool:
        seen.add(threading.current_thread().name)
        if len(seen) == 3:
            all_of_them.set()
        return True

    let_run(IysLoop("busy", busy, threads=3))

    assert all_of_them.wait(PATIENCE)


def test_a_turn_takes_refusals_before_lists_and_ends_where_nothing_is_due(app, iys):
    names = [loop.name for loop in forwarder.LANES]

    with app.app_context():
        assert forwarder.forward_one(iys) is False
    assert names == ["refusals", "singles", "lists", "results", "expiring"]


@pytest.mark.parametrize("hanging", range(3))
def test_a_step_that_hangs_leaves_the_others_looking_for_work(let_run, hanging):
    """Whichever of the threads it is that hangs."""
    begun, work, done, ended = [], threading.Event(), threading.Event(), threading.Event()

    def step(_client) -> bool:
        begun.append(1)
        if len(begun) == hanging + 1:
            ended.wait(2 * PATIENCE)
        if work.is_set():
            done.set()
        return False

    let_run(IysLoop("hangs", step, threads=3, idle=0.01))
    while len(begun) < 20:
        ended.wait(0.01)
    work.set()

    assert done.wait(PATIENCE)
    ended.set()
