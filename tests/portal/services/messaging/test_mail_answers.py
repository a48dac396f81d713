"""Whose word the answer to a mail is: theirs to whom it was written, whoever answers it from whichever mailbox. Who has
not seen the mail speaks for nobody."""

import base64
import re
from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import and_, delete, select, update

import shortlinks
from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel
from portal.core.models import (
    NO_PROVIDER,
    AuditEntry,
    Decision,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Recipient,
)
from portal.domain.consents import locking, recipients
from portal.domain.notifications import gateways
from portal.services.messaging import (
    event_contents,
    gateway_accounts,
    mail_answers,
    news_keeping,
    replies,
    shared_replies,
)
from portal.services.messaging.gateways.mail_tokens import TokenPurpose
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback, OutgoingMessage
from tests import make
from tests.portal.services.messaging.test_feedback import DOMAIN, MailAccount, held
from tests.portal.services.messaging.vendor_pushes import work
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.slow

AYSE, BURCU = "a.yse+izin@gmail.com", "burcu@example.com"
BOSS = "patron@baska.example"
SAID = "Yazmayin, istemiyorum"
IS_REPLY = and_(GatewayEvent.kind == EventKind.REPLY, GatewayEvent.body.is_not(None))
CHANGED = "In-Reply-To: <0102018f-abc@eu-west-1.amazonses.com>"  # By a relay.


@pytest.fixture
def account(app, browser, monkeypatch) -> MailAccount:
    monkeypatch.setattr("tests.portal.services.messaging.test_feedback.PEOPLE", [AYSE, BURCU])
    return MailAccount(app, browser, feedback="post")


def own_id(account: MailAccount, gateway_id: int | None = None) -> str:
    """The Message-ID under which the mail to Ayse left."""
    with account.app.app_context():
        adapter = gateway_accounts.adapter_of(db.session.get_one(MessageGateway, gateway_id or account.id))
        mail = adapter._content(OutgoingMessage(account.messages[AYSE], AYSE, "x", "x"), "bilgi@ornek.com.tr")
        return message_from_bytes(mail)["Message-ID"]


def own_code(account: MailAccount, address: str = AYSE) -> str:
    with account.app.app_context():
        link = db.session.get_one(shortlinks.Link, db.session.get_one(Message, account.messages[address]).link_id)
        return shortlinks.code_of(account.app.config["LINK_SALT"], link.id, link.nonce)


def answer(account: MailAccount, sender: str, header: str, said: str = SAID, to: str = "bilgi@ornek.com.tr") -> None:
    account.pushes(f"From: X <{sender}>\nTo: {to}\nSubject: Re\n{header}\n\n{said}\n".encode())
    work(account.app, *EventKind)


def add_account(account: MailAccount, provider_id: int | None) -> int:
    """Of another owner, at which mails arrive from now on."""
    values = {"host": "127.0.0.1", "security": "smtp", "bounce_domain": DOMAIN, "feedback": "post"}
    other = gateways.add_gateway(
        db.session, vault(), provider_id=provider_id, carries=AddressKind.EMAIL, vendor="smtp",
        header="bilgi@baska.example", credentials=values, per_second=10, at=clock.now(),
    )  # fmt: skip
    db.session.commit()
    account.secret = gateways.read_secret(vault(), other)
    return other.id


def waiting(rows) -> list[GatewayEvent]:
    return rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)


def people(app, *conditions) -> list[str]:
    with app.app_context():
        found = db.session.scalars(select(Recipient).where(*conditions))
        return sorted(recipients.address_of(vault(), each) for each in found)


def refused(app) -> list[str]:
    return people(app, Recipient.id.in_(select(Decision.recipient_id)))


def refuse_all_as_read(app, rows) -> None:
    with app.app_context():
        for each in [one for one in waiting(rows) if one.body is not None]:
            event = db.session.get_one(GatewayEvent, each.id)
            reply, at = event_contents.read_reply(event), clock.now()
            assert replies.refuse_as_read(event, reply, [Channel.EMAIL], 7, at)
            shared_replies.settle(event, 7, at)
        db.session.commit()


