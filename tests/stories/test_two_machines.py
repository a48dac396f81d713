"""The same code on two machines, by the files of deploy/: what one of them writes the other one works on."""

import contextlib
import io
import re

import psycopg
import pytest
import requests
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.models import BatchState, Decision, ImportBatch
from portal.services.imports import uploads
from tests import databases, make, processes
from tests.conftest import ADDRESS_OR_CODE, SECRETS
from tests.processes import free_ports
from tests.servers import RunningSandbox
from tests.stories import machines
from tests.stories.machines import ADDRESSES, MAIN, SHORT, Machine, wait_until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(machines.MISSING), reason=f"needs {', '.join(machines.MISSING)}"),
]
FILE = "Telefon;Durum;Tarih;Kaynak\r\n0532 111 22 33;ONAY;24.11.2026 10:00;HS_WEB\r\n"
REFUSED = (
    "ALTER TABLE decision DISABLE TRIGGER ALL",
    "DROP TRIGGER decision_no_update ON decision",
    "TRUNCATE decision",
    "DROP TABLE decision",
    "ALTER TABLE decision ADD COLUMN extra int",
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE decision (id int)",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "SET session_replication_role = replica",
)


@pytest.fixture(scope="module")
def database():
    with machines.migrated_database(SECRETS) as made:
        yield made


@contextlib.contextmanager
def app_at(url: str, folder, **settings):
    """An app in this process, by which a test writes and looks."""
    app = create_app({**SECRETS, "INSTANCE": str(folder / "here"), "DATABASE_URL": url, **settings})
    app.testing, limiter.enabled = True, False
    yield app
    app.extensions["visit_recorder"].stop()
    databases.close_connections(app)


def upload(app) -> int:
    with app.app_context():
        brand = make.brand()
        batch = uploads.store_upload(
            db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=None, name="izinler.csv",
            stream=io.BytesIO(FILE.encode("utf-8-sig")), at=clock.now(),
        )  # fmt: skip
        return batch.id


def state_of(app, batch_id: int) -> BatchState:
    with app.app_context(), Session(db.engines["reader"]) as session:
        return session.get_one(ImportBatch, batch_id).state


def test_two_machines_that_share_no_file_decide_import_forward_and_count_together(database, tmp_path, record_property):
    pooler, counts, tls, redirect, iys, *webs = free_ports(7)
    account = f"{make.USERNAME}:{make.PASSWORD}:{make.IYS_CODE}:{make.BRAND_CODE}"
    environ = {
        **SECRETS, "PATH": "/usr/bin:/bin", "DEVELOPMENT": "0", "DATABASE_POOLING": "transaction", "PROXY_HOPS": "1",
        "DATABASE_POOL_SIZE": "5", "DATABASE_POOL_OVERFLOW": "0", "HOSTS": MAIN, "SHORT_HOSTS": SHORT,
        "LINK_BASE": f"https://{SHORT}", "RATELIMIT_STORAGE_URI": f"redis://127.0.0.1:{counts}/0",
        "IYS_BASE_URL": f"http://127.0.0.1:{iys}", "SANDBOX_FILE": str(tmp_path / "sandbox.db"),
        "SANDBOX_ACCOUNT": account, "SANDBOX_REQUESTS_PER_SECOND": "0", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    with contextlib.ExitStack() as ending:
        url = environ["DATABASE_URL"] = ending.enter_context(machines.pgbouncer(database, pooler, tmp_path))
        valkey = ending.enter_context(machines.valkey(counts, tmp_path))
        app = ending.enter_context(app_at(url, tmp_path, DATABASE_POOLING="transaction", LINK_BASE=f"https://{SHORT}"))
        code = make.codes(app)[make.PHONE]
        sandbox = processes._gunicorn(iys, "--threads=8", "iys_sandbox:create_sandbox_from_environment()")
        sandbox = processes.Program(sandbox, environ | {"DEVELOPMENT": "1"}, tmp_path / "sandbox.log")
        ending.callback(sandbox.kill)
        sandbox.start()
        first, second = (Machine(*each, environ, tmp_path) for each in zip(ADDRESSES, webs, strict=True))
        for machine in (first, second):
            ending.callback(machine.kill)
            machine.web.start()
        second.worker.start()
        second.forwarder.start()
        for machine in (first, second):
            wait_until(lambda at=machine.web_address: is_healthy(at), machine.web_address)
        client = ending.enter_context(
            machines.nginx([each.web_address for each in (first, second)], tls, redirect, tmp_path)
        )

        # A decision through TLS, nginx and PgBouncer, which the other machine's forwarder tells İYS.
        wait_until(lambda: is_open(client), "nginx")
        form = re.search(rb'name="form"[^>]*value="([^"]+)"', client.request("GET", f"/{code}").data)[1].decode()
        answer = client.request("POST", f"/{code}", fields={"form": form, "MESAJ": "ONAY"}, encode_multipart=False)
        assert answer.status == 303 and answer.headers["Location"].startswith("/m/")
        ledger = RunningSandbox(f"http://127.0.0.1:{iys}", None)
        record_property("forwarded", wait_until(lambda: len(ledger.movements()) == 1, "İYS"))

        # A file that one machine stored is read by the other one's worker.
        batch_id = upload(app)
        record_property("read", wait_until(lambda: state_of(app, batch_id) == BatchState.READ, "the worker"))

        # Bad codes are counted over all processes of both machines; without Valkey each counts for itself.
        bad = [client.request("GET", "/" + "x" * 12).status for _ in range(64)]
        assert bad.index(429) == 60 and set(bad) == {404, 429}
        assert all("GET" in machine.log() for machine in (first, second))
        valkey.kill()
        valkey.wait()
        assert client.request("GET", "/" + "x" * 12).status == 404
        assert any("limits.storage_down" in machine.log() for machine in (first, second))

        # One machine is gone: no page is lost.
        first.kill()
        assert [client.request("GET", f"/{code}").status for _ in range(8)] == [200] * 8

        # Both are: the proxy's own page says so.
        second.kill()
        answer = client.request("GET", f"/{code}")
        assert (answer.status, answer.headers["Retry-After"]) == (502, "5") and "nginx" not in answer.data.decode()
        assert "<h1>Şu anda cevap veremiyoruz</h1>" in answer.data.decode()

        logs = first.log() + second.log() + (tmp_path / "izinlink.log").read_text()
        assert not ADDRESS_OR_CODE.search(logs) and code not in logs and "GET" in logs
        assert client.request("GET", "/readyz").status == 404


def is_healthy(address: str) -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"http://{address}/health", timeout=5).status_code == 200
    return False


def is_open(client) -> bool:
    with contextlib.suppress(machines.urllib3.exceptions.HTTPError):
        return client.request("GET", "/").status < 500
    return False


def test_the_applications_role_decides_and_imports_and_can_unguard_nothing(database, tmp_path):
    with app_at(database.url("izinlink"), tmp_path) as app:
        code = make.codes(app, "+905321112244")["+905321112244"]
        assert make.Person(app.test_client(), code).decides(MESAJ="ONAY").status_code == 303
        batch_id = upload(app)
        with app.app_context():
            steps = {loop.name: loop.step for loop in app.extensions["worker"]}
            while steps["imports"]():
                pass
        assert state_of(app, batch_id) == BatchState.READ

    with psycopg.connect(database.url("izinlink"), autocommit=True) as connection:
        for statement in REFUSED:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        for statement in ("UPDATE decision SET status = 'RET'", "DELETE FROM decision"):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                connection.execute(statement)
        assert connection.execute(f"SELECT count(*) > 0 FROM {Decision.__tablename__}").fetchone() == (True,)
