"""Load over HTTP by wrk: 2 threads, 16 connections, every request of its own out of a file."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

THREADS = 2
CONNECTIONS, MANY_CONNECTIONS = 16, 64
SCRIPT = Path(__file__).with_name("load.lua")


class WrongAnswer(RuntimeError):
    """Something was answered that the measurement did not ask for, so its figure would mean nothing."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: str = ""


def require_wrk() -> None:
    """Install wrk by apt as root on Debian when it is missing; otherwise say what to install."""
    if shutil.which("wrk"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit("The load comes from wrk: install it first (Debian: apt install wrk).")
    print("Installing wrk with apt; the load comes from it.", file=sys.stderr, flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "wrk"]):
        subprocess.run(["apt-get", "-qq", *words], env=quiet, stdin=subprocess.DEVNULL, check=True)


def write_requests(file: Path, requests: Iterable[Request]) -> Path:
    """A file of requests for `send`."""
    file.write_text("".join(f"{each.method}\t{each.path}\t{each.body}\n" for each in requests))
    return file


@dataclass(frozen=True)
class Answered:
    """How many were answered a second, and how long it took: the median and the 99th percentile, in milliseconds."""

    a_second: float
    p50: float
    p99: float


def send_requests(url: str, file: Path, seconds: int, *, answer: int, once: bool = False) -> float:
    """Send the file's requests for so many seconds; how many were answered a second. Raises WrongAnswer as send_all."""
    return send_all(url, file, seconds, answer=answer, once=once).a_second


def send_all(url: str, file: Path, seconds: int, *, answer: int, once: bool = False) -> Answered:
    """The same with how long answers took.

    Raises WrongAnswer where one was not `answer`, a connection broke, or (with `once`) the file was too short.
    """
    return _run_wrk(url, file, seconds, CONNECTIONS, answer, "once" if once else "again")


def send_steadily(url: str, file: Path, seconds: int, *, a_second: float, answer: int) -> Answered:
    """Send the file's requests at this rate, each once. Raises WrongAnswer as send_all."""
    return _run_wrk(url, file, seconds, MANY_CONNECTIONS, answer, "once", str(a_second))


def _run_wrk(url: str, file: Path, seconds: int, connections: int, answer: int, *how: str) -> Answered:
    options = [f"-t{THREADS}", f"-c{connections}", f"-d{seconds}s", "--timeout=30s", f"--script={SCRIPT}"]
    words = ["wrk", *options, url, "--", str(file), str(THREADS), *how]
    printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    report = json.loads(printed.splitlines()[-1])
    if report["ran_out"] or report["socket_errors"] or set(report["statuses"]) != {str(answer)}:
        raise WrongAnswer(f"Only {answer} was expected: {report}")
    return Answered(report["statuses"][str(answer)] / report["seconds"], report["p50"], report["p99"])