CLICKS = "".join(f"> https://click.esp.example/u/1{number:07}\n" for number in range(30))
SPELLED = [
    "> https://kisa.example/{}",  # As LINK_BASE, or a firm's own host, has no path.
    "> https://kisa.example/\n> {}",
    "> https://urldefense.proofpoint.com/v2/url?u=https-3A__izin.example_u_{}&d=x",
    "> https://a.example/?u=https%253A%252F%252Fizin.example%252Fu%252F{}",
    CLICKS + "> https://izin.example/u/{}",
]


@pytest.mark.parametrize("quoted", SPELLED)
def test_a_mail_that_the_firm_sent_by_itself_is_known_by_a_link_however_it_is_spelled(app, account, quoted):
    header = "In-Reply-To: <campaign-1@mailing.ornek.com.tr>"
    answer(account, AYSE, header, f"{SAID}\n{quoted.format(own_code(account))}")

    assert held(app) == [AYSE]


@pytest.mark.parametrize("quoted", ["> https://izin.example/u/{}.", "html"])
@pytest.mark.parametrize("sender", [BOSS, "ayse@gmail.com", BURCU])
def test_a_forwarded_mail_is_answered_for_whom_it_was_written_to(app, account, rows, sender, quoted):
    """By its own id, or where a relay changed that by a link that is quoted; also by another one of the firm's."""
    page = f"<p>{SAID}</p><blockquote><a href='https://izin.example/u/{own_code(account)}'>Ret</a></blockquote>"
    if quoted == "html":
        head = f"Content-Type: text/html\nContent-Transfer-Encoding: base64\n{CHANGED}"
        answer(account, sender, head, base64.encodebytes(page.encode()).decode())
    elif quoted:
        answer(account, sender, CHANGED, f"{SAID}\n{quoted.format(own_code(account))}")
    else:
        answer(account, sender, f"In-Reply-To: {own_id(account)}")

    whose = [AYSE, BURCU] if sender == BURCU else [AYSE]  # Who answers may mean themselves.
    assert held(app) == whose and rows.count(Decision) == 0 and people(app) == [AYSE, BURCU]
    refuse_all_as_read(app, rows)
    assert refused(app) == whose and held(app) == []


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("is_operators", [True, False])
def test_an_answer_counts_for_every_spelling_that_the_firm_has(app, account, rows, is_operators, is_named):
    """Also where nobody ever wrote; by the operator's account at no firm to which it wrote by none."""
    with app.app_context():
        other = make.provider(800001, 800001, "cem@example.com").id
        for provider_id, text in ((make.brand().provider_id, "ayse@gmail.com"), (other, "ayse+baska@gmail.com")):
            recipients.gather(db.session, vault(), provider_id, [parse(text)], clock.now())
        db.session.commit()
        if is_operators:
            db.session.execute(update(Message).values(gateway_id=add_account(account, None)))
            db.session.commit()
    name = f"In-Reply-To: {own_id(account)}" if is_named else ""
    answer(account, "ayse@gmail.com", name or "X: y", to="x@y.z" if is_named else f"unsubscribe@{DOMAIN}")

    assert held(app) == [AYSE, "ayse@gmail.com"]
    refuse_all_as_read(app, rows)
    assert refused(app) == [AYSE, "ayse@gmail.com"]


@pytest.mark.parametrize("names_message", [True, False])
def test_a_vendors_word_counts_for_every_spelling_of_a_mailbox(app, account, names_message):
    """Whether or not it names the message, too."""
    with app.app_context():
        recipients.gather(db.session, vault(), make.brand().provider_id, [parse("ayse@gmail.com")], clock.now())
        gateway, at = db.session.get_one(MessageGateway, account.id), clock.now()
        named = BlockedAddress("ayse@gmail.com", at, "complaint", account.messages[AYSE] if names_message else None)
        news_keeping.keep_news(gateway, Feedback(blocked=(named,)), at)
        db.session.commit()
    work(app, *EventKind)

    assert refused(app) == [AYSE, "ayse@gmail.com"]


