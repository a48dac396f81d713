"""Processes of the portal on free ports, as bin/dev runs them. A test may kill them; all end with it."""

import contextlib
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests
from flask import Flask

from portal.app import create_app
from tests import databases

ROOT = Path(__file__).resolve().parent.parent
HERE = "127.0.0.1"
STARTUP_TIMEOUT = 300.0  # Seconds until a program must answer, on the busiest machine.
STOP_TIMEOUT = 40.0  # Seconds, as TimeoutStopSec of the web process's unit.
# Below the range that outgoing calls take their own ports from: no client may sit on the port of a killed program.
PORTS = range(20_000, 32_000)
FORK = multiprocessing.get_context("fork")


@contextlib.contextmanager
def forked(app: Flask, *functions: Callable[[], None]) -> Iterator[list[multiprocessing.Process]]:
    """Processes that are forked from this one, which has imported the portal, and killed in the end."""
    databases.close_connections(app)  # None may be used by two processes.
    started = [FORK.Process(target=function) for function in functions]
    with warnings.catch_warnings(action="ignore"):  # Python 3.12 warns of any other thread.
        for each in started:
            each.start()
    try:
        yield started
    finally:
        for each in started:
            each.kill()
            each.join()


def call(environ: Mapping[str, str], *words: str) -> None:
    """Run a command of the portal here, with these settings."""
    print(create_app(environ).test_cli_runner().invoke(args=words).output)


@dataclass
class Program:
    """One program of the portal; with a port when it answers on the web. Start it from the test's main thread only:
    the kernel stops it when the thread that started it ends."""

    command: list[str]
    environ: Mapping[str, str]
    log: Path
    port: int | None = None
    folder: Path = ROOT  # Of its code.
    _running: subprocess.Popen | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.port}"

    def start(self) -> None:
        """Run it, and wait until it answers where it has a port."""
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, str(ROOT / "bin" / "tethered.py"), *self.command],
                cwd=self.folder, env=dict(self.environ), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                process_group=0,
            )  # fmt: skip
        if self.port:
            self._wait()

    def kill(self) -> None:
        """End it and its children at once, as a power cut would."""
        if self._running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()

    def stop(self) -> None:
        """Ask it to end, as systemd does, and kill what is left of it after a while."""
        if self._running is not None:
            self._running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running.wait(STOP_TIMEOUT)
        self.kill()

    def kill_a_child(self) -> None:
        """End one of its children at once: a worker of gunicorn, which then makes another."""
        pid = self._running.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)

    def _wait(self) -> None:
        give_up_at = time.monotonic() + STARTUP_TIMEOUT
        while not self._answers():
            if time.monotonic() > give_up_at or self._running.poll() is not None:
                raise RuntimeError(f"did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}/health", timeout=2).status_code == 200
        return False


@dataclass(frozen=True)
class Programs:
    """All of them, and the settings they run with. The worker is started by whoever needs it."""

    web: Program
    forwarder: Program
    sandbox: Program
    worker: Program
    environ: Mapping[str, str]

    def flask(self, *words: str) -> subprocess.CompletedProcess:
        """Run a command of the portal to its end."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        return subprocess.run(command, cwd=ROOT, env=dict(self.environ), capture_output=True, text=True, timeout=300)

    def logs(self) -> str:
        """The output of all programs."""
        return "".join(program.log.read_text(errors="replace") for program in self._started)

    @property
    def _started(self) -> list[Program]:
        programs = (self.web, self.forwarder, self.sandbox, self.worker)
        return [program for program in programs if program.log.exists()]


@contextlib.contextmanager
def running(settings: Mapping[str, str], account: str, folder: Path, sandbox: str) -> Iterator[Programs]:
    """Run web, forwarder and sandbox over a migrated database. `account` is the sandbox's (SANDBOX_ACCOUNT), `sandbox`
    what gunicorn serves as İYS."""
    web, iys = free_ports(2)
    environ = os.environ | settings | {
        "HOSTS": f"localhost,{HERE}",
        "PORT": str(web),
        "LINK_BASE": f"http://{HERE}:{web}/k",
        "IYS_BASE_URL": f"http://{HERE}:{iys}",
        "IYS_REQUESTS_PER_SECOND": "300",
        "SANDBOX_FILE": str(folder / "sandbox.db"),
        "SANDBOX_ACCOUNT": account,
        "SANDBOX_REQUESTS_PER_SECOND": "0",
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    on_postgresql = settings["DATABASE_URL"].startswith("postgres")
    workers = ["--workers=2", "--worker-class=gthread", "--threads=4"] if on_postgresql else ["--workers=2"]
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    programs = Programs(
        web=Program(_gunicorn(web, "--preload", *workers, "wsgi:app"), environ, folder / "public.log", web),
        forwarder=Program([*flask, "iys", "forward"], environ, folder / "forwarder.log"),
        sandbox=Program(_gunicorn(iys, "--threads=8", sandbox), environ, folder / "sandbox.log", iys),
        worker=Program([*flask, "jobs", "work"], environ, folder / "worker.log"),
        environ=environ,
    )
    try:
        for program in (programs.sandbox, programs.web, programs.forwarder):
            program.start()
        yield programs
    finally:
        for program in (programs.worker, programs.forwarder, programs.web, programs.sandbox):
            program.kill()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    found: list[int] = []
    while len(found) < count:
        port = random.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HERE, port))
            found += [port] if port not in found else []
    return found


def _gunicorn(port: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--bind", f"{HERE}:{port}", "--no-control-socket", *options]
