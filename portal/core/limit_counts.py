"""Counts of limits in the memory of a process (`memory://`), without a thread."""

from limits.storage import MemoryStorage

from portal.core import clock

SWEEP_EVERY = 60.0  # Seconds.


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
        self.get(key)
        with self.locks[key]:
            self.storage[key] += amount
            if self.storage[key] == amount:
                self.expirations[key] = at + expiry
            return self.storage[key]
