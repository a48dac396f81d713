"""A worker that imports batches in a process of its own, so that its time and memory are its own.

`python -m bench.worker` reads ids of batches from its input, a line each, and prints the seconds that each took.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_PAUSE = 0.02  # Seconds between two looks at its memory.
MEGABYTE = 1024 * 1024
PAGE = os.sysconf("SC_PAGE_SIZE")


class Worker:
    """That process, with the peak of its and its children's memory."""

    def __init__(self, environ: Mapping[str, str]):
        self._environ = dict(environ)
        self._peak = 0

    def __enter__(self) -> "Worker":
        command = [sys.executable, "-m", "bench.worker"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._environ, stdin=pipe, stdout=pipe, text=True)
        self._read()  # It says when it is ready.
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        self._watcher.join()
        self._process.communicate()  # Its input ends, and so does it.

    def work(self, batch_id: int) -> float:
        """Process a batch; returns the seconds it took."""
        print(batch_id, file=self._process.stdin, flush=True)
        return float(self._read())

    def peak_megabytes(self) -> float:
        """The peak of its and its children's memory since the last reset."""
        return self._peak / MEGABYTE

    def reset_peak(self) -> None:
        self._peak = 0

    def _read(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The worker ended.")
        return line

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_PAUSE):
            self._peak = max(self._peak, sum(map(resident_bytes, _process_tree(self._process.pid))))


def _process_tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # It has just ended.
        return []
    return [pid, *(each for child in children for each in _process_tree(int(child)))]


def resident_bytes(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


def _serve_batches() -> None:
    from portal.app import create_app
    from portal.core.extensions import db
    from portal.services.imports import worker

    print("ready", flush=True)
    with create_app(os.environ).app_context():
        for line in sys.stdin:
            began = time.perf_counter()
            while worker.work(int(line)):
                pass
            db.session.rollback()  # As the loops of the product do: nobody else could write meanwhile.
            print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    _serve_batches()
