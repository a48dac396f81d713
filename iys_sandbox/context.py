"""What the views of the sandbox share: its file, faults, limits and clock."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import current_app

from iys_sandbox.faults import Faults
from iys_sandbox.store import Store


class Clock:
    """Reads `source` and adds the offset."""

    def __init__(self, store: Store, source: Callable[[], datetime]):
        self._store = store
        self._source = source
        self._offset = timedelta(seconds=store.setting("ahead", 0.0))

    def __call__(self) -> datetime:
        return self._source() + self._offset

    def move_to(self, at: datetime) -> None:
        """Set the time to `at`; it runs on from there."""
        self._save_offset((at - self._source()).total_seconds())

    def move_forward(self, seconds: float) -> None:
        """Move the time by so many seconds; a negative number goes back."""
        self._save_offset(self._offset.total_seconds() + seconds)

    def _save_offset(self, seconds: float) -> None:
        self._store.save_setting("ahead", seconds)
        self._offset = timedelta(seconds=seconds)


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
            while recent and at - recent[0] >= timedelta(seconds=1):
                recent.popleft()
            if len(recent) >= self._limit:
                return False
            recent.append(at)
            return True


@dataclass(frozen=True)
class Sandbox:
    """State and settings of one sandbox. `expiry_status`: İYS documents H467 both as 422 and as 400."""

    store: Store
    faults: Faults
    rate_limit: RateLimit
    clock: Clock
    expiry_status: int
    token_calls_per_hour: int
    may_push_in_clear: bool

    def second(self) -> int:
        """The current second of the sandbox's clock, as its file counts time."""
        return int(self.clock().timestamp())


def sandbox() -> Sandbox:
    """The sandbox of the current app."""
    return cast(Sandbox, current_app.extensions["sandbox"])


def now() -> datetime:
    """The current time of the sandbox."""
    return sandbox().clock()
