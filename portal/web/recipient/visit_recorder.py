"""Openings of links, written off the request path: noted in memory, written in pieces by a thread of the process.

They are statistics with a little evidence; a killed process loses the last second of them, and never a decision.
"""

import atexit
import queue
import threading

import structlog
from flask import Flask, Request, current_app
from sqlalchemy.exc import SQLAlchemyError

import shortlinks
from portal.core import clock
from portal.core.extensions import db
from shortlinks import Opening

MOST_WAITING = 10_000
PIECE = 500
PAUSE = 0.5  # Seconds between pieces.

log = structlog.get_logger()


class Openings:
    """The waiting openings of one process, and the thread that writes them once there are any."""

    def __init__(self, app: Flask):
        self._app = app
        self._waiting: queue.Queue[Opening] = queue.Queue(MOST_WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def add(self, opening: Opening) -> None:
        """Note an opening; when far too many wait it is dropped rather than the page delayed."""
        try:
            self._waiting.put_nowait(opening)
        except queue.Full:
            return
        if self._thread is None:
            self._start()

    def write(self) -> int:
        """Write what waits, up to a piece; how many there were."""
        piece = []
        while len(piece) < PIECE and not self._waiting.empty():
            piece.append(self._waiting.get_nowait())
        if piece:
            with self._app.app_context():
                shortlinks.record(db.session, piece)
                db.session.commit()
        return len(piece)

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
                while self.write():
                    pass
            except (SQLAlchemyError, TimeoutError):  # The latter: no turn to write in time.
                log.exception("openings.lost")
            if stopping:
                return


def note(link_id: int, request: Request) -> None:
    """Note that a link was opened, and by what kind of opener as far as its headers tell."""
    kind, network = shortlinks.classify(request.headers, request.method, request.remote_addr)
    current_app.extensions["openings"].add(Opening(link_id, clock.now(), kind, network))
