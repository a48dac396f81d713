"""İYS's rate limits by caller: requests per second, in memory, and calls per hour, in the file."""

import sqlite3
import threading
from collections import defaultdict, deque
from datetime import datetime, timedelta

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


class RateLimit:
    """Requests that a caller may make in any one second; 0 for no limit (H124)."""

    def __init__(self, requests_per_second: int):
        self._limit = requests_per_second
        self._recent: dict[str, deque[datetime]] = defaultdict(deque)
        self._lock = threading.Lock()

    def allows(self, caller: str, at: datetime) -> bool:
        """Whether one more request is within the limit; a refused one does not count."""
        if not self._limit:
            return True
        with self._lock:
            recent = self._recent[caller]
            while recent and at - recent[0] >= SECOND:
                recent.popleft()
            if len(recent) >= self._limit:
                return False
            recent.append(at)
            return True


def count_hourly_call(
    db: sqlite3.Connection, caller: str, endpoint: str, at: datetime, *, limit: int, restarts: bool
) -> bool:
    """Count a call; False past the limit. Where the hour `restarts`, a refused call begins it anew (H084)."""
    now = int(at.timestamp())
    hour = db.execute("SELECT * FROM hour WHERE caller = ? AND endpoint = ?", (caller, endpoint)).fetchone()
    if hour is None or now - hour["started_at"] >= HOUR.total_seconds():
        db.execute("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, 1)", (caller, endpoint, now))
        return True
    is_within = bool(hour["calls"] < limit)
    started_at = now if restarts and not is_within else hour["started_at"]
    db.execute(
        "UPDATE hour SET started_at = ?, calls = calls + 1 WHERE caller = ? AND endpoint = ?",
        (started_at, caller, endpoint),
    )
    return is_within
