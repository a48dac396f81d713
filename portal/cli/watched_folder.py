"""Folders into which others put files: a file gets a hidden name of ours before it is read, since another one may come
under its own name meanwhile. Whoever has it in hand locks it; one that nobody holds is of a command that was killed.

What was read is copied to where files go, and the file itself is kept hidden for two days: a program that holds it open
may still write into it, and no other file has what it writes.
"""

import ctypes
import fcntl
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path

from portal.core import clock

CLAIMED = re.compile(r"\.(?P<name>.+)\.(?P<key>[0-9a-f]{8})-[0-9a-f]{8}\.reading")
KEPT = re.compile(r"\.(?P<name>.+)\.(?P<batch>\d+)-[0-9a-f]{8}\.read")
KEPT_FOR = timedelta(days=2)
LONGEST_UNSETTLED = timedelta(hours=1)
AT_FDCWD, NO_REPLACE = -100, 1  # <fcntl.h>, <linux/fs.h>
JUST_NOW = 120  # Seconds: from the list of files that a command is called with until it comes to one.


class InOtherHands(Exception):
    """Another command brings this file, or has brought it."""


@dataclass
class Claim:
    """A file in hand: its name while it is read, and where it was put."""

    claimed: Path
    origin: Path
    _lock: BufferedReader
    is_ours: bool = True  # Its command, which was killed, read alike.

    def __post_init__(self) -> None:
        self.path = self.claimed

    def put_back(self) -> bool:
        """Under its own name; False where another file came there: then the next command takes it up as it is."""
        try:
            _rename_to_free_name(self.path, self.origin)
        except OSError:
            with suppress(FileNotFoundError):
                self.path.rename(self.claimed)
                return False
        finally:
            self._lock.close()
        return True

    def put_away(self, target: Path, digest: bytes, batch_id: int) -> bool:
        """Copy it to a free name, and keep it; False, and it is put back, where it does not hold (any more) what was
        read for this batch. Raises OSError."""
        part = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            source = open_regular_file(self.path)
        except FileNotFoundError:  # Somebody was quicker.
            self._lock.close()
            return True
        try:
            with source:
                if _copy(source, part) != digest:
                    self.put_back()
                    return False
            kept = self.path.with_name(f".{self.origin.name}.{batch_id}-{secrets.token_hex(4)}.read")
            self.path = self.path.rename(kept)
            _rename_to_free_name(part, target)
        finally:
            part.unlink(missing_ok=True)
        self._lock.close()
        return True


@dataclass(frozen=True)
class KeptFile:
    """A file that was put away, under its hidden name."""

    path: Path
    origin: Path
    batch_id: int

    def is_over(self, now: datetime) -> bool:
        """Whether it was kept long enough. Raises OSError."""
        return now.timestamp() - self.path.lstat().st_ctime >= KEPT_FOR.total_seconds()

    def holds(self, digest: bytes, size: int, *, by_bytes: bool) -> bool:
        """Whether it is what was read: by its size, which each appended line changes, or by its bytes, too. Raises
        OSError."""
        return self.path.lstat().st_size == size and (not by_bytes or digest_of(self.path) == digest)

    def put_back(self) -> None:
        """Under its own name. Raises OSError, also where another file is there."""
        _rename_to_free_name(self.path, self.origin)


def open_regular_file(path: Path) -> BufferedReader:
    """Open a regular file only. Raises OSError.

    Others put files here: a link could lead to what only we may read, and a pipe would never end.
    """
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError("no file")
    return file


def digest_of(path: Path) -> bytes:
    """Raises OSError."""
    with open_regular_file(path) as file:
        return hashlib.file_digest(file, "sha256").digest()


def claim(path: Path, key: str) -> Claim:
    """Take a file in hand; `key` tells commands that read alike. Raises OSError and InOtherHands."""
    open_regular_file(path).close()
    claimed = path.with_name(f".{path.name}.{key}-{secrets.token_hex(4)}.reading")
    path.rename(claimed)
    return Claim(claimed, path, _lock(claimed))


