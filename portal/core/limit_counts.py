"""Counts of limits in the memory of a process (`memory://`), without a thread, and as a fallback (`fallback://`)."""

from collections.abc import Callable
from typing import TypeVar, cast

import structlog
from limits.storage import MemoryStorage, Storage, storage_from_string

from portal.core import clock

SWEEP_EVERY = 60.0  # Seconds.
RETRY_AFTER = 10.0  # Seconds for which a storage that failed is left alone.
REDIS_WAITS = {"socket_connect_timeout": 1.0, "socket_timeout": 1.0}  # Seconds; its client would wait for ever.
SCHEMES: list[str] | None = ["fallback"]
Answer = TypeVar("Answer")

log = structlog.get_logger()


class ProcessCounts(MemoryStorage):
    """The library's own storage, which starts a thread every 10 ms to look for counts whose time is over: that took a
    quarter of a short request. Here a hit looks for them, once a minute."""

    STORAGE_SCHEME = MemoryStorage.STORAGE_SCHEME  # Takes the library's place.
    _swept_at = 0.0

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count; how many there are now."""
        at = clock.now().timestamp()
        if at >= self._swept_at + SWEEP_EVERY:
            self._swept_at = at
            for each in list(self.expirations):
                self.get(each)  # Forgets it, if its time is over.
        with self.locks[key]:
            if self.expirations.get(key, 0.0) <= at:
                self.storage[key], self.expirations[key] = 0, at + expiry
            self.storage[key] += amount
            return self.storage[key]


class FallbackCounts(Storage):
    """Counts in a storage that processes share. While that fails they are counted in this process: limits hold as well
    as they can, and no request fails for it."""

    STORAGE_SCHEME = SCHEMES
    base_exceptions = Exception

    def __init__(self, uri: str, shared: str, **options: bool):
        super().__init__(uri, **options)
        waits = REDIS_WAITS if shared.startswith(("redis", "valkey")) else {}
        self._shared, self._own = cast(Storage, storage_from_string(shared, **waits)), ProcessCounts()
        self._rests_until = 0.0

    def _ask(self, act: Callable[[Storage], Answer]) -> Answer:
        if clock.now().timestamp() >= self._rests_until:
            try:
                return act(self._shared)
            except Exception as failure:  # Each client library has its own.
                self._rests_until = clock.now().timestamp() + RETRY_AFTER
                log.error("limits.storage_down", failure=type(failure).__name__)
        return act(self._own)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return self._ask(lambda storage: storage.incr(key, expiry, amount=amount))

    def get(self, key: str) -> int:
        return self._ask(lambda storage: storage.get(key))

    def get_expiry(self, key: str) -> float:
        return self._ask(lambda storage: storage.get_expiry(key))

    def check(self) -> bool:
        """Whether the shared storage answers."""
        try:
            return self._shared.check()
        except Exception:
            return False

    def reset(self) -> int | None:
        return self._ask(lambda storage: storage.reset())

    def clear(self, key: str) -> None:
        self._ask(lambda storage: storage.clear(key))
