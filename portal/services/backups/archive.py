"""One encrypted file of the whole database, made while it is in use: by SQLite's backup API, or by pg_dump.

Records (sealed_records.py): a head as JSON, the database in chunks, and a tail, without which the file is not whole.
"""

import fcntl
import hashlib
import json
import os
import secrets
import sqlite3
import subprocess  # nosec B404
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, inspect

from portal.core import clock, sealed_records
from portal.core.durable_files import sync_folder
from portal.core.extensions import db, reader
from portal.core.vault import Vault

PLACE = "backup.record"
CHUNK = 1 << 20
TEMPORARY = ".izinlink-tmp"
HEAD, DATA, TAIL = b"H", b"D", b"T"
DUMP = ("pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-privileges")
LOAD = ("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")


class BadArchive(Exception):
    """The file is no backup, or not a whole one, or of the other kind of database."""


class NotEmpty(Exception):
    """The database that a backup would be unpacked into holds something."""


def write_backup(vault: Vault, file: Path) -> int:
    """Write the database as it is now to a new file; its size in bytes. Raises FileExistsError, and what the disk or
    pg_dump says, without leaving a file."""
    url = db.engine.url
    source = _sqlite_copy if url.get_backend_name() == "sqlite" else _dump
    if file.exists():
        raise FileExistsError(file)
    head = {"backend": url.get_backend_name(), "begun_at": clock.now().isoformat()}
    with _whole_file(file) as target, source(url) as plain:
        _write(vault, target, head, plain)
    return file.stat().st_size


@contextmanager
def _whole_file(file: Path) -> Iterator[IO[bytes]]:
    """A private file, which is there only once the block has written all of it."""
    with _temporary_file(file.parent, f"{file.name}.part") as (part, target):
        yield target
        target.flush()
        os.fsync(target.fileno())
        part.replace(file)
        sync_folder(file.parent)


@contextmanager
def _temporary_file(folder: Path, name: str) -> Iterator[tuple[Path, IO[bytes]]]:
    """A private file that is locked, and gone at the end of the block; and without those of runs that were killed,
    which nobody locks any more."""
    for left in folder.glob(f"*{TEMPORARY}"):
        with suppress(OSError), left.open("rb") as opened:  # It is in use, or its lock is not known here.
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _delete(left)
    path, file = _open_locked(folder, name)
    with file:
        try:
            yield path, file
        finally:
            _delete(path)


def _open_locked(folder: Path, name: str) -> tuple[Path, IO[bytes]]:
    while True:
        path = folder / f"{name}-{secrets.token_hex(4)}{TEMPORARY}"
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
        with suppress(OSError):  # Where there are no locks nobody deletes it, either.
            fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():  # Otherwise another run took it for a left one, before it was locked.
            return path, file
        file.close()


def _delete(temporary: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):  # Of a copy, SQLite's.
        temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def _write(vault: Vault, target: IO[bytes], head: dict[str, str], plain: IO[bytes]) -> None:
    digest, size = hashlib.sha256(), 0

    def add(kind: bytes, content: bytes) -> None:
        nonlocal size
        packed = sealed_records.pack(vault, kind + content, PLACE, size)
        target.write(packed)
        size += len(packed)

    add(HEAD, json.dumps(head).encode())
    while chunk := plain.read(CHUNK):
        digest.update(chunk)
        add(DATA, chunk)
    add(TAIL, digest.digest())


@contextmanager
def _sqlite_copy(url: URL) -> Iterator[IO[bytes]]:
    """A copy beside the database, made in one step: other connections write on meanwhile."""
    path = Path(url.database or "")
    with _temporary_file(path.parent, f"{path.name}.copy") as (copy, plain):
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # In one file, whatever mode the source is in.
        yield plain


@contextmanager
def _dump(url: URL) -> Iterator[IO[bytes]]:
    with _program([*DUMP, f"--dbname={url_without_password(url)}"], url, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        yield program.stdout


@contextmanager
def _program(command: list[str], url: URL, **pipes: int) -> Iterator[subprocess.Popen[bytes]]:
    """A program of PostgreSQL's, which is stopped where the block fails. Raises CalledProcessError."""
    environ = {name: value for name, value in os.environ.items() if name.startswith("PG") or name in ("PATH", "HOME")}
    if password := url.password or url.query.get("password"):
        environ |= {"PGPASSWORD": str(password)}  # Others may see the arguments.
    program = subprocess.Popen(command, env=environ, **pipes)  # type: ignore[call-overload]  # nosec B603
    try:
        yield program
    except BaseException:
        program.kill()
        raise
    finally:
        for pipe in (program.stdin, program.stdout):
            if pipe is not None:
                pipe.close()
        program.wait()
    if program.returncode:
        raise subprocess.CalledProcessError(program.returncode, command[0])


def url_without_password(url: URL) -> str:
    """For a program's arguments. (URL.set leaves a password of None as it is, which is then written as ***.)"""
    bare = url.difference_update_query(["password"])
    return bare._replace(drivername="postgresql", password=None).render_as_string()


def unpack(vault: Vault, file: Path) -> dict[str, Any]:
    """Fill the configured database, which must be empty, with a backup; what its head says. The file is read to its end
    before anything is written. Raises BadArchive, NotEmpty, KeyMissing, and what pg_restore says."""
    url = db.engine.url
    head = _check(vault, file)
    if head["backend"] != url.get_backend_name():
        raise BadArchive(f"It is a backup of {head['backend']}.")
    fill: Callable[[URL, Iterator[bytes]], None] = _fill_file if head["backend"] == "sqlite" else _fill_server
    fill(url, _data(vault, file))
    return head


def _check(vault: Vault, file: Path) -> dict[str, Any]:
    """The head of a whole backup."""
    head: dict[str, Any] = {}
    tail, digest = b"", hashlib.sha256()
    try:
        for _, record in sealed_records.read(file, vault, PLACE):
            if record[:1] == HEAD:
                head = json.loads(record[1:])
            elif record[:1] == DATA:
                digest.update(record[1:])
            tail = record
    except (sealed_records.TruncatedRecord, sealed_records.CorruptRecords) as bad:
        raise BadArchive(f"It is no whole backup: {bad}.") from bad
    if not head or tail != TAIL + digest.digest():
        raise BadArchive("It is no whole backup: its end is missing.")
    return head


def _data(vault: Vault, file: Path) -> Iterator[bytes]:
    return (each[1:] for _, each in sealed_records.read(file, vault, PLACE) if each[:1] == DATA)


def _fill_file(url: URL, data: Iterator[bytes]) -> None:
    path = Path(url.database or "")
    if path.exists() and path.stat().st_size:
        raise NotEmpty
    with _whole_file(path) as target:
        target.writelines(data)
        for left in ("-wal", "-shm"):  # Of the lost one: SQLite would add them to this one.
            path.with_name(path.name + left).unlink(missing_ok=True)


def _fill_server(url: URL, data: Iterator[bytes]) -> None:
    if inspect(reader()).get_table_names():  # The engine that writes would ask for its node number, of a table.
        raise NotEmpty
    with _program([*LOAD, f"--dbname={url_without_password(url)}"], url, stdin=subprocess.PIPE) as program:
        assert program.stdin is not None
        for chunk in data:
            program.stdin.write(chunk)
