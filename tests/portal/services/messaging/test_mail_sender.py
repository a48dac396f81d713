"""Mails go once each to a real SMTP server; whatever it answers, none is lost and none that is stale is sent."""

import socket
import threading
import time
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Mail, MailKind, MailState
from portal.domain.notifications import mails as rule
from portal.services.messaging import mail_sender
from portal.services.messaging.gateways import smtp_connection
from tests.mail_server import Listening, MailServer, certificate

pytestmark = pytest.mark.slow

LINK = "https://main.example/reset/secret-token"


@pytest.fixture
def server():
    server = MailServer()
    listening = Listening(server)
    listening.start()
    server.port = listening.port
    yield server
    listening.stop()


@pytest.fixture(autouse=True)
def sending(app, server):
    app.config.update(SMTP_URL=f"smtp://127.0.0.1:{server.port}", MAIL_FROM="izinlink@main.example")
    with app.app_context():
        yield
        db.session.rollback()


def write(to="ayse@example.com", language="tr", lasting=timedelta(days=1)) -> int:
    at = clock.now()
    facts = {"link": LINK, "until": at + lasting}
    mail = rule.write_mail(db.session, vault(), MailKind.RESET, to=to, language=language, at=at, facts=facts)
    db.session.commit()
    return mail.id


def send_all() -> None:
    while mail_sender.send_due():
        pass


def test_a_mail_is_sent_once(server, rows):
    mail_id = write()
    send_all()
    send_all()

    ((sender, to, content),) = server.taken
    assert (sender, to) == ("izinlink@main.example", ["ayse@example.com"])
    assert f"Message-ID: <{mail_id}@main.example>" in content
    assert "Auto-Submitted: auto-generated" in content
    assert rows.one(Mail).state == MailState.SENT


def test_what_was_sent_keeps_no_link(server, rows):
    write()
    send_all()

    assert rule.read_facts(vault(), rows.one(Mail)) == {}


def test_many_mails_leave_by_one_connection_each_in_its_language(server, rows):
    write("a@example.com"), write("b@example.com", language="en")
    send_all()

    assert sorted(to for _, to, _ in server.taken) == [["a@example.com"], ["b@example.com"]]
    assert {"Content-Language: tr", "Content-Language: en"} <= {
        line for _, _, content in server.taken for line in content.splitlines()
    }


@pytest.mark.parametrize("answer", [{"RCPT": "451 later"}, {"DATA": "452 full"}, {"MAIL": "553 not your mailbox"}])
def test_what_the_server_takes_later_is_sent_later(server, rows, answer):
    server.answers = answer
    mail_id = write()
    send_all()
    assert rows.one(Mail).state == MailState.WAITING

    server.answers = {}
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        send_all()

    assert rows.one(Mail).state == MailState.SENT
    assert f"<{mail_id}@main.example>" in server.taken[0][2]


@pytest.mark.parametrize("answer", [{"RCPT": "550 nobody here"}, {"DATA": "554 no"}])
def test_what_the_server_never_takes_fails_at_once_and_the_others_go_on(server, rows, answer):
    server.answers = answer
    write()
    send_all()
    server.answers = {}
    write("burak@example.com")
    send_all()

    assert [mail.state for mail in rows(Mail)] == [MailState.FAILED, MailState.SENT]


def test_a_server_that_is_not_there_costs_no_mail(app, server, rows):
    write()
    app.config["SMTP_URL"] = "smtp://127.0.0.1:9"

    assert mail_sender.send_due() == 0
    assert (rows.one(Mail).state, rows.one(Mail).attempts) == (MailState.WAITING, 0)


