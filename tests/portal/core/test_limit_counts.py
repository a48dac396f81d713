"""The counts of limits in memory: as the library's, without its threads."""

import threading
from datetime import timedelta

import time_machine
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from portal.core import clock, limit_counts


def test_counts_start_no_thread_and_are_forgotten():
    counts = storage_from_string("memory://")
    assert isinstance(counts, limit_counts.ProcessCounts)
    counts.timer.join()
    limiter, limit, threads = FixedWindowRateLimiter(counts), parse("2 per minute"), threading.active_count()
    assert [limiter.hit(limit, "act", "one") for _ in range(3)] == [True, True, False]
    assert limiter.hit(limit, "act", "other")
    assert threading.active_count() == threads

    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert limiter.hit(limit, "act", "other")
    assert len(counts.storage) == len(counts.expirations) == 1
