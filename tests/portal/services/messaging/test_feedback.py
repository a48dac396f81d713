"""Refusals that mail systems and mails tell of: of that channel alone, and once; and hard bounces."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import (
    AudienceEntry,
    Consent,
    ConsentRequest,
    Decision,
    DecisionOrigin,
    Delivery,
    EventKind,
    EventOutcome,
    ExclusionReason,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageState,
    Recipient,
    may_have_refused,
)
from portal.domain.consents import locking, recipients, writer
from portal.domain.consents.refusals import refuse
from portal.domain.notifications import gateways
from portal.services.messaging import answered_refusals, event_contents, gateway_accounts, replies, sweep_rows
from portal.services.messaging.gateways import mail_webhooks
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, token_address
from portal.services.messaging.gateways.protocol import ErrorClass, Reason, SendError, SendResult
from tests import imap_server, make
from tests.imap_server import PASSWORD, USERNAME, ImapServer
from tests.portal.services.messaging.gateways import test_mail_webhooks as webhooks
from tests.portal.services.messaging.gateways.bounce_samples import SAMPLES, block, dsn
from tests.portal.services.messaging.vendor_pushes import add_brand, work

pytestmark = pytest.mark.slow

PEOPLE = [f"{name}@example.com" for name in ("ayse", "burcu", "canan", "derya")]
STRANGER = "eda@example.com"  # Who is on a list of the firm's elsewhere.
DOMAIN = "posta.ornek.com.tr"


class MailAccount:
    """An account at a mail server, and a mail to each of PEOPLE that it took."""

    def __init__(self, app, browser, **credentials):
        self.app, self.browser = app, browser
        values = {"host": "127.0.0.1", "security": "smtp", "bounce_domain": DOMAIN, **credentials}
        with app.app_context():
            made = make.made_once(("mail account", *PEOPLE, repr(values)), lambda: _rows_of_account(app, values))
            self.id, self.messages = made[0], dict(made[1])
            row = db.session.get_one(MessageGateway, self.id)
            self.secret, self.key = gateways.read_secret(vault(), row), gateway_accounts.adapter_of(row).token_keys[0]

    def token(self, address: str, purpose: TokenPurpose = TokenPurpose.BOUNCE) -> str:
        return token_address(self.key, purpose, self.messages[address], DOMAIN)

    def pushes(self, body: bytes | str, **query):
        return self.browser.post(f"/callbacks/messages/{self.secret}", data=body, query_string=query)

    def states(self, rows) -> dict[str, str]:
        by_id = {message_id: address for address, message_id in self.messages.items()}
        return {by_id[each.id].partition("@")[0]: each.state.value for each in rows(Message) if each.id in by_id}


def _rows_of_account(app, credentials: dict[str, str]) -> tuple[int, dict[str, int]]:
    """The account's id, and those of the mails that left by it: {address: id}."""
    make.prove_host(make.brand(), "ornek.com.tr")
    row = gateways.add_gateway(
        db.session, vault(), provider_id=make.brand().provider_id, carries=AddressKind.EMAIL, vendor="smtp",
        header="Marka <bilgi@ornek.com.tr>", credentials=credentials, per_second=10, at=clock.now(),
    )  # fmt: skip
    gateways.mark_tested(row, clock.now())
    make.approve_mailboxes()
    db.session.commit()
    make.codes(app, "\n".join(PEOPLE), delivery=Delivery.GATEWAY)
    at = clock.now()
    facts = {"gateway_id": row.id, "state": MessageState.ACCEPTED, "due_at": None, "called_at": at, "ended_at": at}
    db.session.execute(update(Message).values(facts))
    db.session.commit()
    people = [(each, db.session.get_one(Recipient, each.recipient_id)) for each in db.session.scalars(select(Message))]
    found = row.id, {recipients.address_of(vault(), whose): each.id for each, whose in people}
    db.session.rollback()
    return found


def held(app) -> list[str]:
    """To whom nothing is sent until somebody has read what they may have said."""
    with app.app_context():
        found = db.session.scalars(select(Recipient).where(may_have_refused(Recipient.id)))
        return sorted(recipients.address_of(vault(), each) for each in found)


def refusals(app, rows) -> list[str]:
    """Whose e-mail was refused, by decision."""
    made = rows(Decision)
    assert {(each.channel, each.status, each.source, each.origin) for each in made} <= {
        ("EPOSTA", "RET", "HS_EPOSTA", "feedback")
    }
    with app.app_context():
        theirs = [db.session.get_one(Recipient, each.recipient_id) for each in made]
        return sorted(recipients.address_of(vault(), each) for each in theirs)


