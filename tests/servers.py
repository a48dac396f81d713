"""Servers in threads on free ports, for tests over real HTTP."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext

import requests
from werkzeug.http import http_date
from werkzeug.serving import WSGIRequestHandler, make_server

from iys_sandbox import create_sandbox

PATIENCE = 60  # Seconds to wait for an answer of the sandbox, on a busy machine.
POLL_INTERVAL = 0.01  # Seconds until a server that is shut down notices; half a second by default.


@dataclass
class RunningSandbox:
    """A running sandbox: its URL and its app."""

    url: str
    app: object

    def add_account(self, *facts, **more) -> None:
        """(username, password, iys_code, brands); more: kind="partner", integrator_code, acts_for, title, rights,
        subscription."""
        self.app.extensions["sandbox"].store.add_account(*facts, **more)

    def movements(self) -> list[dict]:
        return self.ledger()["movements"]

    def ledger(self) -> dict:
        return requests.get(f"{self.url}/ledger.json", timeout=PATIENCE).json()

    def acts(self, recipient: str, channel: str | None = None, status: str | None = None, **more) -> list[dict]:
        """Act as a citizen at İYS; returns the new movements, if anything changes. More: brandCode, recipientType,
        source (also HS_*: another sender's), at (an aware datetime), citizenName, close_line=True."""
        fields = {"recipient": recipient, "type": channel, "status": status, **more}
        if "at" in more:
            fields["at"] = more["at"].isoformat()
        return self._posts("citizens", {name: value for name, value in fields.items() if value is not None})[
            "movements"
        ]

    def move_clock(self, **how) -> None:
        """forward=seconds, or at=an aware datetime."""
        self._posts("clock", how | ({"at": how["at"].isoformat()} if "at" in how else {}))

    def set_list_timing(self, **settings) -> None:
        """seconds until a list's items are judged; a share of laggards takes laggard_seconds."""
        self._posts("lists", settings)

    def set_push_timing(self, **settings) -> None:
        """delay in seconds, copies of each, shuffled, held until deliver_pushes; what is not said goes as usual."""
        self._posts("push", settings)

    def deliver_pushes(self) -> int:
        """Deliver what is due, even if held; returns how many were answered with 2xx."""
        return self._posts("push/deliver", {})["delivered"]

    def pushes(self) -> list[dict]:
        """Every delivery: id, tries, the last answer, open."""
        return requests.get(f"{self.url}/push", timeout=PATIENCE).json()["deliveries"]

    def tamper(self, **fields) -> dict:
        """Falsify a day (file, hash, counts) and nothing else: transactionId="…", or brandCode=… and day="YYYY-MM-DD"
        for its first row; with drop=True, alter={fields of the file} or, for a day, add={fields}. The row it shows."""
        return self._posts("tamper", fields)

    def untamper(self) -> None:
        requests.delete(f"{self.url}/tamper", timeout=PATIENCE)

    def _posts(self, path: str, fields: dict) -> dict:
        answer = requests.post(f"{self.url}/{path}", json=fields, timeout=PATIENCE)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, endpoint: str, kind: str, rate: float = 1.0, **more) -> None:
        answer = requests.post(
            f"{self.url}/faults", json={"endpoint": endpoint, "kind": kind, "rate": rate, **more}, timeout=PATIENCE
        )
        assert answer.status_code == 201, answer.text

    def mend(self) -> None:
        requests.delete(f"{self.url}/faults", timeout=PATIENCE)


@contextlib.contextmanager
def sandbox(file: Path) -> Iterator[RunningSandbox]:
    """Serve a sandbox over its file."""
    app = create_sandbox(file, requests_per_second=0, may_push_in_clear=True)

    class DatedBySandbox(WSGIRequestHandler):
        def date_time_string(self, timestamp=None) -> str:
            """The Date header: the sandbox's clock can be moved."""
            return http_date(app.extensions["sandbox"].clock())

    with serving(app, DatedBySandbox) as url:
        yield RunningSandbox(url, app)


@contextlib.contextmanager
def serving(
    app, handler=WSGIRequestHandler, *, host: str = "127.0.0.1", tls: SSLContext | None = None
) -> Iterator[str]:
    """Serve a WSGI app from a thread; its address."""
    server = make_server(host, 0, _close_answers(app), threaded=True, request_handler=handler, ssl_context=tls)
    thread = threading.Thread(target=server.serve_forever, args=(POLL_INTERVAL,), daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://{host}:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _close_answers(app):
    """The app, each answer closed before it is sent: the server leaves it open when the client is gone."""

    def answers(environ, start_response):
        answer = app(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            if hasattr(answer, "close"):
                answer.close()

    return answers
