"""Loops go on beside one that fails or hangs, and say which of them hang."""

import contextlib
import threading

import pytest
from sqlalchemy import select

from portal.core import clock, ids, loops
from portal.core.extensions import db
from portal.core.models import Process
from portal.services.readiness import heartbeats

PATIENCE = 30.0  # Seconds until something that should happen is given up.


@contextlib.contextmanager
def running(release: threading.Event, *each: loops.Loop):
    """They run in threads until the end of the block."""
    stop = threading.Event()
    runner = threading.Thread(target=loops.run_loops, args=(contextlib.nullcontext, stop, each))
    runner.start()
    try:
        yield
    finally:
        release.set()
        stop.set()
        runner.join()


def told() -> list[str | None]:
    own = Process.node == ids.own_node()
    return list(db.session.scalars(select(Process.generations).where(own)))


def test_a_program_with_a_loop_that_hangs_beats_no_more(app, monkeypatch):
    """One with a thread left goes on."""
    monkeypatch.setattr(loops, "HANGS_AFTER", 0.0)
    release, begun = threading.Event(), threading.Semaphore(0)

    def hang() -> bool:
        begun.release()
        release.wait()
        return False

    only_once = iter([hang])
    half = loops.Loop("half", lambda: next(only_once, lambda: False)(), threads=2, idle=60)
    with running(release, loops.Loop("stuck", hang, idle=60), half), app.app_context():
        # Its number may be of another test's database.
        mine = {"node": ids.own_node(), "role": "worker", "host": "a", "pid": 1, "seen_at": clock.now()}
        db.session.merge(Process(**mine, leased_until=clock.now()))
        db.session.commit()
        begun.acquire(timeout=60)
        begun.acquire(timeout=60)
        heartbeats.beat_if_working()
        assert loops.hanging_loops() == ["stuck"]
        assert told() == [None]

    with app.app_context():
        heartbeats.beat_if_working()
        assert told() != [None]


def test_a_loop_that_fails_goes_on_and_stops_nobody_else():
    again, other, failures = threading.Event(), threading.Event(), []

    def fails() -> bool:
        failures.append(1)
        if len(failures) > 1:
            again.set()
        raise RuntimeError("the database is away")

    def works() -> bool:
        other.set()
        return False

    with running(again, loops.Loop("fails", fails, idle=0.01), loops.Loop("works", works)):
        assert again.wait(PATIENCE) and other.wait(PATIENCE)


def test_the_threads_of_a_loop_join_where_there_is_more_to_do():
    seen, all_of_them = set(), threading.Event()

    def busy() -> bool:
        seen.add(threading.current_thread().name)
        if len(seen) == 3:
            all_of_them.set()
        return True

    with running(all_of_them, loops.Loop("busy", busy, threads=3)):
        assert all_of_them.wait(PATIENCE)


@pytest.mark.parametrize("hanging", range(3))
def test_a_step_that_hangs_leaves_the_others_looking_for_work(hanging):
    """Whichever of the threads it is that hangs."""
    begun, work, done, ended = [], threading.Event(), threading.Event(), threading.Event()

    def step() -> bool:
        begun.append(1)
        if len(begun) == hanging + 1:
            ended.wait(2 * PATIENCE)
        if work.is_set():
            done.set()
        return False

    with running(ended, loops.Loop("hangs", step, threads=3, idle=0.01)):
        while len(begun) < 20:
            ended.wait(0.01)
        work.set()
        assert done.wait(PATIENCE)