def take_up(paths: Iterable[Path], key: str) -> Iterator[Claim]:
    """What killed commands left in the folders of these files: those that read alike are taken in hand, and others'
    files are put back for them; one of these is told only where that is not possible (yet)."""
    for folder in dict.fromkeys(path.parent for path in paths):
        names = [match for each in _names_in(folder) if (match := CLAIMED.fullmatch(each))]
        for match in names:
            with suppress(OSError, InOtherHands):
                path, is_ours = folder / match[0], match["key"] == key
                found = Claim(path, folder / match["name"], _lock(path), is_ours)
                if is_ours or not found.put_back():
                    yield found


def kept_files(paths: Iterable[Path]) -> Iterator[KeptFile]:
    """What was put away of the folders of these files, and is kept still."""
    for folder in dict.fromkeys(path.parent for path in paths):
        for match in filter(None, map(KEPT.fullmatch, _names_in(folder))):
            yield KeptFile(folder / match[0], folder / match["name"], int(match["batch"]))


def is_taken(path: Path, move_to: Path) -> bool:
    """Whether another command has a file of this name in hand, or moved one away just now."""
    matches = (CLAIMED.fullmatch(each) for each in _names_in(path.parent))
    if any(match["name"] == path.name for match in matches if match):
        return True
    moved = (move_to / each for each in _names_in(move_to) if each.startswith(path.stem))
    return any(clock.now().timestamp() - each.lstat().st_ctime < JUST_NOW for each in moved)


def unsettled_for(path: Path, now: datetime) -> timedelta:
    """How long a file is found unsettled by now, each time again; a hidden file beside it keeps since when."""
    mark = _mark_of(path)
    since = now.timestamp()
    with suppress(OSError):
        known = mark.lstat()
        if since - known.st_atime < LONGEST_UNSETTLED.total_seconds():  # When it was found so last.
            since = min(since, known.st_mtime)
    with suppress(OSError):
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with suppress(OSError):
        os.utime(mark, (now.timestamp(), since), follow_symlinks=False)
    return timedelta(seconds=now.timestamp() - since)


def note_settled(path: Path) -> None:
    with suppress(OSError):
        _mark_of(path).unlink()


def _copy(source: BufferedReader, to: Path) -> bytes:
    """Copy an open file, with its mode and times where the file system knows them; the digest of what was copied.
    Raises OSError."""
    digest, status = hashlib.sha256(), os.fstat(source.fileno())
    with to.open("xb") as copy:
        with suppress(OSError):
            os.fchmod(copy.fileno(), stat.S_IMODE(status.st_mode) & 0o666)
        while part := source.read(1 << 20):
            digest.update(part)
            copy.write(part)
    with suppress(OSError):
        os.utime(to, ns=(status.st_atime_ns, status.st_mtime_ns))
    return digest.digest()


def _mark_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.unsettled")


def _rename_to_free_name(path: Path, to: Path) -> None:
    """Raises OSError. Links are second: of others' files the kernel may allow none, while few network drives know a
    rename that replaces nothing."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None or rename(AT_FDCWD, os.fsencode(path), AT_FDCWD, os.fsencode(to), NO_REPLACE):
        os.link(path, to)
        path.unlink()


def _names_in(folder: Path) -> list[str]:
    with suppress(OSError):
        return sorted(each.name for each in folder.iterdir())
    return []


def _lock(path: Path) -> BufferedReader:
    """Raises InOtherHands where another command holds it. Locks end with their process."""
    try:
        file = open_regular_file(path)
    except FileNotFoundError as gone:
        raise InOtherHands from gone
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as held:
        file.close()
        raise InOtherHands from held
    except OSError:
        pass  # Not every file system locks; two that bring one file harm nothing.
    return file
