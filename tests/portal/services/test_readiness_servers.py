"""What the doctor says of proxies, of disks and of PostgreSQL, by what they really do."""

import shutil
from collections import namedtuple

import pytest
from sqlalchemy import make_url, text

from iys_sandbox import create_sandbox
from portal.core import clock, ids
from portal.core.extensions import db
from portal.core.models import Process
from portal.services.readiness import forwarded_headers
from tests import databases
from tests.conftest import SECRETS
from tests.mail_server import Listening, MailServer, certificate
from tests.portal.services.test_readiness import execute, failing, start
from tests.servers import sandbox, serving

KEY = SECRETS["SECRET_KEY"]
ON_POSTGRESQL = pytest.mark.skipif(not databases.SERVER, reason="settings of PostgreSQL")
Disk = namedtuple("Disk", "total used free")
start = start  # The fixture.


def doctor(app, check: str) -> str:
    lines = app.test_cli_runner().invoke(args=["doctor"]).stdout.splitlines()
    return next(line for line in lines if line.startswith(f"{check}: "))


@pytest.mark.parametrize(
    ("hops", "header", "said"),
    [("0", "203.0.113.5", "PROXY_HOPS is 0, but"), ("2", "203.0.113.5", "holds fewer"), ("1", None, "holds fewer")],
)
def test_forwarded_headers_that_do_not_fit_the_hops_are_told_to_all_processes(start, monkeypatch, hops, header, said):
    """Else everybody would be limited as one, by the proxy's address."""
    monkeypatch.setattr(forwarded_headers, "EVERY", 0.0)
    web, other = start(PROXY_HOPS=hops), start(PROXY_HOPS=hops)
    other.extensions["beat_told_until"] = float("inf")  # Both are of one process here, with one row.
    at = clock.now()
    with web.app_context():
        db.session.merge(Process(node=ids.own_node(), role="web", host="a", pid=1, leased_until=at, seen_at=at))
        db.session.commit()
    sent = {"headers": {"X-Forwarded-For": header} if header else {}, "environ_base": {"REMOTE_ADDR": "10.0.0.2"}}

    def told() -> str:
        web.extensions["beat_told_until"] = 0.0
        assert failing(web) == []
        return doctor(other, "proxies")

    for _each in range(forwarded_headers.FEWEST - 1):
        web.test_client().get("/durum", **sent)
    assert told() == "proxies: ok"
    web.test_client().get("/durum", **sent)
    assert said in told() and "203" not in told() and "10.0" not in told()


def test_one_request_a_second_is_looked_at_and_strangers_who_forge_a_header_say_nothing(monkeypatch):
    seen = forwarded_headers.ForwardedHeaders(hops=0)
    behind = {"HTTP_X_FORWARDED_FOR": "203.0.113.5", "REMOTE_ADDR": "10.0.0.2"}
    for _each in range(forwarded_headers.FEWEST):
        seen.note_request(behind)
    assert seen.contradiction is None

    monkeypatch.setattr(forwarded_headers, "EVERY", 0.0)
    seen, strange = forwarded_headers.ForwardedHeaders(hops=0), forwarded_headers.ForwardedHeaders(hops=0)
    for _each in range(forwarded_headers.FEWEST):
        seen.note_request(behind)
        strange.note_request(behind | {"REMOTE_ADDR": "8.8.8.8"})
    assert (seen.contradiction, strange.contradiction) == (forwarded_headers.UNREAD, None)


@pytest.mark.parametrize("name", ["INSTANCE", "JOURNAL_DIR"])
def test_a_disk_that_is_nearly_full_is_named_by_its_setting(start, monkeypatch, tmp_path, name):
    app = start(JOURNAL_DIR=str(tmp_path))
    full = app.config[name]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(10**12, 0, 4 * 10**7 if path == full else 10**11))

    assert doctor(app, "disk") == (
        f"disk: 40 MB are left on the disk of {name}. Make room or enlarge the disk; a full one takes no decision."
    )