@pytest.mark.parametrize(
    "named",
    [
        {"email": [PEOPLE[0]]},
        {"email": f"{PEOPLE[0]}, {PEOPLE[1]}"},
        {"recipient": PEOPLE[0]},
        {"EMAIL": PEOPLE[0]},
        {"cut off": PEOPLE[0]},
    ],
    ids=["list", "two", "other name", "capitals", "cut off"],
)
def test_an_unsubscription_whose_address_nobody_can_read_holds_who_stands_in_it(app, browser, rows, named):
    account = MailAccount(app, browser, feedback="brevo")
    told = json.dumps({"Event" if "EMAIL" in named else "event": "unsubscribed"} | named)
    account.pushes(told[:-1] if "cut off" in named else told)
    work(app)

    waiting = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None))
    with app.app_context():
        held = [db.session.get_one(Recipient, each.recipient_id) for each in waiting]
        found = sorted(recipients.address_of(vault(), each) for each in held)
    if "EMAIL" in named:
        assert (refusals(app, rows), found) == (PEOPLE[:1], [])
    else:
        assert found == [each for each in PEOPLE if each in str(named)]
        assert {each.outcome for each in waiting} == {EventOutcome.LIKELY_REFUSAL}


def test_events_of_brevo_move_mails_and_refuse_once(app, browser, rows):
    account = MailAccount(app, browser, feedback="brevo")
    ayse, burcu, canan, _ = PEOPLE

    def event(kind: str, address: str, **more) -> str:
        ours = f"<m{account.messages[address]}@ornek.com.tr>" if address in account.messages else "<7@elsewhere>"
        return json.dumps({"event": kind, "email": address, "message-id": ours, "ts_event": 1796061731, **more})

    for _ in range(2):
        account.pushes(event("delivered", ayse))
        account.pushes(event("hard_bounce", burcu, reason="550 5.1.1 nobody"))
        for kind in ("spam", "unsubscribed"):
            account.pushes(event(kind, canan))
        account.pushes(event("unsubscribed", STRANGER))
        work(app)

    assert account.states(rows) == {"ayse": "delivered", "burcu": "failed", "canan": "accepted", "derya": "accepted"}
    assert refusals(app, rows) == [canan, STRANGER]
    assert len({each.recipient_id for each in rows(ConsentRequest)}) == len(PEOPLE) - 1  # Burcu received none.
    codes = make.codes(app, burcu)
    (left_out,) = rows(AudienceEntry, AudienceEntry.left_out.is_not(None))
    assert not codes and left_out.left_out == ExclusionReason.NO_ADDRESS


@pytest.mark.parametrize("spelling", ["ali@şirket.com", "Ali <ali@ŞİRKET.com>"])
def test_a_mailbox_of_an_idn_is_refused_and_held_however_its_vendor_spells_it(app, browser, rows, spelling):
    """The firm has it as İYS takes it."""
    account, idn = MailAccount(app, browser, feedback="brevo"), "ali@xn--irket-idb.com"
    with app.app_context():
        recipients.gather(db.session, vault(), make.brand().provider_id, [parse(idn)], clock.now())
        db.session.commit()
    account.pushes(json.dumps({"event": "of_tomorrow", "email": spelling}))
    work(app)
    assert held(app) == [idn]

    account.pushes(json.dumps({"event": "unsubscribed", "email": spelling}))
    work(app)
    assert refusals(app, rows) == [idn]


@pytest.mark.parametrize("wrote", ["a removed account", "another account", "nobody here", "another firm"])
def test_a_refusal_counts_by_its_mailbox_whichever_account_sent_the_mail(app, browser, rows, wrote):
    """Also where the id is of no mail here, or of one to somebody else."""
    account = MailAccount(app, browser, feedback="brevo")
    ayse, burcu, *_ = PEOPLE
    with app.app_context():
        is_firms = wrote != "another firm"
        owner = make.brand().provider_id if is_firms else make.provider(800001, 800001, "cem@example.com").id
        values = {"host": "127.0.0.1", "security": "smtp", "bounce_domain": DOMAIN, "feedback": "brevo"}
        second = gateways.add_gateway(
            db.session, vault(), provider_id=owner, carries=AddressKind.EMAIL, vendor="smtp",
            header="Marka <bilgi@ornek.com.tr>", credentials=values, per_second=10, at=clock.now(),
        )  # fmt: skip
        if wrote == "a removed account":
            gateways.remove(db.session, db.session.get_one(MessageGateway, account.id), clock.now())
            account.secret = gateways.read_secret(vault(), second)
        elif wrote != "nobody here":
            db.session.execute(update(Message).values(gateway_id=second.id))
        db.session.commit()
    named = {ayse: account.messages[ayse], burcu: account.messages[ayse]}
    for address, message_id in named.items() if wrote != "nobody here" else [(ayse, 1), (burcu, 2)]:
        reported = {"event": "unsubscribed", "email": address, "message-id": f"<m{message_id}@ornek.com.tr>"}
        account.pushes(json.dumps(reported | {"ts_event": 1796061731}))
    work(app)

    assert refusals(app, rows) == [ayse, burcu]
    assert {each.provider_id for each in rows(Decision)} == {rows(MessageGateway)[0].provider_id}


