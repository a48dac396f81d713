"""Folders into which others put files: a file gets a hidden name of ours before it is read, since another one may come
under its own name meanwhile. Whoever has it in hand locks it; one that nobody holds was left by a command that was
killed, or was brought while a program still had it open for writing: then its name ends with the batch.
"""

import ctypes
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import stat
import tempfile
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path

from portal.core import clock

CLAIMED = re.compile(r"\.(?P<name>.+)\.(?P<key>[0-9a-f]{8})-[0-9a-f]{8}(-(?P<batch>\d+))?\.reading")
OURS = re.compile(rf"{CLAIMED.pattern}|\..+\.unsettled")
LONGEST_UNSETTLED = timedelta(hours=1)
PART = 1024 * 1024  # Bytes that are read at once.
AT_FDCWD, NO_REPLACE = -100, 1  # <fcntl.h>, <linux/fs.h>
JUST_NOW = 120  # Seconds: from the list of files that a command is called with until it comes to one.


class InOtherHands(Exception):
    """Another command brings this file, or has brought it."""


@dataclass
class Claim:
    """A file in hand: its name while it is read, and where it was put."""

    path: Path
    origin: Path
    _lock: BufferedReader
    is_ours: bool = True  # Its command, which left it, read alike.
    first_batch: int | None = None  # Where it was brought before.

    def __post_init__(self) -> None:
        self._status = os.fstat(self._lock.fileno())

    def put_back(self) -> bool:
        """Under its own name, but for what was brought before: the next file may come there before anybody reads it.
        False where it keeps the hidden one, and the next command takes it up."""
        try:
            if self.first_batch is None:
                _rename_to_free_name(self.path, self.origin)
                return True
        except OSError:
            return not self.path.exists()
        finally:
            self._lock.close()
        return False

    def move(self, target: Path) -> None:
        """Raises OSError."""
        try:
            shutil.move(self.path, target)
        except FileNotFoundError:
            if self.path.exists():  # Else somebody was quicker.
                raise

    def keep_waiting(self, batch_id: int) -> None:
        """Under a name that tells where it was brought."""
        if self.first_batch is None:
            kept = self.path.with_name(f"{self.path.name.removesuffix('.reading')}-{batch_id}.reading")
            with suppress(OSError):  # A name may be too long: then it is taken up as a killed command's.
                self.path, self.first_batch = self.path.rename(kept), batch_id

    def release(self) -> None:
        """Unlock it; ends the kernel's lease, too."""
        self._lock.close()

    def is_at_rest(self) -> bool:
        """Whether it is as it was when it was taken in hand, and no program has it open for writing: where the kernel
        leases it to us (F_SETLEASE in fcntl(2)), none can open it so until it is released. Of other owners' files and
        on most network drives nobody knows: then only whether it changed."""
        if not _lease(self._lock) and _lease_new_file(self.path.parent):
            return False
        status = os.fstat(self._lock.fileno())
        return (status.st_size, status.st_mtime_ns) == (self._status.st_size, self._status.st_mtime_ns)


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


def digests_at(path: Path, sizes: Iterable[int]) -> dict[int, bytes]:
    """The digests of a file's first bytes, by how many these are. Raises OSError."""
    found, digest, read = {}, hashlib.sha256(), 0
    with open_regular_file(path) as file:
        for size in sorted(sizes):
            while read < size and (part := file.read(min(size - read, PART))):
                digest.update(part)
                read += len(part)
            if read == size:
                found[size] = digest.digest()
    return found


def claim(path: Path, key: str) -> Claim:
    """Take a file in hand; `key` tells commands that read alike. Raises OSError and InOtherHands."""
    open_regular_file(path).close()
    claimed = path.with_name(f".{path.name}.{key}-{secrets.token_hex(4)}.reading")
    path.rename(claimed)
    return Claim(claimed, path, _lock(claimed))


def take_up(paths: Iterable[Path], key: str, known: Container[Path]) -> Iterator[Claim]:
    """What earlier commands left in the folders of these files, but for what is `known` to wait: of those that read
    alike it is taken in hand. What others' killed ones left is put back for them, and told only where that is not
    possible (yet)."""
    for folder in dict.fromkeys(path.parent for path in paths):
        for path in [folder / each for each in _names_in(folder) if CLAIMED.fullmatch(each)]:
            if real_path(path) in known:
                continue
            with suppress(OSError, InOtherHands):
                found = take_again(path, key)
                if found.is_ours or found.first_batch is not None or not found.put_back():
                    yield found


def take_again(path: Path, key: str | None = None) -> Claim:
    """Take a file of a hidden name in hand; it is ours where it was read alike. Raises OSError and InOtherHands."""
    match = CLAIMED.fullmatch(path.name)
    assert match
    open_regular_file(path).close()
    first_batch = int(match["batch"]) if match["batch"] else None
    return Claim(path, path.with_name(match["name"]), _lock(path), key in (None, match["key"]), first_batch)


def real_path(path: Path) -> Path:
    """One for each file, whatever leads to its folder; a link that it is itself stays."""
    return path.parent.resolve() / path.name


def name_of(path: Path) -> str:
    """The own name of a file of a hidden one."""
    match = CLAIMED.fullmatch(path.name)
    return match["name"] if match else path.name


def is_named(found: Claim, paths: Iterable[Path]) -> bool:
    """Whether one of some paths is this file's, by its own name or the hidden one."""
    return not {real_path(found.path), real_path(found.origin)}.isdisjoint(map(real_path, paths))


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


def _mark_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.unsettled")


def _lease(file: BufferedReader) -> bool:
    """Whether it is not known that a program has it open for writing."""
    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)  # Ignored; SIGIO ends a process when a writer comes.
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return False
    except (AttributeError, OSError):
        pass
    return True


def _lease_new_file(folder: Path) -> bool:
    """Network drives may say of each file that a program has it open. Raises OSError."""
    number, name = tempfile.mkstemp(".unsettled", ".", folder)
    os.close(number)
    try:
        with open_regular_file(Path(name)) as file:
            return _lease(file)
    finally:
        Path(name).unlink()


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
