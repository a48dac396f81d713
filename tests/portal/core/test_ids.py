"""Ids are unique whoever makes them, in order, and fit a signed 64-bit column."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import NullPool, create_engine, insert, select, update

from portal.core import clock, ids
from portal.core.extensions import db, read_session
from portal.core.ids import COUNTER_BITS, EPOCH, NODE_BITS, new_id, new_ids
from portal.core.models import IysRate, NodeCounter, Process

ROOT = Path(__file__).resolve().parents[3]

# A process of the portal, in which ids are made before and after forking.
FORKING = """
import json, os, sys
from portal.app import create_app
from portal.core.extensions import db, read_session
from portal.core.ids import new_ids

app = create_app(os.environ)
with app.app_context():
    made = new_ids(500)
    db.engine.dispose()
    children = []
    for _ in range(4):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.write(writing, json.dumps(new_ids(500)).encode())
            os._exit(0)
        os.close(writing)
        children.append(os.fdopen(reading, "rb"))
    made += new_ids(500)
    for child in children:
        made += json.loads(child.read())
    for _ in children:
        os.wait()
print(json.dumps(made))
"""


@pytest.fixture(autouse=True)
def claimed(app, monkeypatch):
    """This process has its node, and looks for another in this app's database: others may have been made since."""
    with app.app_context():
        monkeypatch.setattr(ids, "_claimer", create_engine(db.engine.url, poolclass=NullPool))
        new_id()
        yield


def node_of(made: int) -> int:
    return made >> COUNTER_BITS & (1 << NODE_BITS) - 1


@pytest.mark.slow
def test_ids_made_by_eight_threads_at_once_are_unique_and_ascend_in_each():
    made = [[] for _ in range(8)]
    start = threading.Barrier(8)

    def make(mine):
        start.wait()
        mine += [new_id() for _ in range(2000)]

    threads = [threading.Thread(target=make, args=[mine]) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set().union(*made)) == 16_000
    assert all(earlier < later for mine in made for earlier, later in pairwise(mine))


@pytest.mark.long
def test_ids_made_by_forked_processes_are_unique(environ):
    program = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKING]

    run = subprocess.run(program, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)

    assert run.returncode == 0, run.stderr
    made = json.loads(run.stdout)
    assert len(set(made)) == len(made) == 6 * 500
    assert len({node_of(each) for each in made}) == 5


def test_a_hundred_thousand_ids_are_made_at_once_in_order():
    made = new_ids(100_000)

    assert len(made) == 100_000
    assert all(earlier < later for earlier, later in pairwise(made))
    assert new_id() > made[-1]


def test_ids_fit_63_bits_until_2095():
    with time_machine.travel("2095-01-01T00:00:00Z", tick=False):
        last = EPOCH + (1 << 41)

        assert clock.now().timestamp() * 1000 < last
    assert ((1 << 41) - 1 << NODE_BITS + COUNTER_BITS) + (1 << NODE_BITS + COUNTER_BITS) - 1 == 2**63 - 1
    assert 0 < new_id() < 2**63


def test_an_id_tells_when_it_was_made():
    began = int(clock.now().timestamp() * 1000)
    made = new_id() >> NODE_BITS + COUNTER_BITS

    assert made + EPOCH >= began  # Earlier tests may have run it ahead.


def test_ids_go_on_when_the_clock_goes_back():
    before = new_id()

    with time_machine.travel("2026-02-01T00:00:00Z"):
        assert new_id() > before


def test_a_process_claims_one_node_however_much_it_writes():
    before = db.session.scalar(select(NodeCounter.next))
    for name in ("one", "two"):
        db.session.execute(insert(IysRate.__table__), {"name": name, "next_at": clock.now()})
        db.session.commit()

    assert db.session.scalar(select(NodeCounter.next)) == before
    assert {node_of(each) for each in new_ids(3)} == {node_of(new_id())}


def test_the_largest_id_fits_its_column():
    largest = 2**63 - 1
    db.session.execute(insert(NodeCounter.__table__), {"name": "largest", "next": largest})

    assert db.session.scalar(select(NodeCounter.next).where(NodeCounter.name == "largest")) == largest
    db.session.rollback()


def test_a_number_that_a_living_process_has_is_passed_over_and_one_of_the_dead_is_taken(app):
    """On whichever machine it runs, and however many commands have run since it began."""
    begun, at = db.session.scalar(select(NodeCounter.next).where(NodeCounter.name == "node")), clock.now()
    numbers = [(begun + step) % (1 << NODE_BITS) for step in (1, 2, 3)]
    for number, ends in zip(numbers, (timedelta(hours=1), timedelta(minutes=1), -timedelta(seconds=1)), strict=True):
        of_another = {"role": "forwarder", "host": "b", "pid": 7, "seen_at": at, "leased_until": at + ends}
        db.session.add(Process(node=number, **of_another))
    db.session.commit()

    own = ids._nodes.pop(os.getpid())
    assert ids.own_node() == numbers[2] != own
    mine = db.session.get_one(Process, numbers[2], populate_existing=True)
    assert (mine.pid, mine.role) == (os.getpid(), "command") and mine.leased_until > clock.now() + timedelta(hours=3)
    ids._nodes[os.getpid()] = own


def test_a_number_is_leased_while_every_connection_of_the_pool_is_held(monkeypatch):
    """By threads that begin at once and wait for it."""
    pool = db.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.1)
    with contextlib.ExitStack() as held:
        connections = [held.enter_context(db.engine.connect()) for _ in range(pool.size() + pool._max_overflow)]
        ids._nodes.pop(os.getpid())

        connections[0].begin()
        assert os.getpid() in ids._nodes


def test_an_old_lease_is_renewed_while_transactions_go_on_and_waited_for_once_it_is_over(monkeypatch):
    ids._nodes.pop(os.getpid())
    ids.own_node()
    db.session.execute(update(Process).values(leased_until=clock.now() + timedelta(minutes=1)))
    db.session.commit()

    monkeypatch.setattr(ids, "_renew_at", 0.0)
    with ids._claim_lock:  # The renewal waits for it.
        db.session.execute(select(NodeCounter.next))  # A transaction begins.
        db.session.rollback()
        renewing = [each for each in threading.enumerate() if each.name == "node"]
        assert len(renewing) == 1 and leased_for() < timedelta(minutes=2)
    renewing[0].join()
    assert leased_for() > timedelta(hours=3)

    db.session.execute(update(Process).values(leased_until=clock.now() + timedelta(minutes=1)))
    monkeypatch.setattr(ids, "_over_at", 0.0)
    db.session.commit()
    assert leased_for() < timedelta(minutes=2)  # Never within a transaction.
    db.session.execute(select(NodeCounter.next))
    db.session.rollback()
    assert leased_for() > timedelta(hours=3)


def leased_for() -> timedelta:
    return read_session().get_one(Process, ids.own_node(), populate_existing=True).leased_until - clock.now()
