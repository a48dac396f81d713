"""Mails over a real SMTP server with TLS and login: each once as far as SMTP allows, each failure in its class."""

from email import message_from_string

import pytest
import time_machine
from aiosmtpd.smtp import SMTP

from portal.core import clock
from portal.services.messaging.gateways import dkim, smtp_connection
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, find_messages
from portal.services.messaging.gateways.protocol import LONGEST_TURN, Batch, Gateway, LookupOutcome, OutgoingMessage
from portal.services.messaging.gateways.smtp import SmtpGateway
from portal.services.messaging.gateways.vendor_push import VendorPush
from tests.mail_server import Listening, MailServer, certificate
from tests.portal.services.messaging.gateways.bounce_samples import SAMPLES

pytestmark = [pytest.mark.slow, pytest.mark.alike]

KEY = b"k" * 32
MAILBOX = "Örnek Mağaza <bilgi@ornek.com.tr>"
DKIM_KEY = dkim.DkimKey("ornek.com.tr", "s1", dkim.generate_rsa_key())


@pytest.fixture
def server():
    return MailServer()


@pytest.fixture
def port(app, server):
    listening = Listening(server, authenticator=server.authenticate, auth_require_tls=False)
    listening.start()
    with app.app_context():
        yield listening.port
    listening.stop()


@pytest.fixture
def gateway(port) -> Gateway:
    return gateway_at(port)


def gateway_at(port: int, **other) -> SmtpGateway:
    made = {"url": f"smtp://ornek:secret@127.0.0.1:{port}", "token_keys": [KEY], "bounce_domain": "posta.ornek.com.tr"}
    return SmtpGateway(**made | {"keys": [DKIM_KEY], "is_trusted": True, "shows_bounce_domain": True} | other)


def batch(*addresses: str) -> Batch:
    messages = [
        OutgoingMessage(number, to, "Merhaba", "Onay", "https://izin.ornek.com.tr/u/x")
        for number, to in enumerate(addresses or ["ayse@example.com"], 81)
    ]
    return Batch(7, MAILBOX, messages, clock.now())


def errors(results) -> list[tuple[str, str, str] | None]:
    return [
        (each.error.error_class.value, each.error.reason.value, each.error.code) if each.error else None
        for each in results
    ]


def test_each_mail_is_signed_and_has_a_sender_of_its_own(server, gateway):
    results = gateway.send(batch("ayse@example.com", "burak@example.com"))

    assert [(each.message_id, each.error) for each in results] == [(81, None), (82, None)]
    assert [each for sender, _, _ in server.taken for each in find_messages([KEY], sender)] == [
        (TokenPurpose.BOUNCE, 81),
        (TokenPurpose.BOUNCE, 82),
    ]
    assert [to for _, to, _ in server.taken] == [["ayse@example.com"], ["burak@example.com"]]
    for number, (_, _, content) in enumerate(server.taken, 81):
        mail = message_from_string(content)
        assert mail["DKIM-Signature"] and mail["Message-ID"].endswith("@ornek.com.tr>")
        assert [*find_messages([KEY], mail["Message-ID"])] == [(TokenPurpose.MESSAGE_ID, number)]
        assert [*find_messages([KEY], mail["List-Unsubscribe"])] == [(TokenPurpose.UNSUBSCRIBE, number)]
        assert [*find_messages([KEY], mail["Reply-To"])] == [(TokenPurpose.BOUNCE, number)]
        assert mail["Reply-To"].startswith("bilgi@ornek.com.tr,")  # People there read it as well.
        assert [*find_messages([KEY], mail["Reply-To"])] == [(TokenPurpose.BOUNCE, number)]
        assert mail["Reply-To"].startswith("bilgi@ornek.com.tr,")  # People there read it as well.


def test_without_a_domain_for_bounces_they_go_to_the_sender(server, port):
    gateway_at(port, bounce_domain="", keys=[dkim.DkimKey("other.example", "s1", b"")]).send(batch())

    ((sender, _, content),) = server.taken
    assert sender == "bilgi@ornek.com.tr" and "mailto:" not in content and "DKIM-Signature" not in content


@pytest.mark.parametrize(
    "domain", ["posta.ornek.com.tr>, <https://evil.example/u?x=", "posta.ornek.com.tr\r\nReply-To: x", "posta"]
)
def test_an_account_whose_bounces_go_to_no_host_sends_nothing_and_stops(server, port, domain):
    results = gateway_at(port, bounce_domain=domain).send(batch())

    assert errors(results) == [("config", "header", "bad_mail_header")] and server.taken == []


