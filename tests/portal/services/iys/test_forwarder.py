"""The forwarder as it runs: every loop in threads of its own, until told to stop."""

import threading

import pytest

from portal.core.extensions import db
from portal.core.loops import Loop
from portal.core.models import EgressState, Outcome, Submission
from portal.services.iys import forwarder
from tests import make
from tests.make import Person

PATIENCE = 30.0  # Seconds until something that should happen is given up.


@pytest.fixture
def let_run(app):
    """Run the forwarder, with other loops, until the test ends."""
    stop = threading.Event()
    runs = []

    def start(*others):
        runs.append(threading.Thread(target=forwarder.run, args=(app, stop, others)))
        runs[-1].start()

    yield start
    stop.set()
    for each in runs:
        each.join(PATIENCE)
    assert not any(each.is_alive() for each in runs)


@pytest.mark.slow
def test_what_is_due_is_forwarded_by_the_threads_of_every_lane(app, browser, sandbox, let_run):
    app.config["IYS_BASE_URL"] = sandbox.url
    for code in make.codes(app).values():
        Person(browser, code).decides(MESAJ="ONAY", EPOSTA="ONAY")
    ran = threading.Event()

    def watch() -> bool:
        if {each.outcome for each in db.session.query(Submission)} == {Outcome.ACCEPTED}:
            ran.set()
        return False

    let_run(Loop("watch", watch))

    assert ran.wait(PATIENCE)


def test_a_turn_ends_where_nothing_is_due(app, iys):
    with app.app_context():
        assert forwarder.forward_one(iys) is False


def test_a_draining_egress_sends_refusals_and_ends_its_lists_and_begins_nothing_else(iys):
    draining = forwarder.egress_loops(iys, EgressState.DRAINING)

    assert [loop.name for loop in draining] == ["refusals", "results"]