@pytest.mark.parametrize("named", ["id of nobody's", "id of another firm", "link of nobody's", "link of another firm"])
def test_what_names_no_mail_of_the_firms_holds_its_sender_at_most_and_makes_nobody(app, account, rows, named):
    """Who is the firm's may answer a mail of an account that is lost, or of the operator's."""
    code, number = own_code(account), account.messages[AYSE]
    if "another firm" in named:
        with app.app_context():
            other = make.provider(800001, 800001, "cem@example.com").id
            add_account(account, other)
            recipients.gather(db.session, vault(), other, [parse(BURCU)], clock.now())
            db.session.commit()
    else:
        code, number = code[::-1], 1
    before = people(app)
    for sender in (BURCU, BOSS):
        header = CHANGED if "link" in named else f"In-Reply-To: <m{number}@ornek.com.tr>"
        answer(account, sender, header, f"{SAID}\n> https://izin.example/u/{code if 'link' in named else ''}")

    assert len(rows(GatewayEvent, GatewayEvent.kind == EventKind.PUSH, GatewayEvent.outcome == EventOutcome.READ)) == 2
    assert held(app) == ([] if "link" in named else [BURCU]) and people(app) == before
    assert len(waiting(rows)) == len(held(app))


@pytest.mark.parametrize(("sender", "header", "whose"), [
    ("bilgi@ornek.com.tr", "X: y", []), ("duyuru@haber.ornek.com.tr", "X: y", []),
    ("isci@ornek.com.tr", CHANGED, [AYSE]), ("x@baskaornek.com.tr", "X: y", [AYSE]),
    ("ayse@gmail.com", "X: y", [AYSE]), ("bilgi@ornek.com.tr", "Reply-To: <destek@ornek.com.tr>", []),
    ("form@ornek.com.tr", "Reply-To: Ayse <ayse@yahoo.com>, bilgi@ornek.com.tr", [AYSE]),
    ("bilgi@ornek.com.tr", "X-Original-From: Ayse <ayse@yahoo.com>", [AYSE]),
    ("destek@ornek.com.tr", "Sender: x@destek.example", [AYSE]),
])  # fmt: skip
def test_a_mail_with_somebodys_link_counts_unless_the_firm_sent_it_by_itself(
    app, account, rows, sender, header, whose
):  # fmt: skip
    """Copies of what it sends come to its mailbox; they answer nothing, as a forwarded answer does, and are nobody
    else's, as what groups, forms and help desks send in its name."""
    answer(account, sender, header, f"Artık istemiyorsanız: https://izin.example/u/{own_code(account)}")

    assert len(waiting(rows)) == len(whose) and held(app) == whose


@pytest.mark.parametrize(("sender", "subject", "is_heard"), [
    ("burcu@example.com", "RET", True), ("isci@example.com", "=?utf-8?b?xLBsdDogS2FtcGFueWE=?=", True),
    ("isci@example.com", "Ynt: Kampanya", True), ("isci@example.com", "Kampanya", False),
    ("bilgi@example.com", "Kampanya", False),
])  # fmt: skip
def test_who_has_a_mailbox_at_the_firms_own_domain_is_heard(app, account, rows, sender, subject, is_heard):
    """Whom the firm has as a recipient speaks for themselves, and so does who answers a mail or passes it on."""
    with app.app_context():
        db.session.execute(update(MessageGateway).values(header="Marka <bilgi@example.com>"))
        db.session.commit()
    link = f"https://izin.example/u/{own_code(account)}"
    account.pushes(f"From: X <{sender}>\nTo: bilgi@example.com\nSubject: {subject}\n\n{SAID} {link}\n".encode())
    work(app, *EventKind)

    assert held(app) == ([AYSE, BURCU] if sender == BURCU else [AYSE] if is_heard else [])


def test_an_answer_at_which_our_code_fails_holds_whom_it_names(app, account, rows, monkeypatch):
    monkeypatch.setattr(mail_answers, "find_spellings", lambda *_: {}["x"])
    answer(account, BOSS, f"In-Reply-To: {own_id(account)}")

    assert held(app) == [AYSE]


