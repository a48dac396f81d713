"""The end of long-running commands."""

import signal
import threading


def stop_on_signal() -> threading.Event:
    """An event that SIGINT and SIGTERM set; the calls in hand end first."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
