"""Record openings of links off the request path: queued in memory, written in chunks by a thread of the process.

They are statistics and a little evidence; a killed process loses the last second of them, and never a decision.
"""

import atexit
import threading
from collections import deque

import structlog
from flask import Flask, Request, current_app
from sqlalchemy.exc import SQLAlchemyError

import shortlinks
from portal.core import clock
from portal.core.extensions import db
from shortlinks import Opening

LONGEST_QUEUE = 10_000
CHUNK = 500
PAUSE = 0.5  # Seconds between chunks.

log = structlog.get_logger()


def init_app(app: Flask) -> None:
    app.extensions["visit_recorder"] = VisitRecorder(app)


def record_visit(link_id: int, request: Request) -> None:
    """Queue an opening of a link, with the kind of opener that its headers suggest."""
    kind, network = shortlinks.classify(request.environ)
    current_app.extensions["visit_recorder"].add(Opening(link_id, clock.now(), kind, network))


class VisitRecorder:
    """The queued openings of one process, and the thread that writes them once there are any."""

    def __init__(self, app: Flask):
        self._app = app
        self._waiting: deque[Opening] = deque()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def add(self, opening: Opening) -> None:
        """Queue an opening; when the queue is full it is dropped rather than the page delayed."""
        if len(self._waiting) >= LONGEST_QUEUE:
            return
        self._waiting.append(opening)
        if self._thread is None:
            self._start()

    def write_chunk(self) -> int:
        """Write up to CHUNK queued openings; return how many."""
        chunk: list[Opening] = []
        while len(chunk) < CHUNK and self._waiting:
            chunk.append(self._waiting.popleft())
        if chunk:
            with self._app.app_context():
                shortlinks.record(db.session, chunk)
                db.session.commit()
        return len(chunk)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:  # Started here and not with the app: gunicorn forks in between.
                self._thread = threading.Thread(target=self._keep_writing, name="openings", daemon=True)
                self._thread.start()
                atexit.register(self.stop)

    def stop(self) -> None:
        """Write the rest and end the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _keep_writing(self) -> None:
        while True:
            stopping = self._stopping.wait(PAUSE)
            try:
                while self.write_chunk():
                    pass
            except (SQLAlchemyError, TimeoutError):  # TimeoutError: the writer lock was not free in time.
                log.exception("openings.lost")
            if stopping:
                return