def test_what_sns_signed_for_our_topic_moves_mails_and_refuses(app, browser, rows, monkeypatch):
    """The certificate was fetched before."""
    monkeypatch.setitem(mail_webhooks.KNOWN_KEYS, webhooks.CERTIFICATE, webhooks.AMAZONS.public_key())
    account = MailAccount(app, browser, feedback="ses", topic=webhooks.TOPIC)
    ayse, burcu, canan, derya = PEOPLE

    def note(address: str, kind: str, **facts) -> str:
        told = {"mail": {"messageId": "x", "source": account.token(address)}, "notificationType": kind}
        return json.dumps(told | {kind.lower(): {"timestamp": webhooks.STAMP, **facts}})

    gone = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": burcu, "status": "5.1.1"}]}
    spam = {"complainedRecipients": [{"emailAddress": canan}], "complaintFeedbackType": "abuse"}
    pushes = [
        webhooks.signed(Message=note(ayse, "Delivery")),
        webhooks.signed(Message=note(burcu, "Bounce", **gone)),
        webhooks.signed(Message=note(canan, "Complaint", **spam)),
        webhooks.signed(Message=note(derya, "Complaint", **spam), key=webhooks.STRANGERS),
    ]
    for push in pushes:
        assert account.pushes(push.body).status_code == 200
    work(app)

    assert account.states(rows) == {"ayse": "delivered", "burcu": "failed", "canan": "accepted", "derya": "accepted"}
    assert refusals(app, rows) == [canan]
    assert [each.outcome for each in rows(GatewayEvent, GatewayEvent.kind == EventKind.PUSH)] == [
        *3 * [EventOutcome.READ], EventOutcome.UNREADABLE,
    ]  # fmt: skip


