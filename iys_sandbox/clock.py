"""The sandbox's clock: the true time, until a tester moves it; where it stands is kept in the file."""

from collections.abc import Callable
from datetime import datetime, timedelta

from iys_sandbox.store import Store


class Clock:
    """Reads `source` and adds what the tester moved it by."""

    def __init__(self, store: Store, source: Callable[[], datetime]):
        self._store = store
        self._source = source
        self._ahead = timedelta(seconds=store.setting("ahead", 0.0))

    def __call__(self) -> datetime:
        return self._source() + self._ahead

    def move_to(self, at: datetime) -> None:
        """Let it be `at` now; it runs on from there."""
        self._move((at - self._source()).total_seconds())

    def forward(self, seconds: float) -> None:
        """Let so much time have passed; a negative number goes back."""
        self._move(self._ahead.total_seconds() + seconds)

    def _move(self, ahead: float) -> None:
        self._store.set("ahead", ahead)
        self._ahead = timedelta(seconds=ahead)
