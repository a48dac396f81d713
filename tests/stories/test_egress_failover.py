"""Two forwarders and two egresses: each serves its own, and one takes over when the other is killed."""

import json
import os
import sys
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Egress, Outcome, Submission
from portal.services.iys import egresses
from tests import grants, make
from tests.processes import Program

pytestmark = pytest.mark.long

CODES = (make.IYS_CODE, make.IYS_CODE + 1)
PATIENCE = 300.0  # Seconds until a program must have started, on the busiest machine.
TAKEN_OVER = egresses.LEASE.total_seconds() + 3 + 5  # Seconds: the lease, the next look, and the call itself.


class Iys(BaseHTTPRequestHandler):
    """Takes every consent, and keeps which firm's came from which address."""

    came: list[tuple[int, str]]
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = {"access_token": "a", "expires_in": 7200}
        if "/sps/" in self.path:
            self.came.append((int(self.path.split("/")[3]), self.client_address[0]))
            body = {
                "transactionId": "8b8ecde4",
                "creationDate": f"{clock.now() + timedelta(hours=3):%Y-%m-%d %H:%M:%S}",
            }
        self._answer(200, json.dumps(body).encode())

    def do_GET(self):
        self._answer(204, b"")

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def iys():
    handler = type("Iys", (Iys,), {"came": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def forwarders(app, environ, iys, tmp_path):
    """One that serves the default egress only, and one that serves any that is free."""
    environ = {**os.environ, **environ, "DEVELOPMENT": "1", "IYS_BASE_URL": iys[1]}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "iys", "forward"]
    made = [
        Program([*command, "--egress", "default"], environ, tmp_path / "one.log"),
        Program(command, environ, tmp_path / "two.log"),
    ]
    yield made
    for each in made:
        each.kill()


def decide(code, number):
    brand = db.session.query(Brand).filter_by(brand_code=code).one()
    phone = grants.phones(1, number)
    grants.insert_decisions(brand, phone, clock.now(), lane=None, status="RET", held="ONAY", codes=(code, code))


def wait_for(reached, seconds):
    until = time.monotonic() + seconds
    while not reached():
        db.session.rollback()
        assert time.monotonic() < until, "too late"
        time.sleep(0.1)


def test_a_killed_forwarders_egress_is_taken_over_within_its_lease(app, iys, forwarders):
    came, (one, two) = iys[0].came, forwarders
    with app.app_context():
        for number, code in enumerate(CODES):
            make.provider(code, code, f"ayse{number}@example.com")
        egresses.add_default(db.session)
        second = db.session.query(Brand).filter_by(brand_code=CODES[1]).one().provider_id
        db.session.add(Egress(id=2, name="second", source_ip="127.0.0.2"))
        db.session.flush()
        egresses.assign(db.session, 2, [second])
        db.session.commit()
        one.start()
        wait_for(lambda: db.session.get_one(Egress, 1, populate_existing=True).lease_until, PATIENCE)
        two.start()
        for number, code in enumerate(CODES):
            decide(code, number)
        wait_for(lambda: len(came) == 2, PATIENCE)

        one.kill()
        decide(CODES[0], 2)
        wait_for(lambda: len(came) == 3, TAKEN_OVER)
        wait_for(lambda: not db.session.query(Submission).filter(Submission.outcome != Outcome.ACCEPTED).count(), 10)

    assert sorted(came[:2]) == [(CODES[0], "127.0.0.1"), (CODES[1], "127.0.0.2")]
    assert came[2] == (CODES[0], "127.0.0.1")
