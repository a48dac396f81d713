"""A PostgreSQL on the bridge with a streaming replica; both may be stopped in any way and started again."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg

from bench.chaos.machines import NETWORK, OURS, between
from tests.postgres import make_cluster, programs_and_user, wait_until_ready
from tests.stories.machines import Database

HBA = f"local all all trust\nlocal replication all trust\nhost all all {NETWORK} trust\n"
SOURCE = ["-U", "postgres", "-R", "-X", "stream", "-c", "fast", "-C", "-S", "izchaos"]
DECISIONS = "SELECT count(*), md5(string_agg(id || status || consent_id, ',' ORDER BY id)) FROM decision"


class Server:
    """A server over its cluster; it ends with this process. Start it in the main thread (see tests/processes.py)."""

    def __init__(self, folder: Path, programs: Path, user: dict, *options: str):
        self.folder, self._programs, self._user = folder, programs, user
        command = ["setpriv", "--pdeathsig", "KILL", str(programs / "postgres"), "-D", "data", "-k", str(folder)]
        self._command = [*command, *options]
        self.start()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._running = subprocess.Popen(
                self._command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0,
                **self._user,
            )  # fmt: skip
        wait_until_ready(self._programs, self.folder, self._user)

    def stop(self, by: signal.Signals = signal.SIGQUIT) -> None:
        """SIGINT is a fast shutdown, SIGQUIT an immediate one; SIGKILL ends the server itself only."""
        self._running.send_signal(by)
        self._running.wait()

    def restart(self, by: signal.Signals = signal.SIGQUIT) -> None:
        self.stop(by)
        self.start()

    def away(self, by: signal.Signals) -> contextlib.AbstractContextManager:
        return between(partial(self.stop, by), self.start)

    def paused(self) -> contextlib.AbstractContextManager:
        """A replica that stands still and so falls behind."""
        pause, resume = (f"SELECT pg_wal_replay_{how}()::text" for how in ("pause", "resume"))
        return between(lambda: self.ask(pause), lambda: self.ask(resume))

    def ask(self, statement: str) -> tuple:
        with psycopg.connect(Database(str(self.folder)).url("postgres"), autocommit=True) as connection:
            return connection.execute(statement).fetchone() or ()


@contextlib.contextmanager
def primary_and_replica(secrets: dict[str, str]) -> Iterator[tuple[Server, Server]]:
    """Both servers; the first one is migrated by the owner's role, and answers on the bridge."""
    folder = Path(tempfile.mkdtemp(prefix="izchaos-pg-", dir="/tmp"))  # Where the server's own user may go.
    with contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        programs, user = programs_and_user(folder)
        (folder / "hba").write_text(HBA)
        make_cluster(programs, folder, user, (f"listen_addresses = '{OURS}'", f"hba_file = '{folder / 'hba'}'"))
        primary = Server(folder, programs, user)
        ending.callback(primary.stop)
        Database(str(folder)).make(secrets)
        copy = folder / "replica"
        copy.mkdir()
        os.chown(copy, user["user"], user["group"])
        subprocess.run([programs / "pg_basebackup", "-D", "data", "-h", folder, *SOURCE], cwd=copy, check=True, **user)
        replica = Server(copy, programs, user, "-c", "listen_addresses=")
        ending.callback(replica.stop)
        yield primary, replica
