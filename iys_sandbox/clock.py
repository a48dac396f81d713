"""The sandbox's clock: the true time plus an offset that a tester sets; the offset is kept in the file."""

from collections.abc import Callable
from datetime import datetime, timedelta

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