@pytest.mark.parametrize("act", ["refusal", "reading"])
def test_an_answer_is_read_once_for_all_spellings_of_the_mailbox(app, account, rows, act, monkeypatch):
    """All are locked at once, as by who refuses at another page: one by one they would wait for each other."""
    locked: list[list[int]] = []
    lock = locking.lock_recipients
    monkeypatch.setattr(locking, "lock_recipients", lambda session, ids: locked.append(list(ids)) or lock(session, ids))
    with app.app_context():
        spelled = [parse("ayse@gmail.com"), parse("ayse+x@gmail.com")]
        recipients.gather(db.session, vault(), make.brand().provider_id, spelled, clock.now())
        db.session.commit()
    answer(account, "ayse@gmail.com", f"In-Reply-To: {own_id(account)}")
    all_three = [AYSE, "ayse+x@gmail.com", "ayse@gmail.com"]
    staff = signed_in(app)
    page = staff.opens("/desk/replies").text
    assert held(app) == all_three and page.count("<article") == 1 and "öbür adresler: a•••" in page

    (event_id,) = (each.id for each in waiting(rows) if each.body is not None)
    locked.clear()
    assert staff.posts(f"/desk/replies/{event_id}/{act}", {"channels": "EPOSTA"}).status_code == 303
    assert held(app) == [] and refused(app) == (all_three if act == "refusal" else [])
    assert {len(ids) for ids in locked[:1]} == ({3} if act == "refusal" else set())


@pytest.mark.parametrize("sender", ["ayse@gmail.com", BOSS])
def test_an_old_mail_by_the_operators_account_is_answered_whoever_wrote_since(app, account, rows, sender):
    """Each address by what was written to it: another firm wrote lately to who answers."""
    with app.app_context():
        operators_id = add_account(account, None)
        old = clock.now() - timedelta(days=21)
        db.session.execute(update(Message).values(gateway_id=operators_id, created_at=old, called_at=old))
        other = make.provider(800001, 800001, "cem@example.com").id
        theirs = recipients.gather(db.session, vault(), other, [parse(sender)], clock.now())[sender]
        db.session.add(
            Message(
                kind=MessageKind.CODE, provider_id=other, recipient_id=theirs, gateway_id=operators_id,
                created_at=clock.now(), state=MessageState.ACCEPTED,
            )
        )  # fmt: skip
        db.session.commit()
    answer(account, sender, f"In-Reply-To: {own_id(account, operators_id)}")

    assert held(app) == sorted([AYSE, sender])
    refuse_all_as_read(app, rows)
    assert refused(app) == sorted([AYSE, sender]) and held(app) == []


def test_what_two_people_may_have_said_is_told_to_both(app, account, rows):
    make.write_to_all(app)
    with app.app_context():
        before = set(db.session.scalars(select(Message.id)))
    answer(account, BURCU, f"In-Reply-To: {own_id(account)}")
    refuse_all_as_read(app, rows)

    told = {each.recipient_id for each in rows(Message, Message.id.not_in(before), Message.kind == MessageKind.REFUSAL)}
    assert people(app, Recipient.id.in_(told)) == [AYSE, BURCU]


def test_who_comes_to_a_list_while_an_answer_waits_is_refused_with_it(app, account, rows):
    answer(account, "ayse@gmail.com", f"In-Reply-To: {own_id(account)}")
    with app.app_context():
        spelled = [parse("ayse@gmail.com"), parse("ayse+x@gmail.com")]
        recipients.gather(db.session, vault(), make.brand().provider_id, spelled, clock.now())
        db.session.commit()
    refuse_all_as_read(app, rows)

    assert refused(app) == [AYSE, "ayse+x@gmail.com", "ayse@gmail.com"]


def test_an_answer_that_cannot_be_opened_holds_nobody_once_it_is_put_aside(app, account, rows):
    answer(account, BURCU, f"In-Reply-To: {own_id(account)}")
    assert held(app) == [AYSE, BURCU]
    (event_id,) = (each.id for each in waiting(rows) if each.body is not None)
    with app.app_context():
        db.session.execute(update(GatewayEvent).where(GatewayEvent.id == event_id).values(body=b"x"))
        db.session.commit()

    signed_in(app).posts(f"/desk/replies/{event_id}/reading", {})
    assert held(app) == []


