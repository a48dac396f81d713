"""Empty files whose names say from when to when a journal lacks what was decided: a full disk has room for a name."""

import errno
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from portal.core.durable_files import sync_folder

RESERVE, RESERVE_SIZE = "full-disk.reserve", 1 << 16
TIME = "%Y%m%dT%H%M%S%fZ"
NAME = re.compile(r"(\d{8}T\d{12}Z)-(\d{8}T\d{12}Z)-[\w-]+\.gap", re.ASCII)


@dataclass(frozen=True, order=True)
class Gap:
    """Within this time something was committed that the process could not append."""

    since: datetime
    until: datetime
    path: Path


class GapFile:
    """The file of one process's present gap: made by the first failure, renamed by each later one."""

    def __init__(self, folder: Path, process: str):
        self._folder, self._process = folder, process
        self._times: tuple[datetime, datetime] | None = None
        self._path: Path | None = None
        self.is_saved = True

    def extend(self, since: datetime, until: datetime) -> None:
        """Count this time as part of the gap."""
        times = (*(self._times or ()), since, until)
        self._times, self.is_saved = (min(times), max(times)), False

    def save(self) -> None:
        """Let the file's name say it. Raises OSError where the disk has not even room for that."""
        if self._times is None or self.is_saved:
            return
        since, until = (each.astimezone(UTC).strftime(TIME) for each in self._times)
        path = self._folder / f"{since}-{until}-{self._process}.gap"
        try:
            self._name(path)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            (self._folder / RESERVE).unlink(missing_ok=True)  # Another process may have taken it.
            self._name(path)
        self._path = path
        sync_folder(self._folder)
        self.is_saved = True

    def _name(self, path: Path) -> None:
        if self._path is not None and self._path.exists():
            self._path.rename(path)
        else:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))

    def end(self) -> None:
        """The disk can be written again: a later failure is another gap."""
        if self.is_saved:
            self._times = self._path = None


def keep_reserve(folder: Path) -> None:
    """A file whose room a gap's name may take: a folder grows by a block now and then. Raises OSError."""
    reserve = folder / RESERVE
    if not reserve.exists() or reserve.stat().st_size < RESERVE_SIZE:  # A full disk had no room for all of it.
        with reserve.open("wb") as file:
            file.write(os.urandom(RESERVE_SIZE))  # No zeros, which some file systems keep without room.
            file.flush()
            os.fsync(file.fileno())


def list_gaps(folders: Iterable[Path]) -> list[Gap]:
    """The gaps of all processes, by time. Raises OSError for a folder that is not there."""
    found = [(NAME.fullmatch(path.name), path) for folder in folders for path in folder.iterdir()]
    return sorted(
        Gap(times[0], times[1], path) for named, path in found if named and (times := _times(*named.groups()))
    )


def _times(since: str, until: str) -> tuple[datetime, datetime] | None:
    try:
        return datetime.strptime(since, TIME).replace(tzinfo=UTC), datetime.strptime(until, TIME).replace(tzinfo=UTC)
    except ValueError:  # The 30th of February: somebody else's file.
        return None
