"""Loops of a long-running program: each repeats a step in threads of its own, until told to stop."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import structlog

from portal.core import clock_check

log = structlog.get_logger()

Context = Callable[[], AbstractContextManager[object]]

IDLE_SECONDS = 0.25  # Pause when nothing is due.
HANGS_AFTER = 900.0  # Seconds in one step: the longest ones write lists of millions, or delete at night.

_of_this_process: list["_RunningLoop"] = []


@dataclass(frozen=True)
class Loop:
    """A step that is repeated; it returns False when nothing is due."""

    name: str
    step: Callable[[], bool]
    threads: int = 1
    idle: float = IDLE_SECONDS


def run_loops(context: Context, stop: threading.Event, loops: Sequence[Loop]) -> None:
    """Run all loops until told to stop; running steps end first. Each step has a new `context`, an application's."""
    running = [_RunningLoop(context, loop, stop) for loop in loops]
    _of_this_process.extend(running)  # The forwarder runs those of each egress apart.
    threads = [
        threading.Thread(target=each.run, name=f"{each.loop.name}-{number}")
        for each in running
        for number in range(each.loop.threads)
    ]
    for thread in threads:
        thread.start()
    stop.wait()
    for each in running:
        each.found_work.set()
    for thread in threads:
        thread.join()
    for each in running:
        _of_this_process.remove(each)


def hanging_loops() -> list[str]:
    """Those of this process that do nothing any more: each of their threads has been in one step for long."""
    return [each.loop.name for each in list(_of_this_process) if each.hangs()]


class _RunningLoop:
    """Of the threads that find nothing one at a time pauses and looks again; the others wait for their turn, or until
    it finds some. A thread whose step lasts holds up none of them."""

    def __init__(self, context: Context, loop: Loop, stop: threading.Event):
        self.context, self.loop, self.stop = context, loop, stop
        self.found_work, self.poll_lock = threading.Event(), threading.Lock()
        self.began: dict[int, float] = {}  # Steps in hand, by thread.

    def run(self) -> None:
        """What each thread does."""
        while not self.stop.is_set():
            if self._step():
                self.found_work.set()
                continue
            self.found_work.clear()
            with self.poll_lock:
                if not self.stop.is_set():
                    self.found_work.wait(self.loop.idle)

    def hangs(self) -> bool:
        began = list(self.began.values())
        return len(began) == self.loop.threads and time.monotonic() - max(began) > HANGS_AFTER

    def _step(self) -> bool:
        self.began[threading.get_ident()] = time.monotonic()
        try:
            with self.context():
                return clock_check.may_write() and self.loop.step()
        except Exception:  # The database may be away; claimed rows are free again when their lease ends.
            log.exception("step.failed", loop=self.loop.name)
            return False
        finally:
            del self.began[threading.get_ident()]
