"""Over real sockets: connections are reset, and a killed sandbox loses nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from portal.core import clock, iys_protocol
from tests import servers
from tests.iys_sandbox.callers import ACCOUNT, ADD, GRANT

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Gunicorn:
    """The sandbox as it is served, in a process of its own."""

    def __init__(self, file):
        self.base = f"http://127.0.0.1:{free_port()}"
        self.environment = os.environ | {
            "DEVELOPMENT": "1",
            "SANDBOX_FILE": str(file),
            "SANDBOX_ACCOUNT": f"ayse:{ACCOUNT['password']}:700100:700100,700101",
            "SANDBOX_REQUESTS_PER_SECOND": "0",
            "PYTHONPATH": str(ROOT),
        }
        self.start()

    def start(self):
        serve = "iys_sandbox:create_sandbox_from_environment()"
        options = ["--bind", self.base.removeprefix("http://"), "--workers", "1", "--threads", "8"]
        command = [sys.executable, "-m", "gunicorn", *options, serve]
        self.process = subprocess.Popen(
            command, env=self.environment, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        wait_until_healthy(self.base)

    def stop(self, how):
        os.killpg(self.process.pid, how)
        return self.process.communicate()[1]


def wait_until_healthy(base):
    for _ in range(3000):
        try:
            requests.get(f"{base}/health", timeout=5).raise_for_status()
            return
        except requests.RequestException:
            time.sleep(0.1)
    raise TimeoutError(base)


@pytest.fixture
def gunicorn(file):
    server = Gunicorn(file)
    yield server
    if server.process.poll() is None:
        server.stop(signal.SIGTERM)


@pytest.fixture
def werkzeug(app):
    with servers.serving(app) as url:
        yield url


def signed_in(base):
    session = requests.Session()
    fields = {"username": "ayse", "password": ACCOUNT["password"], "grant_type": "password"}
    token = session.post(f"{base}/oauth2/token", json=fields, timeout=5).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    return session


def now_granted():
    return GRANT | {"consentDate": iys_protocol.format_wire_date(clock.now())}


def added_twice(base, body):
    """Add a consent whose answer is torn off after it was stored, and add it again; the second answer's id."""
    session = signed_in(base)
    session.post(f"{base}/faults", json={"endpoint": "add", "kind": "reset-after-apply", "count": 1}, timeout=5)
    with pytest.raises(requests.ConnectionError, match="ConnectionResetError"):
        session.post(base + ADD, json=body, timeout=5)
    return session.post(base + ADD, json=body, timeout=5).json()["transactionId"]


def stored(base):
    movements = requests.get(f"{base}/ledger.json", timeout=5).json()["movements"]
    return [movement["transactionId"] for movement in movements]


@pytest.mark.slow
def test_gunicorn_resets_the_connection_and_goes_on(gunicorn):
    told = added_twice(gunicorn.base, now_granted())

    assert stored(gunicorn.base) == [told]
    assert "Traceback" not in gunicorn.stop(signal.SIGTERM)


def test_werkzeug_resets_the_connection_and_goes_on(werkzeug):
    told = added_twice(werkzeug, GRANT)

    assert stored(werkzeug) == [told]


@pytest.mark.long
def test_a_killed_sandbox_comes_back_with_all_it_had_answered(gunicorn):
    session = signed_in(gunicorn.base)
    body = now_granted()
    answered = session.post(gunicorn.base + ADD, json=body, timeout=5).json()

    gunicorn.stop(signal.SIGKILL)
    gunicorn.start()

    assert session.post(gunicorn.base + ADD, json=body, timeout=5).json() == answered
    assert stored(gunicorn.base) == [answered["transactionId"]]
    assert requests.get(f"{gunicorn.base}/ledger.json", timeout=5).json()["token_calls"] == 1