@pytest.mark.parametrize("mark", ["Auto-Submitted: auto-generated", "Precedence: bulk", "List-Id: <firma.com.tr>"])
@pytest.mark.parametrize("by", ["id", "address", "link", "no link"])
def test_what_a_person_answers_is_heard_however_their_server_marks_it(app, account, rows, mark, by):
    """Whatever the words: no list has them all."""
    header = f"In-Reply-To: {own_id(account)}" if by == "id" else CHANGED
    code = own_code(account)
    said = f"Onayımı geri alıyorum.\n> https://izin.example/u/{code if by == 'link' else code[::-1]}"
    answer(account, AYSE, f"{mark}\n{header}", said, account.token(AYSE) if by == "address" else "bilgi@ornek.com.tr")

    assert held(app) == ([] if by == "no link" else [AYSE]) and len(waiting(rows)) == len(held(app))


@pytest.mark.parametrize("is_firms", [True, False])
def test_a_complaint_about_a_firms_message_refuses_that_firm_and_about_the_portals_holds_all(
    app, account, rows, is_firms
):
    """By the operator's account another firm wrote to the same mailbox. A code of the portal's is no firm's."""
    with app.app_context():
        operators_id = add_account(account, None)
        other = make.provider(800001, 800001, "cem@example.com").id
        spelling = AYSE if is_firms else "ayse@gmail.com"
        theirs = recipients.gather(db.session, vault(), other, [parse(spelling)], clock.now())[spelling]
        brand_id, number = make.brand().id, new_id()
        db.session.execute(update(Message).values(gateway_id=operators_id, campaign_id=None, brand_id=brand_id))
        sent = {
            "kind": MessageKind.CODE, "gateway_id": operators_id, "created_at": clock.now(),
            "state": MessageState.ACCEPTED,
        }  # fmt: skip
        db.session.add(Message(**sent, provider_id=other, recipient_id=theirs))
        own = vault().seal(AYSE, Message.ADDRESS, NO_PROVIDER, number)
        db.session.add(Message(**sent, id=number, address=own))
        db.session.flush()
        gateway, at = db.session.get_one(MessageGateway, operators_id), clock.now()
        told = BlockedAddress(AYSE, at, "complaint", account.messages[AYSE] if is_firms else number)
        news_keeping.keep_news(gateway, Feedback(blocked=(told,)), at)
        db.session.commit()
    work(app, *EventKind)

    assert {each.brand_id for each in rows(Decision)} == ({brand_id} if is_firms else set())
    assert refused(app) == ([AYSE] if is_firms else [])
    if not is_firms:
        assert held(app) == sorted([AYSE, spelling])


def test_an_id_without_a_token_holds_its_sender_alone_and_makes_nobody(app, account, rows):
    """Anybody could name it. What a stranger writes waits all the same, and staff search for the person."""
    header = f"In-Reply-To: m{account.messages[AYSE]}@ornek.com.tr"
    answer(account, BOSS, header)
    assert held(app) == [] and people(app) == [AYSE, BURCU]
    page = signed_in(app).opens("/desk/replies").text
    assert SAID in page and "alıcılarınız arasında yok" in page and "ileti gönderilmez" not in page
    assert "Ret olarak kaydet" not in page

    answer(account, BURCU, header)
    answer(account, "ayse@gmail.com", header)
    assert held(app) == [AYSE, BURCU] and len(waiting(rows)) == 3
    refuse_all_as_read(app, rows)
    assert refused(app) == [AYSE, BURCU, BOSS]


@pytest.mark.parametrize(("sender", "whose"), [("ayse@gmail.com", [AYSE]), (BOSS, [])])
def test_a_mail_to_an_address_for_refusals_that_nobody_knows_waits_and_makes_nobody(app, account, rows, sender, whose):
    """Of a sender whose mailbox the firm has by another spelling it is that one's."""
    answer(account, sender, "X: y", to=f"unsubscribe@{DOMAIN}")

    assert len(waiting(rows)) == 1 and held(app) == whose and people(app) == [AYSE, BURCU]


