"""The counts of limits in memory: as the library's, without its threads."""

import threading
from datetime import timedelta

import time_machine
from limits import parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from structlog.testing import capture_logs

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


class Breakable(MemoryStorage):
    """A server that counts, until it is down."""

    STORAGE_SCHEME = ("breakable",)
    is_down = False

    def incr(self, key, expiry, amount=1):
        if self.is_down:
            raise ConnectionError
        return super().incr(key, expiry, amount)


def test_while_the_shared_counts_are_down_the_process_counts_for_itself_and_says_so():
    counts = storage_from_string("fallback://", shared="breakable://")
    limiter, limit = FixedWindowRateLimiter(counts), parse("2 per hour")
    assert limiter.hit(limit, "act", "one") and limiter.hit(limit, "act", "one")

    Breakable.is_down = True
    with capture_logs() as lines:
        assert [limiter.hit(limit, "act", "one") for _ in range(3)] == [True, True, False]
    assert [line["event"] for line in lines] == ["limits.storage_down"]

    Breakable.is_down = False
    with time_machine.travel(clock.now() + timedelta(seconds=limit_counts.RETRY_AFTER + 1)):
        assert not limiter.hit(limit, "act", "one")  # It had counted two.