@ON_POSTGRESQL
@pytest.mark.parametrize(
    ("check", "setting", "value", "said"),
    [
        ("server", "synchronous_commit", "off", "synchronous_commit: off"),
        ("clock", "timezone", "'Pacific/Auckland'", "ok"),
    ],
)
def test_what_postgresql_is_set_to_is_found_and_its_time_zone_changes_nothing(start, check, setting, value, said):
    app = start()
    name = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database
    execute(app, text(f'ALTER DATABASE "{name}" SET {setting} = {value}'))
    try:
        assert said in doctor(start(DEVELOPMENT="0"), check)
    finally:
        execute(app, text(f'ALTER DATABASE "{name}" RESET {setting}'))


@ON_POSTGRESQL
def test_connections_of_all_programs_are_compared_with_what_the_server_gives(start):
    app = start()
    assert doctor(app, "connections") == "connections: ok"
    execute(app, text("UPDATE process SET role = 'forwarder'"))
    for number in range(8):
        execute(app, text("INSERT INTO process SELECT 7000 + :n, 'forwarder', 'b', 1, leased_until, seen_at FROM"
                          " process LIMIT 1").bindparams(n=number))  # fmt: skip
    assert "max_connections" in doctor(app, "connections")


@ON_POSTGRESQL
def test_a_role_that_may_pass_the_triggers_is_found_and_the_programs_own_is_not(start, environ):
    """By rights as deploy/postgresql/roles.sql gives them."""
    url, role = make_url(environ["DATABASE_URL"]), "izinlink_app_of_tests"
    app = start()
    with app.app_context():
        known = db.session.scalar(text(f"SELECT count(*) FROM pg_roles WHERE rolname = '{role}'"))
    for statement in (
        *([] if known else [f"CREATE ROLE {role} LOGIN"]),
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    ):
        execute(app, text(statement))
    as_app = {"DATABASE_URL": url.set(username=role).render_as_string(), "DEVELOPMENT": "0", "SMTP_URL": ""}
    try:
        assert "role: The role of DATABASE_URL owns" in doctor(start(DEVELOPMENT="0"), "role")
        assert doctor(start(**as_app), "role") == "role: ok"
        execute(app, text(f"GRANT TRUNCATE ON decision TO {role}"))
        assert "roles.sql" in doctor(start(**as_app), "role")
    finally:
        execute(app, text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"))


@pytest.fixture
def mails(tmp_path):
    """SMTP_URL of servers: one with a password, and one by TLS with a certificate of nobody."""
    server = MailServer()
    told = {"password": Listening(server, authenticator=server.authenticate, auth_require_tls=False)}
    told["tls"] = Listening(server, ssl_context=certificate(tmp_path))
    for each in told.values():
        each.start()
    yield {"password": f"smtp://u:wrong-word@127.0.0.1:{told['password'].port}",
           "tls": f"smtps://127.0.0.1:{told['tls'].port}"}  # fmt: skip
    for each in told.values():
        each.stop()


@pytest.mark.parametrize(("server", "cause"), [("password", "login"), ("tls", "certificate")])
def test_a_mail_server_that_would_take_no_mail_is_found_though_its_port_opens(start, mails, server, cause):
    told = doctor(start(SMTP_URL=mails[server], MAIL_FROM="izin@izin.example"), "mail_server")

    assert f"): {cause}. " in told and "wrong-word" not in told


def test_a_sandbox_of_another_key_and_what_is_no_sandbox_are_found(start, tmp_path):
    with sandbox(tmp_path / "open.db") as running:
        assert doctor(start(SANDBOX_URL=running.url), "sandbox") == "sandbox: ok"
        assert "): 404. " in doctor(start(SANDBOX_URL=f"{running.url}/nowhere"), "sandbox")
    with serving(create_sandbox(tmp_path / "locked.db", key=KEY)) as url:
        assert doctor(start(SANDBOX_URL=url, SANDBOX_KEY=KEY), "sandbox") == "sandbox: ok"
        assert "SANDBOX_KEY is not" in doctor(start(SANDBOX_URL=url, SANDBOX_KEY=KEY[::-1]), "sandbox")