@pytest.mark.parametrize("feedback", ["", "ses", "brevo"])
def test_no_refusal_by_mail_is_offered_where_nobody_reads_it(server, port, feedback):
    gateway_at(port, feedback=feedback).send(batch())

    ((sender, _, content),) = server.taken
    assert [*find_messages([KEY], sender)] == [(TokenPurpose.BOUNCE, 81)] and "mailto:" not in content


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"RCPT": "450 4.2.1 later"}, ("temporary", "unreachable", "450 4.2.1")),
        ({"RCPT": "451 4.7.1 greylisted"}, ("temporary", "rate", "451 4.7.1")),
        ({"DATA": "452 full"}, ("temporary", "unavailable", "452")),
        ({"RCPT": "550 nobody here"}, ("permanent", "bad_address", "550")),
        ({"RCPT": "550 5.1.1 recipient unsubscribed"}, ("permanent", "blocked_by_vendor", "550 5.1.1")),
        ({"RCPT": "550 5.1.1 recipient unsubscribed"}, ("permanent", "blocked_by_vendor", "550 5.1.1")),
        ({"RCPT": "550 5.1.1 <ayse@example.com> unknown"}, ("permanent", "bad_address", "550 5.1.1")),
        ({"RCPT": "552 5.2.2 full"}, ("permanent", "unreachable", "552 5.2.2")),
        ({"DATA": "554 5.7.26 ayse@example.com: not authenticated"}, ("permanent", "header", "554 5.7.26")),
        ({"DATA": "554 no"}, ("permanent", "content", "554")),
        ({"MAIL": "553 5.7.1 not your mailbox"}, ("config", "header", "553 5.7.1")),
        ({"MAIL": "530 5.7.0 log in first"}, ("config", "credentials", "530")),
        ({"MAIL": "552 5.3.4 too big"}, ("permanent", "content", "552 5.3.4")),
    ],
)
def test_an_answer_is_that_of_one_mail_and_the_others_go_on(server, gateway, answers, error):
    server.answers = answers
    assert errors(gateway.send(batch())) == [error]

    server.answers = {"ayse@example.com": answers["RCPT"]} if "RCPT" in answers else {}
    results = gateway.send(batch("ayse@example.com", "burak@example.com"))
    assert errors(results) == [error if "RCPT" in answers else None, None]


def test_an_answer_that_may_quote_a_person_is_told_without_addresses(server, gateway):
    server.answers = {"RCPT": "550 5.7.1 <ayse@example.com> Mail atmayi kesin"}
    (quoting,) = gateway.send(batch())
    server.answers = {"RCPT": "550 5.7.1 <ayse@example.com>: Relay access denied"}
    (plain,) = gateway.send(batch())

    assert (quoting.error.reason, quoting.error.said, plain.error.said) == ("content", "< > Mail atmayi kesin", "")
    assert "kesin" not in repr(quoting)


def test_a_drop_after_the_final_dot_is_uncertain_and_the_repeat_is_the_same_mail(server, gateway):
    server.answers = {"DATA": "DROP"}
    lost = gateway.send(batch("ayse@example.com", "burak@example.com"))
    server.answers = {}
    again = gateway.send(batch("ayse@example.com", "burak@example.com"))

    assert errors(lost) == [("uncertain", "unavailable", "disconnected")]
    assert errors(again) == [None, None] and gateway.lookup(batch()).outcome == LookupOutcome.CANNOT_TELL
    first, repeat, other = (message_from_string(content)["Message-ID"] for _, _, content in server.taken)
    assert first == repeat != other


def test_an_answer_to_the_content_has_a_time_of_its_own(server, gateway, monkeypatch):
    monkeypatch.setattr(smtp_connection, "VERDICT_TIMEOUT", 0.3)
    monkeypatch.setattr(smtp_connection, "TIMEOUT", 3600.0)
    server.answers = {"DATA": "SILENT"}

    assert errors(gateway.send(batch())) == [("uncertain", "unavailable", "disconnected")]


def test_a_server_that_closes_leaves_the_rest_for_later(server, gateway):
    server.answers = {"burak@example.com": "421 4.7.0 too many"}
    results = gateway.send(batch("ayse@example.com", "burak@example.com", "cem@example.com"))

    assert errors(results) == [None, ("temporary", "rate", "421 4.7.0")]


def test_a_slow_server_gets_no_mail_of_whose_person_nobody_asked_for_long(server, gateway, monkeypatch):
    with time_machine.travel(clock.now(), tick=False) as at:
        deliver = smtp_connection.deliver

        def slowly(*arguments, **options):
            at.shift(LONGEST_TURN * 0.6)
            deliver(*arguments, **options)

        monkeypatch.setattr(smtp_connection, "deliver", slowly)
        results = gateway.send(batch("ayse@example.com", "burak@example.com", "cem@example.com"))

    assert errors(results) == [None, None] and len(server.taken) == 2


