"""Real servers on free ports, for tests that speak HTTP."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests
from werkzeug.serving import make_server

from portal.iys.sandbox import create_sandbox

PAUSE = 0.01  # Seconds until a server that is told to stop notices; half a second unless told.


@dataclass
class Box:
    """A running sandbox: its address and its store."""

    url: str
    app: object

    def add_account(self, *facts) -> None:
        self.app.extensions["sandbox"].store.add_account(*facts)

    def movements(self) -> list[dict]:
        return self.ledger()["movements"]

    def ledger(self) -> dict:
        return requests.get(f"{self.url}/ledger.json", timeout=5).json()

    def fault(self, endpoint: str, kind: str, rate: float = 1.0, **more) -> None:
        answer = requests.post(
            f"{self.url}/faults", json={"endpoint": endpoint, "kind": kind, "rate": rate, **more}, timeout=5
        )
        assert answer.status_code == 201, answer.text

    def mend(self) -> None:
        requests.delete(f"{self.url}/faults", timeout=5)


@contextlib.contextmanager
def sandbox(file: Path) -> Iterator[Box]:
    """Serve a sandbox over its file."""
    app = create_sandbox(file, requests_per_second=0)
    with serving(app) as url:
        yield Box(url, app)


@contextlib.contextmanager
def serving(app) -> Iterator[str]:
    """Serve a WSGI app from a thread; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(PAUSE,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