@pytest.mark.parametrize("greeting", [b"", b"220 "])
def test_a_server_that_lets_fall_byte_after_byte_is_left_in_time(app, rows, monkeypatch, greeting):
    monkeypatch.setattr(smtp_connection, "TIMEOUT", 1.0)
    write()
    with dripping(greeting) as port:
        app.config["SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        began = time.monotonic()
        assert mail_sender.send_due() == 0

    assert time.monotonic() - began < 5
    assert rows.one(Mail).state == MailState.WAITING


def test_a_slow_server_has_its_turn_and_leaves_others_theirs(server, rows, monkeypatch):
    monkeypatch.setattr(mail_sender, "LONGEST_RUN", 0.0)
    write()
    write("burak@example.com")

    send_all()
    assert sorted(mail.state for mail in rows(Mail)) == [MailState.SENT, MailState.WAITING]

    send_all()
    assert {mail.state for mail in rows(Mail)} == {MailState.SENT}


def test_a_link_that_has_gone_stale_is_not_mailed(server, rows):
    write(lasting=timedelta(minutes=30))
    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        send_all()

    assert server.taken == []
    assert rows.one(Mail).state == MailState.FAILED


@pytest.mark.long
def test_a_mail_that_is_never_taken_fails_after_days(server, rows):
    server.answers = {"RCPT": "451 later"}
    write(lasting=timedelta(days=30))
    start = clock.now()
    for hour in range(0, 65 * 2, 2):
        with time_machine.travel(start + timedelta(hours=hour)):
            mail_sender.send_due()

    assert (rows.one(Mail).state, rows.one(Mail).attempts) == (MailState.FAILED, mail_sender.MAX_ATTEMPTS)


def test_what_a_killed_sender_had_in_hand_is_sent_when_its_lease_ends(server, rows):
    write()
    at = clock.now()
    db.session.query(Mail).update({Mail.lease_until: at + mail_sender.LEASE})
    db.session.commit()

    assert mail_sender.send_due() == 0
    with time_machine.travel(at + mail_sender.LEASE + timedelta(seconds=1)):
        send_all()

    assert rows.one(Mail).state == MailState.SENT


def test_a_damaged_mail_fails_alone(server, rows):
    mail_id = write()
    db.session.query(Mail).update({Mail.facts: b"damaged"})
    db.session.commit()
    write("burak@example.com")
    send_all()

    assert {mail.id == mail_id: mail.state for mail in rows(Mail)} == {True: MailState.FAILED, False: MailState.SENT}


def test_without_any_way_mails_wait(app, rows):
    app.config["SMTP_URL"] = ""
    write()

    assert mail_sender.send_due() == 0
    assert rows.one(Mail).state == MailState.WAITING


def test_outside_of_a_demonstration_no_mail_goes_to_the_gateway_of_messages(app, rows):
    app.config.update(SMTP_URL="", MESSAGE_GATEWAY_URL="http://127.0.0.1:9", DEVELOPMENT=False)
    write()

    assert mail_sender.send_due() == 0
    assert rows.one(Mail).attempts == 0


def test_nothing_is_said_to_a_server_elsewhere_without_tls(app, server, rows, monkeypatch):
    monkeypatch.setattr(smtp_connection, "LOCALHOST", ())  # As if it stood elsewhere; it knows no STARTTLS.
    write()

    assert mail_sender.send_due() == 0
    assert server.taken == []


def test_a_certificate_of_nobody_is_not_believed_and_the_log_says_so(app, server, rows, tmp_path, quiet_logs):
    secure = Listening(server, ssl_context=certificate(tmp_path))
    secure.start()
    app.config["SMTP_URL"] = f"smtps://127.0.0.1:{secure.port}"
    write()

    assert mail_sender.send_due() == 0
    secure.stop()
    assert server.taken == []
    assert [line for line in quiet_logs if "mails.blocked" in line and '"cause": "certificate"' in line]


def test_no_address_and_no_link_is_logged(server, quiet_logs, app):
    server.answers = {"DATA": "554 ayse@example.com is unknown"}
    write()
    send_all()
    app.config["SMTP_URL"] = "smtp://somebody:secret@127.0.0.1:9"
    write()
    mail_sender.send_due()

    assert not [line for line in quiet_logs if "ayse" in line or "secret" in line]


@contextmanager
def dripping(greeting: bytes):
    """A server that says this and then a byte every tenth of a second, for as long as anybody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip():
            line, _ = listening.accept()
            with line, suppress(OSError):
                line.sendall(greeting)
                while line.send(b"x"):
                    time.sleep(0.1)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(timeout=5)