def test_what_a_server_takes_to_log_us_in_is_a_part_of_the_turn(app, server):
    with time_machine.travel(clock.now(), tick=False) as at:

        def log_in_slowly(*arguments):
            at.shift(LONGEST_TURN)
            return server.authenticate(*arguments)

        listening = Listening(server, authenticator=log_in_slowly, auth_require_tls=False)
        listening.start()
        with app.app_context():
            results = gateway_at(listening.port).send(batch("ayse@example.com", "burak@example.com"))
        listening.stop()

    assert errors(results) == [None] and len(server.taken) == 1


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({}, None),
        ({"url": "smtp://ornek:wrong@127.0.0.1:{port}"}, ("config", "credentials", "535")),
        ({"url": "smtp://ornek:şifre@127.0.0.1:{port}"}, ("config", "credentials", "no_tls_or_login")),
        ({"url": "smtp://ornek:secret@127.0.0.1:9"}, ("temporary", "unavailable", "no_connection")),
        ({"url": "smtp://ornek:secret@mail.invalid:{port}"}, ("temporary", "unavailable", "no_connection")),
        ({"is_trusted": False}, ("config", "unknown", "url_not_allowed")),
    ],
)
def test_a_check_says_what_a_person_has_to_put_right(server, port, other, error):
    gateway = gateway_at(
        port, **{name: str(value).format(port=port) if name == "url" else value for name, value in other.items()}
    )

    told = gateway.check()
    assert errors([type("", (), {"error": told})]) == [error]
    assert errors(gateway.send(batch("ayse@example.com", "burak@example.com"))) == [error, error]
    assert "secret" not in repr(gateway) and "kkkk" not in repr(gateway)


def test_nobody_logs_in_without_tls(server, port, monkeypatch):
    monkeypatch.setattr(smtp_connection, "LOCALHOST", ())  # As if it stood elsewhere; it knows no STARTTLS.

    assert gateway_at(port).check().code == "no_tls_or_login"


def test_over_starttls_a_certificate_must_be_right(app, server, tmp_path, monkeypatch):
    context = certificate(tmp_path)
    listening = Listening(server, tls_context=context, require_starttls=True, authenticator=server.authenticate)
    listening.start()
    monkeypatch.setattr(smtp_connection, "LOCALHOST", ())
    gateway = gateway_at(listening.port)
    with app.app_context():
        assert errors(gateway.send(batch())) == [("config", "unavailable", "bad_certificate")]

        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        assert errors(gateway.send(batch())) == [None]
    listening.stop()

    assert len(server.taken) == 1


class WithReports(SMTP):
    """Takes what is asked of delivery reports (RFC 3461)."""

    asked: list[str]

    async def smtp_MAIL(self, arg):
        before, _, asked = arg.partition(" RET=")
        self.asked.append(f"RET={asked}")
        await super().smtp_MAIL(before)

    async def smtp_RCPT(self, arg):
        before, _, asked = arg.partition(" NOTIFY=")
        self.asked.append(f"NOTIFY={asked}")
        await super().smtp_RCPT(before)


def test_reports_are_asked_for_where_they_are_offered(app, server):
    class Taking(Listening):
        def factory(self):
            return WithReports(self.handler)

    async def offer(server, session, envelope, hostname, responses):
        session.host_name = hostname
        return [responses[0], "250-DSN", *responses[1:]]

    WithReports.asked, server.handle_EHLO = [], offer
    listening = Taking(server)
    listening.start()
    with app.app_context():
        results = gateway_at(listening.port, url=f"smtp://127.0.0.1:{listening.port}").send(batch())
    listening.stop()

    assert errors(results) == [None] and WithReports.asked == ["RET=HDRS", "NOTIFY=FAILURE,DELAY"]


def test_a_bounce_that_is_pushed_is_a_report(server, gateway):
    gateway.send(batch())
    text, _ = SAMPLES["gmail, no such mailbox"]
    (report,) = gateway.read_push(VendorPush(text.encode(), "message/rfc822", {"to": server.taken[0][0]})).reports

    assert (report.message_id, report.state, report.reason) == (81, "failed", "bad_address")


def test_no_address_and_no_word_of_a_mail_is_told(server, gateway, quiet_logs):
    server.answers = {"RCPT": "550 ayse@example.com is unknown"}

    assert "ayse" not in repr(gateway.send(batch())) + "".join(quiet_logs)
