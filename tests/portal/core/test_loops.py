"""Loops say which of them hang."""

import contextlib
import threading

from sqlalchemy import select

from portal.core import clock, ids, loops
from portal.core.extensions import db
from portal.core.models import Process
from portal.services.readiness import heartbeats


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