def test_mails_that_came_back_into_a_mailbox_move_mails_and_refuse(app, browser, rows, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "DEVELOPMENT", True)  # Its server may be at this machine.
    with imap_server.listening(ImapServer(), tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        login = {"imap_host": f"127.0.0.1:{server.port}", "imap_username": USERNAME, "imap_password": PASSWORD}
        account = MailAccount(app, browser, feedback="imap", **login)
        _, burcu, canan, derya = PEOPLE
        bounced, _ = SAMPLES["gmail, no such mailbox"]
        server.receive(b"From: friend@example.com\nTo: bilgi@ornek.com.tr\nSubject: Merhaba\n\nNasilsiniz?\n")
        server.receive(bounced.format(to=account.token(burcu), header=account.token(burcu)).encode())
        server.receive(complaint(account.token(canan)))
        unsubscribes = f"From: x@example.com\nTo: {account.token(derya, TokenPurpose.UNSUBSCRIBE)}\nSubject: ret\n\n.\n"
        server.receive(unsubscribes.encode())
        for _ in range(2):
            with app.app_context():
                db.session.execute(update(GatewayEvent).values(due_at=clock.now(), lease_until=None)
                                   .where(GatewayEvent.kind == EventKind.SWEEP))  # fmt: skip
                db.session.commit()
            work(app, EventKind.SWEEP)
            work(app)

    assert account.states(rows) == {"ayse": "accepted", "burcu": "failed", "canan": "accepted", "derya": "accepted"}
    assert refusals(app, rows) == [canan, derya]
    assert rows.one(MessageGateway).mailbox_position == "7:4"
    assert sum("FETCH" in each for each in server.asked) == 1


def test_a_mailbox_that_lets_us_in_no_more_stops_its_account(app, browser, rows, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "DEVELOPMENT", True)
    with imap_server.listening(ImapServer(), tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        login = {"imap_host": f"127.0.0.1:{server.port}", "imap_username": USERNAME, "imap_password": "changed"}
        MailAccount(app, browser, feedback="imap", **login)
        work(app, EventKind.SWEEP)

    stopped = rows.one(MessageGateway)
    assert (stopped.state, stopped.stopped_code, stopped.stopped_reason) == ("stopped", "imap_login", "credentials")


def test_a_mail_that_cannot_be_read_is_named_and_an_hour_without_any_is_told(app, browser, rows, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "DEVELOPMENT", True)
    with imap_server.listening(ImapServer(), tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        login = {"imap_host": f"127.0.0.1:{server.port}", "imap_username": USERNAME, "imap_password": PASSWORD}
        account = MailAccount(app, browser, feedback="imap", **login)
        server.receive(b"Subject: x\n\nx\n")
        server.broken = {1}
        unheard = []
        for mail in (b"", f"To: {account.token(PEOPLE[0], TokenPurpose.UNSUBSCRIBE)}\nSubject: ret\n\n.\n".encode()):
            if mail:
                server.receive(mail)
            with app.app_context():
                db.session.execute(update(GatewayEvent).values(due_at=clock.now(), lease_until=None))
                db.session.commit()
            work(app, EventKind.SWEEP)
            work(app)
            later = clock.now() + timedelta(minutes=59)
            for at in (later, later + timedelta(minutes=2)):
                unheard.append(len(rows(MessageGateway, gateways.is_inbox_unread(at))))

    assert unheard == [0, 1, 0, 1] and refusals(app, rows) == [PEOPLE[0]]
    assert rows.one(MessageGateway).mailbox_position == "7:2"
    with app.app_context():
        assert sweep_rows.find_last_reports(account.id)[EventOutcome.UNREADABLE][1] == "UID 1"


def complaint(token: str) -> bytes:
    """In the Abuse Reporting Format, with the headers of our mail."""
    return f"""\
From: fbl@mail.example
To: fbl@ornek.com.tr
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: test/1
Version: 1

--b
Content-Type: message/rfc822

Return-Path: <{token}>
From: bilgi@ornek.com.tr
Subject: Onay

Merhaba
--b--
""".encode()


def test_refusals_of_one_mail_refuse_the_brand_that_sent_it_alone(app, browser, rows):
    """A mail that the firm's own server hands to us with its envelope's recipient."""
    add_brand(app, "Moda Evi", "MODAEVI")
    account = MailAccount(app, browser, feedback="post")
    mail = "From: x@example.com\nSubject: ret\n\n.\n"

    account.pushes(mail, to=account.token(PEOPLE[0], TokenPurpose.UNSUBSCRIBE))
    account.pushes(
        mail, to=token_address(b"another" * 4, TokenPurpose.UNSUBSCRIBE, account.messages[PEOPLE[1]], DOMAIN)
    )
    work(app)

    assert refusals(app, rows) == [PEOPLE[0]]


def test_what_mail_systems_say_of_who_left_waits_and_decides_nothing_by_itself(app, browser, rows):
    """In a bounce, and in a relay's answer between two mails that it took, or in words that may be a person's."""
    account = MailAccount(app, browser, feedback="post")
    ayse, burcu, canan, derya = PEOPLE
    said = block("failed", "5.7.1", "smtp; 550 5.7.1 Recipient has opted out")
    account.pushes(dsn("MAILER-DAEMON@x", "x", said).format(to=account.token(ayse), header=""), to=account.token(ayse))
    blocked = SendError(ErrorClass.PERMANENT, Reason.BLOCKED_BY_VENDOR, "550 5.1.1")
    with app.app_context():
        results = [SendResult(account.messages[each], "", blocked if each == canan else None) for each in PEOPLE[1:]]
        answered_refusals.note_answer(account.id, results, clock.now())
        quoting = SendError(ErrorClass.PERMANENT, Reason.CONTENT, "550 5.7.1", said="Mail atmayi kesin")
        answered_refusals.note_answer(account.id, [SendResult(account.messages[derya], "", quoting)], clock.now())
        db.session.commit()
    work(app)

    waiting = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
    with app.app_context():
        words = [json.loads(event_contents.read_reply(each).text).get("word") for each in waiting]
        held = [recipients.address_of(vault(), db.session.get_one(Recipient, each.recipient_id)) for each in waiting]
    assert sorted(held) == [ayse, canan, derya] and rows.count(Decision) == 0 and "Mail atmayi kesin" in words
    assert account.states(rows)["ayse"] == "failed" and burcu not in held


def test_mails_about_a_removed_account_count_by_the_one_after_it_and_those_of_nobody_are_read(app, browser, rows):
    """For as long as somebody keeps the mail that they answer."""
    account = MailAccount(app, browser, feedback="post")
    ayse, burcu, canan, derya = PEOPLE
    with app.app_context():
        values = {"host": "127.0.0.1", "security": "smtp", "bounce_domain": DOMAIN, "feedback": "post"}
        again = gateways.add_gateway(
            db.session, vault(), provider_id=make.brand().provider_id, carries=AddressKind.EMAIL, vendor="smtp",
            header="Marka <bilgi@ornek.com.tr>", credentials=values, per_second=10, at=clock.now(),
        )  # fmt: skip
        gateways.remove(db.session, db.session.get_one(MessageGateway, account.id), clock.now() - timedelta(days=9))
        account.secret = gateways.read_secret(vault(), again)
        db.session.commit()
    bounced, _ = SAMPLES["gmail, no such mailbox"]
    account.pushes("From: x@example.com\n\n.\n", to=account.token(ayse, TokenPurpose.UNSUBSCRIBE))
    account.pushes(bounced.format(to=account.token(burcu), header=account.token(burcu)), to=account.token(burcu))
    account.pushes("From: Canan <canan@other.example>\nSubject: Re\n\nRET\n", to=account.token(canan))
    account.pushes(f"From: {derya}\nSubject: unsubscribe\n\n.\n", to=f"unsubscribe+{'a' * 32}@{DOMAIN}")
    account.pushes(f"From: {STRANGER}\nSubject: Merhaba\n\n.\n", to=f"bilgi@{DOMAIN}")
    work(app)

    assert refusals(app, rows) == [ayse] and account.states(rows)["burcu"] == "failed"
    unread = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
    with app.app_context():
        held = [recipients.address_of(vault(), db.session.get_one(Recipient, each.recipient_id)) for each in unread]
        event = db.session.get_one(GatewayEvent, unread[0].id)
        assert held == [canan, derya]  # By whom we wrote to, whatever her mail says.
        assert replies.refuse_as_read(event, event_contents.read_reply(event), [Channel.EMAIL], 7, clock.now())
        db.session.commit()
    assert [(each.channel, each.source, each.origin) for each in rows(Decision)[1:]] == [
        ("EPOSTA", "HS_EPOSTA", "reply")
    ]


def _consent(at) -> None:
    refused = db.session.scalars(select(Consent)).one()
    whose = refused.provider_id, refused.brand_id, refused.recipient_id
    consents, _ = locking.lock_channels(db.session, *whose, [Channel.EMAIL])
    made = writer.DecisionRows()
    made.add(writer.decide_now(consents[0], Status.GRANTED, source=Source.WEB, origin=DecisionOrigin.LINK, at=at), None)
    writer.write_decisions(db.session, consents, made)
    db.session.commit()


def test_a_later_refusal_by_a_mail_without_a_date_counts_where_she_has_consented_since(app, browser, rows):
    account = MailAccount(app, browser, feedback="post")
    ayse = PEOPLE[0]
    with time_machine.travel(clock.now(), tick=False) as at:
        for _ in range(2):
            for _again in range(2):
                account.pushes("From: x@example.com\n\n.\n", to=account.token(ayse, TokenPurpose.UNSUBSCRIBE))
                work(app)
                at.shift(timedelta(minutes=2))
            with app.app_context():
                _consent(clock.now())
            at.shift(timedelta(minutes=2))

    assert [each.status for each in rows(Decision)] == ["RET", "ONAY", "RET", "ONAY"]


WAYS = {
    "post": {}, "imap": {"imap_host": "imap.ornek.com.tr", "imap_username": "x", "imap_password": "y"},
    "ses": {"topic": webhooks.TOPIC + "2"}, "brevo": {}, "": {},
}  # fmt: skip


@pytest.mark.parametrize("now", WAYS)
@pytest.mark.parametrize("before", ["post", "brevo", "ses"])
def test_what_still_comes_by_the_way_that_an_account_had_is_heard(app, browser, rows, monkeypatch, before, now):
    """A token proves whose word it is; what a vendor says by a way that is left waits, and nothing is sent to them."""
    monkeypatch.setitem(mail_webhooks.KNOWN_KEYS, webhooks.CERTIFICATE, webhooks.AMAZONS.public_key())
    account = MailAccount(app, browser, feedback=before, topic=webhooks.TOPIC)
    with app.app_context():
        row = db.session.get_one(MessageGateway, account.id)
        values = gateways.read_credentials(vault(), row) | {"feedback": now} | WAYS[now]
        gateways.replace_credentials(vault(), row, values, header=row.header, per_second=row.per_second)
        db.session.commit()
    who = PEOPLE[0]
    token = account.token(who, TokenPurpose.UNSUBSCRIBE)
    complaint = {"complainedRecipients": [{"emailAddress": who}], "complaintFeedbackType": "abuse"}
    note = {"mail": {"source": account.token(who)}, "notificationType": "Complaint", "complaint": complaint}
    pushed = {
        "post": f"From: {who}\nTo: {token}\nSubject: unsubscribe\n\nunsubscribe\n",
        "brevo": json.dumps({"event": "unsubscribed", "email": who}),
        "ses": webhooks.signed(Message=json.dumps(note)).body,
    }

    account.pushes(pushed[before], **({"to": token} if before == "post" else {}))
    for _ in range(2):
        work(app)

    is_at_once = before == "post" or (before == now and now == "brevo")
    assert (refusals(app, rows), held(app)) == (([who], []) if is_at_once else ([], [who]))


ODD = {
    "a form": 'payload={"event":"unsubscribed","email":"%s"}', "fields": "event=unsubscribed&email=%s&at=10:00",
    "JSON in JSON": '"{\\"event\\": \\"unsubscribed\\", \\"email\\": \\"%s\\"}"',
    "XML": "<e><email>%s</email><at>10:00</at></e>", "cut off": '{"event": "unsubscribed", "email": "%s"',
}  # fmt: skip


@pytest.mark.parametrize(("feedback", "name"), [*(("brevo", each) for each in ODD), ("ses", "cut off")])
def test_a_vendors_push_in_an_odd_form_is_no_mail_and_holds_who_stands_in_it(app, browser, feedback, name):
    account = MailAccount(app, browser, feedback=feedback, **WAYS[feedback])
    account.pushes(ODD[name] % PEOPLE[0])
    work(app)

    assert held(app) == [PEOPLE[0]]


def test_a_token_in_a_mail_within_an_event_says_whose_word_it_is(app, browser):
    account = MailAccount(app, browser, feedback="post")
    to = account.token(PEOPLE[0], TokenPurpose.UNSUBSCRIBE)
    account.pushes(json.dumps({"mail": f"From: x@y.example\nTo: {to}\n\nBeni rahat birakin"}))
    work(app)

    assert held(app) == [PEOPLE[0]]


@pytest.mark.parametrize("feedback", ["post", "imap", "ses"])
def test_what_a_vendor_reports_by_a_way_that_was_left_moves_nothing(app, browser, rows, feedback):
    account = MailAccount(app, browser, feedback=feedback, **WAYS[feedback])
    before = account.states(rows)
    for kind, who in (("blocked", PEOPLE[0]), ("hard_bounce", PEOPLE[1]), ("delivered", PEOPLE[1])):
        ours = {"message-id": f"<m{account.messages[who]}@ornek.com.tr>", "reason": "unsubscribed"}
        account.pushes(json.dumps({"event": kind, "email": who} | ours))
    work(app)

    assert account.states(rows) == before and refusals(app, rows) == []
    assert PEOPLE[0] in held(app)


@pytest.mark.parametrize("told", ["a mail", "an event"])
def test_what_the_firm_decided_itself_before_is_not_her_word(app, browser, rows, told):
    """Else a spelling of her mailbox that it gets later would be granted."""
    who, is_mail = PEOPLE[0], told == "a mail"
    account = MailAccount(app, browser, feedback="post" if is_mail else "brevo")
    with app.app_context():
        address, brand = parse(who), make.brand()
        recipient = recipients.find(db.session, vault(), brand.provider_id, address)
        how = {"source": Source.PROVIDER_DECISION, "user_id": 7, "at": clock.now() - timedelta(hours=2)}
        refuse(db.session, vault(), recipient, [brand], [Channel.EMAIL], address=address, **how)
        db.session.commit()
    to = account.token(who, TokenPurpose.UNSUBSCRIBE)
    if is_mail:
        account.pushes(f"From: {who}\nTo: {to}\nSubject: ret\n\nret\n", to=to)
    else:
        account.pushes(json.dumps({"event": "unsubscribed", "email": who}))
    work(app)

    assert [(each.source, each.origin) for each in rows(Decision)] == [("HS_KARAR", "staff"), ("HS_EPOSTA", "feedback")]
