"""A mailbox is read on after its account was removed, and by an account that is added again from where it was read."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import EventKind, GatewayEvent, MessageGateway
from portal.domain.notifications import gateways
from portal.services.messaging import gateway_sweeps
from portal.services.messaging.gateways.mail_tokens import TokenPurpose
from portal.services.messaging.gateways.offered_vendors import FORMER_DOMAINS, OFFERED
from tests import imap_server
from tests.imap_server import PASSWORD, USERNAME, ImapServer
from tests.portal.services.messaging.test_feedback import DOMAIN, PEOPLE, MailAccount, held, refusals
from tests.portal.services.messaging.vendor_pushes import work

pytestmark = pytest.mark.slow

UNSEEN = {"synchronize_session": False}  # By another session.


@pytest.fixture
def server(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "DEVELOPMENT", True)  # Its server may be at this machine.
    with imap_server.listening(ImapServer(), tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        yield server


def test_a_mailbox_is_read_for_weeks_after_its_account_and_on_where_it_is_added_again(app, browser, rows, server):
    login = {"imap_host": f"127.0.0.1:{server.port}", "imap_username": USERNAME, "imap_password": PASSWORD}
    account = MailAccount(app, browser, feedback="imap", **login)
    ayse, burcu, canan, derya = PEOPLE

    def refuses(address: str, after: int) -> None:
        to = account.token(address, TokenPurpose.UNSUBSCRIBE)
        server.receive(f"From: {address}\nTo: {to}\nSubject: ret\n\n.\n".encode())
        with time_machine.travel(clock.now() + timedelta(days=after)):
            for _ in range(3):
                work(app, *EventKind)

    def edit(*, adds: bool) -> None:
        with app.app_context():
            old = db.session.get_one(MessageGateway, account.id)
            if adds:
                added = gateways.add_gateway(
                    db.session, vault(), provider_id=old.provider_id, carries=old.carries, vendor=old.vendor,
                    header=old.header, credentials=gateways.read_credentials(vault(), old), per_second=10,
                    at=clock.now() + timedelta(days=200),
                )  # fmt: skip
                gateways.mark_tested(added, clock.now())
            else:
                gateways.remove(db.session, old, clock.now())
            db.session.commit()

    refuses(ayse, 0)
    edit(adds=False)
    refuses(burcu, 80)
    assert refusals(app, rows) == [ayse, burcu]
    refuses(canan, 100)
    assert refusals(app, rows) == [ayse, burcu]

    edit(adds=True)
    refuses(derya, 200)
    assert refusals(app, rows) == [ayse, burcu, canan, derya]
    assert [each for each in server.asked if "SINCE" in each][1:] == []  # From where the one before it was.


def test_the_place_in_a_mailbox_is_not_that_of_another_one_which_was_entered_meanwhile(
    app, browser, rows, server, monkeypatch
):
    """While what the former one told is kept, which takes a while."""
    login = {"imap_host": f"127.0.0.1:{server.port}", "imap_username": USERNAME, "imap_password": PASSWORD}
    account, keep_news = MailAccount(app, browser, feedback="imap", **login), gateway_sweeps.keep_news
    to = account.token(PEOPLE[0], TokenPurpose.UNSUBSCRIBE)
    server.receive(f"From: {PEOPLE[0]}\nTo: {to}\nSubject: ret\n\n.\n".encode())

    def edit_meanwhile(*args, **options):
        keep_news(*args, **options)
        db.session.execute(update(MessageGateway).values(credentials=b"other"), execution_options=UNSEEN)

    monkeypatch.setattr(gateway_sweeps, "keep_news", edit_meanwhile)
    work(app, EventKind.SWEEP)

    other = rows.one(MessageGateway)
    assert (other.credentials, other.mailbox_position, other.swept_at) == (b"other", None, None)
    assert len(rows(GatewayEvent, GatewayEvent.kind == EventKind.BLOCKED)) == 1


def give_other_mailbox(account: MailAccount) -> None:
    with account.app.app_context():
        row = db.session.get_one(MessageGateway, account.id)
        other = gateways.read_credentials(vault(), row) | {"imap_username": "yeni"}
        gateways.keep_former_inbox(db.session, vault(), row, clock.now())
        gateways.replace_credentials(vault(), row, other, header=row.header, per_second=10)
        db.session.commit()


def test_a_mailbox_is_read_on_where_its_account_gets_another_one(app, browser, rows, server):
    login = {"imap_host": f"127.0.0.1:{server.port}", "imap_username": USERNAME, "imap_password": PASSWORD}
    account = MailAccount(app, browser, feedback="imap", **login)
    ayse, burcu, *_ = PEOPLE
    work(app, *EventKind)
    give_other_mailbox(account)
    for address in (ayse, burcu):
        server.receive(f"From: {address}\nTo: {account.token(address, TokenPurpose.UNSUBSCRIBE)}\n\n.\n".encode())
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        work(app, *EventKind)
        assert refusals(app, rows) == [ayse, burcu]


@pytest.mark.parametrize(("days", "since"), [(10, 11), (100, 31)])
def test_a_mailbox_that_an_account_gets_later_is_read_from_when_it_was_added(app, browser, server, days, since):
    """But for mails of long ago; and from where it was when something else of the account changes."""
    login = {"imap_host": f"127.0.0.1:{server.port}", "imap_username": USERNAME, "imap_password": PASSWORD}
    account, now = MailAccount(app, browser, feedback="post"), clock.now()

    def change(pace: int, **values: str) -> None:
        with app.app_context():
            row = db.session.get_one(MessageGateway, account.id)
            row.created_at, row.swept_at = now - timedelta(days=days), now
            other = gateways.read_credentials(vault(), row) | values
            gateways.replace_credentials(vault(), row, other, header=row.header, per_second=pace)
            db.session.commit()
        with time_machine.travel(clock.now() + timedelta(minutes=2 * pace)):
            work(app, *EventKind)

    change(1, **login, feedback="imap")
    server.receive(b"Subject: x\n\nx\n")
    change(2)
    change(3)
    first, *others = [each.partition("SEARCH ")[2] for each in server.asked if "SEARCH" in each]
    days_before = {now - timedelta(days=since, minutes=each) for each in (0, 20)}
    assert first in {f"SINCE {each:%d-%b-%Y}" for each in days_before}
    assert others[1:] == ["UID 2:*"]


def test_a_mailbox_is_read_after_its_account_where_another_one_only_did_so_once(app, browser, rows, server):
    login = {"imap_host": f"127.0.0.1:{server.port}", "imap_username": USERNAME, "imap_password": PASSWORD}
    account = MailAccount(app, browser, feedback="imap", **login)
    with app.app_context():
        old = db.session.get_one(MessageGateway, account.id)
        other = gateways.add_gateway(
            db.session, vault(), provider_id=old.provider_id, carries=old.carries, vendor=old.vendor, per_second=10,
            header=old.header, credentials=gateways.read_credentials(vault(), old) | {"feedback": "brevo"},
            at=clock.now(),
        )  # fmt: skip
        gateways.mark_tested(other, clock.now())
        gateways.remove(db.session, old, clock.now())
        db.session.commit()
    ayse = PEOPLE[0]
    server.receive(f"From: {ayse}\nTo: {account.token(ayse, TokenPurpose.UNSUBSCRIBE)}\n\n.\n".encode())
    for _ in range(2):
        work(app, *EventKind)

    assert refusals(app, rows) == [ayse]


def test_a_mail_that_names_a_domain_which_an_account_had_waits(app, browser, rows):
    """By a token that nobody knows, or in a quotation; also where the account that had it was removed."""
    account = MailAccount(app, browser, feedback="post")
    ayse, burcu, *_ = PEOPLE
    cut = account.token(ayse, TokenPurpose.UNSUBSCRIBE).replace("+", "+x", 1)
    with app.app_context():
        row = db.session.get_one(MessageGateway, account.id)
        for domain in ("geri.ornek.com.tr", ""):
            stored = gateways.read_credentials(vault(), row)
            values = OFFERED[row.vendor].with_former(stored, stored | {"bounce_domain": domain})
            gateways.replace_credentials(vault(), row, values, header=row.header, per_second=5)
        added = gateways.add_gateway(
            db.session, vault(), provider_id=row.provider_id, carries=row.carries, vendor=row.vendor, header=row.header,
            credentials=stored | {"bounce_domain": "", FORMER_DOMAINS: ""}, per_second=10, at=clock.now(),
        )  # fmt: skip
        gateways.remove(db.session, row, clock.now())
        account.secret = gateways.read_secret(vault(), added)
        db.session.commit()
    account.pushes(f"From: {ayse}\nTo: {cut}\nSubject: ret\n\n.\n", to=cut)
    account.pushes(f"From: {burcu}\nTo: info@x.example\nSubject: ret\n\n> <mailto:unsubscribe@{DOMAIN}>\n\nCikarin\n")
    for _ in range(3):
        work(app, *EventKind)

    assert held(app) == [ayse, burcu]