@pytest.mark.parametrize("wrote", [True, False])
def test_a_link_in_a_mail_to_the_operators_mailbox_counts_where_its_account_wrote_to_them(app, account, rows, wrote):
    with app.app_context():
        operators_id = add_account(account, None)
        if wrote:
            db.session.execute(update(Message).values(gateway_id=operators_id))
            db.session.commit()
    answer(account, BOSS, CHANGED, f"{SAID}\n> https://izin.example/u/{own_code(account)}")

    assert held(app) == ([AYSE] if wrote else []) and len(waiting(rows)) == (2 if wrote else 0)


COMPLAINT = """From: fbl@posta.example
To: sikayet@ornek.com.tr
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
Original-Mail-From: <{token}>
Original-Rcpt-To: <{address}>

--b
Content-Type: message/rfc822

Subject: x

x
--b--
"""


@pytest.mark.parametrize(
    ("link", "is_refused", "waits"),
    [("own", True, False), ("nobody's", False, False), ("in another's mail", False, False), ("of two", False, True)],
)
def test_a_complaint_that_returns_but_a_link_is_a_refusal(app, account, rows, link, is_refused, waits):
    """Addresses are left out, and a relay wrote another Message-ID. Whose of several it is somebody reads."""
    code = own_code(account)[::-1] if link == "nobody's" else own_code(account)
    head = f"{CHANGED}\n" if link == "in another's mail" else ""
    text = f"https://izin.example/u/{own_code(account, BURCU)}" if link == "of two" else "x"
    original = f"{head}List-Unsubscribe: <https://kisa.example/{code}>, <mailto:x>\nSubject: x\n\n{text}"
    mail = COMPLAINT.replace("Original-Mail-From: <{token}>\nOriginal-Rcpt-To: <{address}>\n", "")
    account.pushes(mail.replace("Subject: x\n\nx", original).encode(), to="sikayet@ornek.com.tr")
    work(app, *EventKind)

    assert refused(app) == ([AYSE] if is_refused else [])
    assert held(app) == ([AYSE, BURCU] if waits else [])


@pytest.mark.parametrize(
    ("purpose", "mail"),
    [
        (TokenPurpose.UNSUBSCRIBE, "From: A <{address}>\nTo: {token}\nSubject: unsubscribe\n\nunsubscribe\n"),
        (TokenPurpose.BOUNCE, COMPLAINT),
    ],
    ids=["mailto", "complaint"],
)
def test_a_refusal_of_a_mail_that_a_restore_forgot_holds_its_sender(app, rows, account, purpose, mail):
    token = account.token(AYSE, purpose)
    with app.app_context():
        db.session.execute(delete(Message).where(Message.id == account.messages[AYSE]))
        db.session.commit()

    account.pushes(mail.format(token=token, address="ayse+izin@gmail.com").encode(), to=token)
    work(app, *EventKind)

    assert held(app) == [AYSE]
    assert [each.outcome for each in waiting(rows)] == [EventOutcome.LIKELY_REFUSAL]


def test_machines_answers_are_read_together_and_only_those_that_were_shown(account, rows):
    """Each waits whatever it says, since its words are somebody's; nobody is urged to read it as a likely refusal."""
    token, staff = f"In-Reply-To: {own_id(account)}\nAuto-Submitted: auto-replied", signed_in(account.app)
    for said in ("Ofis disindayim, simdi cevap veremem.", "Pazartesi ofisteyim", "RET"):
        answer(account, AYSE, token, said)
    assert [each.outcome for each in rows(GatewayEvent, IS_REPLY)] == ["review", "review", "likely_refusal"]
    page = staff.opens("/desk/replies").text
    shown = re.findall(r'name="shown" value="([0-9]+)"', page)
    assert len(shown) == 2 and page.count(" · Otomatik yanıt ·") == 2 and held(account.app)

    answer(account, AYSE, token, "Salı ofisteyim")
    assert staff.posts("/desk/replies/reading", {"shown": [*shown, "x", "1", "9" * 30]}).status_code == 303
    staff.posts("/desk/replies/reading", {})
    told = [(each.outcome, each.settled_at is not None) for each in rows(GatewayEvent, IS_REPLY)]
    assert told == [("review", True), ("review", True), ("likely_refusal", False), ("review", False)]
    assert len(rows(AuditEntry, AuditEntry.act == "reply.read")) == 2 and held(account.app)
