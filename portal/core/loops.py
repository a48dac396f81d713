"""Loops of a long-running program: each repeats a step in threads of its own, until told to stop."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from flask import Flask

log = structlog.get_logger()

IDLE_SECONDS = 0.25  # Pause when nothing is due.


@dataclass(frozen=True)
class Loop:
    """A step that is repeated; it returns False when nothing is due."""

    name: str
    step: Callable[[], bool]
    threads: int = 1
    idle: float = IDLE_SECONDS


def run_loops(app: Flask, stop: threading.Event, loops: Sequence[Loop]) -> None:
    """Run all loops until told to stop; running steps end first."""
    threads = [thread for loop in loops for thread in _threads(app, loop, stop)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _threads(app: Flask, loop: Loop, stop: threading.Event) -> list[threading.Thread]:
    more = threading.Event()
    return [
        threading.Thread(target=_run_loop, args=(app, loop, stop, more, number == 0), name=f"{loop.name}-{number}")
        for number in range(loop.threads)
    ]


def _run_loop(app: Flask, loop: Loop, stop: threading.Event, more: threading.Event, is_lookout: bool) -> None:
    """The first thread of a loop looks for work; the others wait until it finds some."""
    while not stop.is_set():
        if not is_lookout and not more.wait(1.0):
            continue
        try:
            with app.app_context():
                found = loop.step()
        except Exception:  # The database may be away; claimed rows are free again when their lease ends.
            log.exception("step.failed", loop=loop.name)
            found = False
        if found:
            more.set()
        else:
            more.clear()
            if is_lookout:
                stop.wait(loop.idle)
