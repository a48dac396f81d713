"""Running programs under supervisord: its configuration, start and stop, and its logs.

Not honcho: it restarts nothing (when one program ends it stops all), and leaves them running when it is killed itself.
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from programs import Program

ROOT = Path(__file__).resolve().parent.parent
TETHERED = [sys.executable, str(ROOT / "bin" / "tethered.py")]
STAYS_UP = 2  # Seconds after which a program counts as started.
SECONDS_TO_STOP = 4  # What a program has between SIGTERM and SIGKILL; supervisord itself looks once a second.


class Supervisor:
    """A running supervisord with its own log and one log per program."""

    def __init__(self, process: subprocess.Popen[bytes], logs: Path, names: list[str]):
        self._process = process
        self._names = names
        self._own_log = logs / "supervisord.log"
        self._output = {name: Output(logs / f"{name}.log") for name in names}

    def is_running(self) -> bool:
        return self._process.poll() is None

    def all_started(self) -> bool:
        """Whether each program has stayed up for a while."""
        return set(re.findall(r"success: (\w+) entered RUNNING", self._own_log.read_text())) >= set(self._names)

    def deaths(self) -> Counter[str]:
        """How often each program has ended by itself or failed to start."""
        return Counter(re.findall(r"(?:exited|spawnerr): (\w+)", self._own_log.read_text()))

    def show_output(self) -> None:
        """Print the programs' output since the last call, each line after its program's name."""
        for name, output in self._output.items():
            for line in output.new_lines():
                print(f"{name:<9} | {line}")

    def last_lines(self, name: str) -> str:
        return "\n".join(self._output[name].last)


class Output:
    """One program's log, read line by line while it grows."""

    def __init__(self, path: Path):
        path.touch(mode=0o600)
        self._file = path.open(encoding="utf-8", errors="replace")
        self._unfinished = ""
        self.last: deque[str] = deque(maxlen=20)

    def new_lines(self) -> list[str]:
        *lines, self._unfinished = (self._unfinished + self._file.read()).split("\n")
        self.last.extend(lines)
        return lines


@contextlib.contextmanager
def running(programs: list[Program], instance: Path, environment: Mapping[str, str]) -> Iterator[Supervisor]:
    """Run the programs under one supervisord; all have ended when the context does."""
    logs = _empty_folder(instance / "log")
    (logs / "supervisord.log").touch(mode=0o600)
    configuration = instance / "supervisord.conf"
    configuration.write_text(_configuration(programs, instance, logs), encoding="utf-8")
    # In a session of its own, so that Ctrl-C reaches bin/dev alone, which then stops everything in order.
    process = subprocess.Popen(
        [*TETHERED, sys.executable, "-m", "supervisor.supervisord", "-c", configuration],
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        supervisor = Supervisor(process, logs, [program.name for program in programs])
        yield supervisor
    finally:
        _stop(process)
        configuration.unlink(missing_ok=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)  # An impatient second Ctrl-C must not cut the stop short.
    process.terminate()
    try:
        process.wait(timeout=3 * SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()  # The kernel then stops the programs, which are tethered.
        process.wait()


def _empty_folder(path: Path) -> Path:
    path.mkdir(mode=0o700, exist_ok=True)
    for log in path.glob("*.log"):
        log.unlink()
    return path


def _configuration(programs: list[Program], instance: Path, logs: Path) -> str:
    own: dict[str, object] = {
        "nodaemon": "true",
        "silent": "true",
        "logfile": logs / "supervisord.log",
        "logfile_maxbytes": 0,
        "pidfile": instance / "supervisord.pid",
    }
    if os.geteuid() == 0:
        own["user"] = "root"  # Said outright, or supervisord warns about it.
    sections = [_section("supervisord", own)]
    # One group, because groups are stopped one after the other, and the programs of a group together.
    sections.append(_section("group:izinlink", {"programs": ",".join(program.name for program in programs)}))
    for program in programs:
        sections.append(_section(f"program:{program.name}", _supervised(program, logs)))
    return "\n".join(sections)


def _supervised(program: Program, logs: Path) -> dict[str, object]:
    return {
        "command": shlex.join([*TETHERED, *program.command]),
        "directory": ROOT,
        "autorestart": "true",
        "startsecs": STAYS_UP,
        "startretries": 1000,
        "stopwaitsecs": SECONDS_TO_STOP,
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": logs / f"{program.name}.log",
        "stdout_logfile_maxbytes": 0,
    }


def _section(title: str, options: Mapping[str, object]) -> str:
    escaped = {name: str(value).replace("%", "%%") for name, value in options.items()}
    return f"[{title}]\n" + "".join(f"{name}={value}\n" for name, value in escaped.items())
