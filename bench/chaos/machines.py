"""Two network namespaces as two machines, on a bridge of this one, with the product's programs as deploy/ starts them;
each with a disk, the second with a clock."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.processes import ROOT, Program
from tests.stories.machines import Machine, wait_until
from tests.stories.test_two_machines import is_healthy

BRIDGE, NAMES = "izchaos0", ("izchaos1", "izchaos2")
OURS, *MACHINES = (f"10.199.77.{number}" for number in (1, 2, 3))
NETWORK = "10.199.77.0/24"
NEEDED = ("ip", "unshare", "setpriv", "mount", "nginx", "valkey-server", "psql")
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
OF_OWN_CLOCK = {"FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


def require() -> None:
    """Exit with a message where this machine has not what two machines need."""
    missing = [name for name in NEEDED if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if missing or not FAKETIME:
        sys.exit(f"Two machines need {', '.join([*missing, 'libfaketime'])} (Debian: apt install faketime).")
    if os.geteuid() != 0 or subprocess.run(["ip", "netns", "add", NAMES[0]], capture_output=True).returncode:
        sys.exit(f"Two machines are two network namespaces: `ip netns add {NAMES[0]}` must work (as root, and once).")
    _run("ip", "netns", "del", NAMES[0])


@contextlib.contextmanager
def two_machines(folder: Path) -> Iterator[None]:
    """The namespaces, their addresses, the bridge and a disk for each; all are gone afterwards."""
    with contextlib.ExitStack() as ending:
        _run("ip", "link", "add", BRIDGE, "type", "bridge")
        ending.callback(_run, "ip", "link", "del", BRIDGE)
        _run("ip", "addr", "add", f"{OURS}/24", "dev", BRIDGE)
        _run("ip", "link", "set", BRIDGE, "up")
        for name, address in zip(NAMES, MACHINES, strict=True):
            _run("ip", "netns", "add", name)
            ending.callback(_run, "ip", "netns", "del", name)
            _run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            _run("ip", "link", "set", name, "master", BRIDGE, "up")
            _run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _run("ip", "-n", name, "link", "set", device, "up")
            (folder / address).mkdir()
            _run("mount", "-t", "tmpfs", "-o", "size=2g", name, str(folder / address))
            ending.callback(_run, "umount", "--lazy", str(folder / address))
        yield


def inside(name: str) -> list[str]:
    """What a command begins with that runs on that machine, under a host name of its own."""
    return ["ip", "netns", "exec", name, "unshare", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"', name]


class Namespace(Machine):
    """Its programs run in a namespace of this name."""

    def __init__(self, name: str, address: str, environ: dict[str, str], folder: Path):
        self.name, journal = name, folder / address / "journal"
        super().__init__(address, 8000, environ | {"JOURNAL_DIR": str(journal)}, folder)
        journal.mkdir()
        self.programs = (self.web, self.worker, self.forwarder)

    def program(self, name: str, words: list[str]) -> Program:
        made = super().program(name, words)
        made.command[:0] = inside(self.name)
        return made

    def start(self) -> None:
        for each in self.programs:
            each.start()

    def restart(self, code: Path = ROOT, **settings: str) -> None:
        """All programs end as systemd ends them, and start with this code and these settings; until it is well."""
        self.environ |= settings
        for each in self.programs:
            each.stop()
            each.environ, each.folder = self.environ, code
        self.start()
        self.wait()

    def wait(self) -> float:
        """Seconds until it is well."""
        return wait_until(lambda: is_healthy(self.web_address), self.name)


def killed(*programs: "Program | Namespace") -> contextlib.AbstractContextManager:
    """They end at once, and are started again after a while."""
    return between(lambda: [each.kill() for each in programs], lambda: [each.start() for each in programs])


def own_clock(file: Path) -> dict[str, str]:
    """The environment of programs whose clock is as far off as `file` says; monotonic time goes on as it is."""
    file.write_text("+0")
    return OF_OWN_CLOCK | {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(file)}


@contextlib.contextmanager
def between(begin: Callable[[], object], end: Callable[[], object]) -> Iterator[None]:
    """Something that is wrong for a while."""
    begin()
    try:
        yield
    finally:
        end()


def cut(name: str, meanwhile: Callable[[], object] = bool) -> contextlib.AbstractContextManager:
    """The cable of a machine is out, and something else happens then."""
    cable = partial(_run, "ip", "link", "set", name)
    return between(lambda: (cable("down"), meanwhile()), partial(cable, "up"))


def off_by(days: int, clock: Path) -> contextlib.AbstractContextManager:
    """The clock is set to another day, under programs that run."""
    return between(lambda: clock.write_text(f"{days * 86400:+}"), lambda: clock.write_text("+0"))


def full(folder: Path) -> contextlib.AbstractContextManager:
    """No byte is left on that disk."""
    filling = folder / "filling"
    return between(partial(_fill, filling), filling.unlink)


def _fill(filling: Path) -> None:
    with filling.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(1 << 20)):
            pass


def _run(*words: str) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
