"""The measured programs, each in processes of its own, started as bin/dev starts them."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bin"))

import programs  # noqa: E402  (found by the path above)

TIMEOUT = 30  # Seconds until a server must answer.


@contextlib.contextmanager
def product(environ: dict[str, str], *options: str) -> Iterator[str]:
    """The portal under gunicorn, with further options; its address."""
    with _gunicorn("wsgi:app", environ, *options) as url:
        yield url


@contextlib.contextmanager
def yardstick(environ: dict[str, str]) -> Iterator[str]:
    """Bare Flask under the same gunicorn settings; its address."""
    with _gunicorn("bench.yardstick:app", environ) as url:
        yield url


@contextlib.contextmanager
def stub(milliseconds: int = 0) -> Iterator[str]:
    """The İYS that answers at once, or after that time; its address."""
    port = free_port()
    with running([sys.executable, "-m", "bench.iys_stub", str(port), str(milliseconds)], os.environ):
        url = f"http://{programs.HERE}:{port}"
        wait_until_up(url)
        yield url


@contextlib.contextmanager
def webhook_receivers() -> Iterator[tuple[str, int]]:
    """Receivers of webhooks, one at each path: their address and process."""
    port = free_port()
    with running([sys.executable, "-m", "bench.webhook_stub", str(port)], os.environ) as program:
        url = f"http://{programs.ADDRESS}:{port}"
        wait_until_up(url)
        yield url, program.pid


@contextlib.contextmanager
def vendors(instance: str) -> Iterator[str]:
    """The fake gateway, which keeps its file there; its address."""
    port, environ = free_port(), os.environ | {"GATEWAY_FILE": str(Path(instance) / "messages.db")}
    (program,) = (each for each in programs.programs({}, port - 2) if each.name == "messages")
    with running(program.command, environ):
        wait_until_up(program.url)
        yield program.url


@contextlib.contextmanager
def running(command: list[str], environ, folder: Path = ROOT) -> Iterator[subprocess.Popen]:
    """A program that is stopped at the end."""
    program = subprocess.Popen(
        command, cwd=folder, env=dict(environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield program
    finally:
        program.terminate()
        program.wait()


def cpu_seconds(*processes: int) -> float:
    """User and system time that these processes have taken up to now."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in processes]
    return sum(int(ticks) for each in fields for ticks in each[11:13]) / os.sysconf("SC_CLK_TCK")


def wait_until_up(url: str) -> None:
    give_up_at = time.monotonic() + TIMEOUT
    while time.monotonic() < give_up_at:
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            requests.get(url, timeout=5)
            return
        time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((programs.HERE, 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def _gunicorn(app: str, environ: dict[str, str], *options: str) -> Iterator[str]:
    port = free_port()
    (web,) = (each for each in programs.programs(environ, port) if each.name == "web")
    with running([*web.command[:-1], *options, app], os.environ | environ | {"PORT": str(port)}):
        wait_until_up(web.url)
        yield web.url
