"""What gunicorn itself writes down: no code, token, query or full IP address, in a real process."""

import re
import signal
import socket
import subprocess
import sys

import pytest

from tests.processes import free_ports

pytestmark = pytest.mark.slow

TOKEN = "Zk3vQ9xT-yUj2mR8bLw4HcN6pSdF1gA7eKoIiVuXtMB"
CODE = "peHdedLvVVX"
EMAIL = "fatma@example.com"
# After the portal's answer to a path it knows, the server meets an error that quotes the path.
BROKEN = """
from wsgi import app as portal

def app(environ, start_response):
    if environ["PATH_INFO"].startswith("/invitation/"):
        raise RuntimeError(environ["PATH_INFO"] + " from 198.51.100.7, fatma@example.com")
    return portal(environ, start_response)
"""


@pytest.fixture
def spoken(environ, tmp_path):
    """All that gunicorn wrote while it answered a good, a broken and a malformed request."""
    (tmp_path / "broken.py").write_text(BROKEN)
    (port,) = free_ports(1)
    options = ["--bind", f"127.0.0.1:{port}", "--no-control-socket", "--access-logfile", "-", "--log-level=debug"]
    options += ["--access-logformat", '%(h)s "%(r)s" %(s)s "%(f)s"', "--forwarded-allow-ips=*"]
    command = [sys.executable, "-m", "gunicorn", *options, "--pythonpath", str(tmp_path), "broken:app"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            for line in server.stdout:
                if "Booting worker" in line:
                    break
            for path in (f"/k/{CODE}?mail={EMAIL}", f"/invitation/{TOKEN}", f"/sign-up/{TOKEN} /k/{CODE}"):
                _ask(port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nReferer: http://localhost/k/{CODE}\r\n\r\n")
        finally:
            server.send_signal(signal.SIGTERM)
            told = server.stdout.read()
    return told


def _ask(port: int, request: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(request.encode())
        line.settimeout(30)
        line.recv(1024)


def test_no_line_of_the_server_holds_a_code_a_token_or_an_address(spoken):
    assert "Error handling request" in spoken and "Invalid request" in spoken and '"GET /… HTTP/1.1"' in spoken

    for secret in (TOKEN, CODE, EMAIL, "198.51.100.7"):
        assert secret not in spoken
    assert not re.search(r"127\.0\.0\.1(?!:)", spoken)
