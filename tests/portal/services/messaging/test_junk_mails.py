"""Mails that the provider's filter put into the folder for spam are read as those of the INBOX are."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import EventKind, GatewayEvent, GatewayState, MessageGateway
from portal.services.messaging.gateways.mail_tokens import TokenPurpose
from tests import imap_server
from tests.imap_server import PASSWORD, USERNAME, ImapServer
from tests.portal.services.messaging.test_feedback import PEOPLE, MailAccount, refusals
from tests.portal.services.messaging.test_removed_mailboxes import give_other_mailbox
from tests.portal.services.messaging.vendor_pushes import work

pytestmark = pytest.mark.slow

JUNK = rb'LIST (\HasNoChildren \Junk) "/" Junk'


@pytest.fixture
def server(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "DEVELOPMENT", True)  # Its server may be at this machine.
    with imap_server.listening(ImapServer(), tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        server.listed = [rb'LIST (\HasNoChildren) "/" INBOX', JUNK]
        yield server


@pytest.fixture
def account(app, browser, server) -> MailAccount:
    login = {"imap_host": f"127.0.0.1:{server.port}", "imap_username": USERNAME, "imap_password": PASSWORD}
    return MailAccount(app, browser, feedback="imap", **login)


def refusal(account: MailAccount, address: str) -> bytes:
    to = account.token(address, TokenPurpose.UNSUBSCRIBE)
    return f"From: {address}\nTo: {to}\nSubject: ret\n\n.\n".encode()


def sweep(app) -> None:
    with app.app_context():
        db.session.execute(update(GatewayEvent).where(GatewayEvent.kind == EventKind.SWEEP)
                           .values(due_at=clock.now(), lease_until=None))  # fmt: skip
        db.session.commit()
    work(app, *EventKind)


def test_refusals_and_answers_among_spam_are_heard_once_and_spam_is_nothing(app, rows, server, account):
    ayse, burcu, canan, _ = PEOPLE
    server.receive(
        b"From: x@spam.example\nTo: bilgi@ornek.com.tr\nSubject: Kazandiniz\n\nHemen tiklayin.\n", is_spam=True
    )
    server.receive(refusal(account, ayse), is_spam=True)
    answer = f"From: {burcu}\nTo: {account.token(burcu)}\nSubject: Re: Kampanya\n\nIstemiyorum.\n"
    server.receive(answer.encode(), is_spam=True)
    for _ in range(2):
        sweep(app)
    server.receive(refusal(account, canan))
    sweep(app)

    (waits,) = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    read = rows.one(MessageGateway)
    assert refusals(app, rows) == [ayse, canan] and waits.recipient_id and waits.settled_at is None
    assert (read.mailbox_position, read.junk_position, read.state) == ("7:1", "14:3", GatewayState.WORKING)
    assert sum("FETCH" in each for each in server.asked) == 2
    assert not [each for each in server.asked if each.split()[0] in ("SELECT", "STORE", "EXPUNGE")]


def test_an_account_whose_inbox_alone_was_read_reads_the_spam_of_a_month(app, rows, server, account):
    """As after a program of the release before, which leaves the position among spam as it is."""
    server.listed = []
    server.receive(refusal(account, PEOPLE[0]))
    sweep(app)
    now = clock.now()
    with app.app_context():
        facts = {"created_at": now - timedelta(days=100), "swept_at": now}
        db.session.execute(update(MessageGateway).values(facts))
        db.session.commit()
    server.listed = [JUNK]
    server.receive(refusal(account, PEOPLE[1]), is_spam=True)
    sweep(app)

    since = [each.partition("SINCE ")[2] for each in server.asked if "SINCE" in each][-1]
    assert since in {f"{now - timedelta(days=31, minutes=each):%d-%b-%Y}" for each in (-5, 5)}
    assert refusals(app, rows) == PEOPLE[:2]


def test_a_folder_for_spam_that_cannot_be_read_stops_nothing_and_is_logged(app, rows, server, account, quiet_logs):
    ayse, burcu, *_ = PEOPLE
    server.junk_name = "Other"
    server.receive(refusal(account, ayse))
    server.receive(refusal(account, burcu), is_spam=True)
    sweep(app)
    stopped = rows.one(MessageGateway)
    assert refusals(app, rows) == [ayse] and stopped.swept_at is not None
    assert (stopped.state, stopped.junk_position) == (GatewayState.WORKING, None)
    assert [each for each in quiet_logs if "mailbox.junk_not_read" in each and "imap_inbox" in each]

    server.junk_name = "Junk"
    sweep(app)
    assert refusals(app, rows) == [ayse, burcu]


def test_the_position_among_spam_goes_with_its_mailbox(app, rows, server, account):
    """The account has another one by now; the former is read on, the other from its beginning."""
    ayse, burcu, *_ = PEOPLE
    server.receive(refusal(account, ayse))
    server.receive(refusal(account, ayse), is_spam=True)
    sweep(app)
    give_other_mailbox(account)
    with app.app_context():
        assert db.session.get_one(MessageGateway, account.id).junk_position is None
    server.receive(refusal(account, burcu), is_spam=True)
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        work(app, *EventKind)

    assert refusals(app, rows) == [ayse, burcu]
    assert [each for each in server.asked if "SEARCH" in each][-2:] == ["UID SEARCH UID 2:*"] * 2
