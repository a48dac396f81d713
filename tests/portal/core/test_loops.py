"""Loops say which of them hang."""

import contextlib
import threading

from sqlalchemy import select

from portal.core import ids, loops
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
        ids.own_node()  # Its process is a row.
        begun.acquire(timeout=60)
        begun.acquire(timeout=60)
        heartbeats.beat_if_working()
        assert loops.hanging_loops() == ["stuck"]
        assert db.session.scalars(select(Process.generations)).one() is None

    with app.app_context():
        heartbeats.beat_if_working()
        assert db.session.scalars(select(Process.generations)).one() is not None
