"""A mail may be about somebody's number, and a vendor of SMS may name a mailbox: whom it names is held, and a person
reads it. By itself an account's word refuses nothing at the addresses to which it does not write."""

import json
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.models import (
    Decision,
    Delivery,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    OperatorRole,
    Recipient,
)
from portal.domain.consents import recipients
from portal.domain.notifications import gateways
from portal.services.messaging import event_contents
from portal.services.messaging.gateways.mail_tokens import mail_id
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_feedback import MailAccount, held
from tests.portal.services.messaging.test_mail_answers import CHANGED, IS_REPLY, add_account, answer
from tests.portal.services.messaging.vendor_pushes import work
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.desk.test_reply_channels import ticked
from tests.portal.web.recipient.open_complaints import complains

pytestmark = pytest.mark.slow

AYSE, BURCU, BOSS = "ayse@example.com", "burcu@example.com", "patron@baska.example"
NEWS = [each for each in EventKind if each != EventKind.SWEEP]


@pytest.fixture
def account(app, browser, monkeypatch) -> MailAccount:
    monkeypatch.setattr("tests.portal.services.messaging.test_feedback.PEOPLE", [AYSE, BURCU])
    return MailAccount(app, browser, feedback="brevo")


def quote_sms(account: MailAccount, sender: str, provider_id: int | None, of: str = "") -> None:
    """Answer by mail an SMS with a link that left for a number, by an account of this firm or the operator: the one
    that asked, the one that confirmed a refusal (`/m/`), or the one that told how a case of it ended (`/s/`)."""
    code = make.codes(account.app, make.PHONE, delivery=Delivery.GATEWAY)[make.PHONE]
    if of:
        browser = account.app.test_client()
        code = code_of_page(make.Person(browser, code).decides(MESAJ="RET"))
    if of == "/s/":
        code = code_of_page(complains(browser, code))
    with account.app.app_context():
        sent = update(Message).where(Message.gateway_id.is_(None))
        db.session.execute(sent.values(gateway_id=sms_account(provider_id)))
        db.session.commit()
    answer(account, sender, CHANGED, f"Bu numaraya SMS atmayin, RET\n> Onay/Ret: kisa.example{of or '/'}{code}")


def code_of_page(answered: TestResponse) -> str:
    """Of the page to which it leads."""
    return urlsplit(answered.headers["Location"]).path.rpartition("/")[2]


def sms_account(provider_id: int | None) -> int:
    values = {
        "vendor": "verimor", "header": "IZINLINK", "credentials": delivery.LOGINS["verimor"], "per_second": 1,
        "provider_id": provider_id, "carries": AddressKind.PHONE, "at": clock.now(),
    }  # fmt: skip
    return gateways.add_gateway(db.session, vault(), **values).id


def add_recipient(app, address: str) -> None:
    with app.app_context():
        recipients.gather(db.session, vault(), make.brand().provider_id, [parse(address)], clock.now())
        db.session.commit()


def waiting(rows) -> GatewayEvent:
    is_open = GatewayEvent.settled_at.is_(None), GatewayEvent.body.is_not(None)
    return rows.one(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, *is_open)


def refuse_at_desk(app, rows, *channels: str) -> set[tuple[str, str]]:
    """The addresses and channels that were refused when somebody read what waits."""
    path = f"/desk/replies/{waiting(rows).id}/refusal"
    assert signed_in(app).posts(path, {"channels": list(channels)}).status_code == 303
    return refused(app, rows)


def refused(app, rows) -> set[tuple[str, str]]:
    with app.app_context():
        made = rows(Decision)
        whose = {each.id: db.session.get_one(Recipient, each.recipient_id) for each in made}
        return {(recipients.address_of(vault(), whose[each.id]), each.channel) for each in made}


@pytest.mark.parametrize("sender", [BOSS, BURCU])
def test_a_mail_with_the_link_of_an_sms_holds_the_number_and_can_refuse_it(app, account, rows, sender):
    with app.app_context():
        provider_id = make.brand().provider_id
    quote_sms(account, sender, provider_id)

    named = {make.PHONE, sender} - {BOSS}
    assert (set(held(app)), rows.count(Decision)) == (named, 0)
    shown = ticked(signed_in(app).opens("/desk/replies").text)
    assert shown["MESAJ"] and ("EPOSTA" in shown) == (sender == BURCU)
    refused = refuse_at_desk(app, rows, "MESAJ", "EPOSTA")
    assert refused == {(each, "EPOSTA" if "@" in each else "MESAJ") for each in named}
    assert held(app) == []


@pytest.mark.parametrize("of", ["/m/", "/s/"])
def test_a_mail_with_the_link_of_a_receipt_or_a_case_holds_its_number(app, account, rows, of):
    """Another SMS holds nothing else by which somebody is known."""
    with app.app_context():
        provider_id = make.brand().provider_id
    quote_sms(account, BOSS, provider_id, of)

    with app.app_context():
        reply, brand_id = event_contents.read_reply(waiting(rows)), make.brand().id
    assert (held(app), reply.sender, [brand for _, brand in reply.answers]) == ([make.PHONE], make.PHONE, [brand_id])
    assert (make.PHONE, "ARAMA") in refuse_at_desk(app, rows, "ARAMA")


@pytest.mark.parametrize("wrote", [True, False])
def test_a_mail_to_the_operator_with_an_sms_link_counts_where_its_account_wrote(app, account, rows, wrote):
    with app.app_context():
        provider_id = make.brand().provider_id
        add_account(account, None)
    quote_sms(account, BOSS, None if wrote else provider_id)

    assert (held(app), rows.count(Decision)) == ([make.PHONE] if wrote else [], 0)
    assert len(rows(GatewayEvent, IS_REPLY)) == (1 if wrote else 0)


def test_the_operator_refuses_at_each_firm_on_a_channel_of_the_address_there(app, account, rows):
    with app.app_context():
        make.staff("derya@example.com", OperatorRole.ADMIN)
        provider_id = make.brand().provider_id
        add_account(account, None)
    quote_sms(account, BOSS, None)
    derya = signed_in(app, "derya@example.com")
    path, firms = f"/operator/replies/{rows.one(GatewayEvent, IS_REPLY).id}/refusal", [provider_id]
    assert set(ticked(derya.opens("/operator/replies").text)) == {"MESAJ", "ARAMA"}

    derya.posts(path, {"channels": "EPOSTA", "firms": firms})
    assert "oradaki adresinin bir kanalını seçin" in derya.opens("/operator/replies").text
    assert (held(app), rows.count(Decision)) == ([make.PHONE], 0)
    derya.posts(path, {"channels": "MESAJ", "firms": firms})
    assert {(each.channel, each.source) for each in rows(Decision)} == {("MESAJ", "HS_EPOSTA")} and held(app) == []


RELAYS = "<20261202.9@relay.example>"
BREVO = {
    "number that left": {"to": "905321234567", "messageId": 123456789012, "msg_status": "unsubscribe", "id": 7},
    "number that wrote": {"to": "905321234567", "msg_status": "replied", "reply": "RET"},
    "known event": {"event": "unsubscribed", "phone": "+905321234567", "message-id": "<20261202.9@relay.example>"},
    "both": {"event": "contact_blocked", "email": BURCU, "SMS": "+905321234567"},
    "message": {"event": "opted_out_by_preference", "message-id": "<m{}@ornek.com.tr>"},
    "message without event": {"type": "unsubscribe", "messageId": "<m{}@ornek.com.tr>"},
    "message beside events": [
        {"items": [{"event": "delivered", "email": BURCU}, {"message-id": "<m{}@ornek.com.tr>"}]}
    ],
    "message beside a sender": {"event": "opted_out", "by": BURCU, "from": "a@b.co", "messageId": "<m{}@ornek.com.tr>"},
    "mailbox as an id": {"event": "contact_blocked", "contact": {"id": AYSE, "last_update": BURCU}},
    "two numbers": {"to": "4521234567", "msg_status": "replied", "reply": "RET"},
    "number as a name": {"contacts": {"905321234567": "unsubscribed"}},
    "known event of both": {"event": "unsubscribed", "contacts": [{"sms": "+905321234567"}, {"mail": BURCU}]},
    "known event, encoded": {
        "event": "unsubscribed",
        "of": "%22mail%22:%22ayse%40example.com%22",
        "message-id": RELAYS,
    },
    "known event, in a text": {"event": "unsubscribed", "said": "4917012345678 ile", "message-id": RELAYS},
    "mailbox in a name": {"event": "contact_blocked", "contacts": {f"users/{AYSE}": "left"}},
    "mailbox as an own id": {"event": "contact_blocked", "custom_message_id": AYSE},
}
HELD = {
    "both": [make.PHONE, BURCU], "message": [AYSE], "message without event": [AYSE], "message beside events": [AYSE],
    "message beside a sender": [AYSE, BURCU], "mailbox as an id": [AYSE, BURCU], "two numbers": ["+4521234567"],
    "known event of both": [make.PHONE, BURCU], "known event, encoded": [AYSE],
    "known event, in a text": ["+4917012345678"], "mailbox in a name": [AYSE], "mailbox as an own id": [AYSE],
}  # fmt: skip


@pytest.mark.parametrize("name", BREVO)
def test_whom_a_vendor_of_mails_names_in_whichever_way_is_held(app, account, rows, name):
    add_recipient(app, make.PHONE)
    add_recipient(app, "+4521234567")
    account.pushes(json.dumps(BREVO[name]).replace("{}", str(account.messages[AYSE])))
    work(app, *NEWS)

    assert (held(app), rows.count(Decision)) == (HELD.get(name, [make.PHONE]), 0)


PEOPLE_LEFT, IDS = [AYSE, BURCU], ["(id of AYSE's)", "(id of BURCU's)"]
SEVERAL = {
    "one event": {"event": "list_cleaned", "emails": PEOPLE_LEFT, "messages": [{"message-id": each} for each in IDS]},
    "parts": {"event": "cleaned", "left": [{"email": AYSE, "message-id": IDS[0]}, {"email": BURCU}, {"id": IDS[1]}]},
    "known event": {"event": "unsubscribed", "contacts": [{"mail": each} for each in PEOPLE_LEFT]},
}


@pytest.mark.parametrize("name", SEVERAL)
def test_each_person_of_an_event_is_refused_by_a_row_of_their_own(app, account, rows, name):
    told = json.dumps(SEVERAL[name])
    for who, own_id in zip(PEOPLE_LEFT, IDS, strict=True):
        told = told.replace(own_id, mail_id(account.key, account.messages[who], "ornek.com.tr"))
    account.pushes(told)
    work(app, *NEWS)

    assert held(app) == PEOPLE_LEFT
    with app.app_context():
        (left,) = (each.id for each in rows(GatewayEvent, IS_REPLY) if event_contents.read_reply(each).sender == AYSE)
    assert signed_in(app).posts(f"/desk/replies/{left}/refusal", {"channels": ["EPOSTA"]}).status_code == 303
    assert (refused(app, rows), held(app)) == ({(AYSE, "EPOSTA")}, [BURCU])


def test_who_stands_beside_a_message_of_somebody_else_is_held_as_well(app, account, rows):
    """Also somebody whom the firm does not have yet: a file may bring them as a consent."""
    own_id = mail_id(account.key, account.messages[AYSE], "ornek.com.tr")
    account.pushes(json.dumps({"event": "opted_out", "email": BOSS, "message-id": own_id}))
    work(app, *NEWS)

    assert held(app) == [AYSE, BOSS]


@pytest.mark.parametrize("place", ["inReplyTo", "references", "subject"])
def test_an_id_of_ours_is_nobodys_mailbox_wherever_it_stands(app, account, place):
    own_id = mail_id(account.key, account.messages[AYSE], "ornek.com.tr")
    account.pushes(json.dumps({"event": "opted_out", "email": BURCU, place: own_id}))
    work(app, *NEWS)

    assert held(app) == [BURCU]


def test_of_many_events_that_name_nobody_all_can_be_read(app, account, rows):
    told = [{"event": "opt_out", "contact": place, "why": "x" * 300} for place in range(40)]
    account.pushes(json.dumps(told))
    work(app, *NEWS)

    with app.app_context():
        texts = [event_contents.read_reply(each).text for each in rows(GatewayEvent, IS_REPLY)]
    assert all(any(json.dumps(each) in text for text in texts) for each in told)
    assert len(texts) < 5


NOBODY = {
    "unknown": ({"event": "opt_out", "contact": 7}, 1),
    "of two mails": ([{"event": "unsubscribed", "message-id": f"<20261202.{n}@relay.example>"} for n in (1, 2)], 2),
    "empty": (["", {"events": []}, {}, None, [[]]], 0),
    "words alone": (["unsubscribe", [["opt_out"], "ping"]], 1),
    "many": ([{"kind": "of_tomorrow"}, {"event": "opt_out"}] * 3, 1),
}


@pytest.mark.parametrize("name", NOBODY)
def test_an_event_that_names_nobody_waits_as_well_and_makes_nobody(app, account, rows, name):
    told, count = NOBODY[name]
    before = rows.count(Recipient)
    account.pushes(json.dumps(told))
    work(app, *NEWS)

    assert [each.outcome for each in rows(GatewayEvent, IS_REPLY)] == [EventOutcome.LIKELY_REFUSAL] * count
    assert (held(app), rows.count(Recipient)) == ([], before)


SMS = {
    "event": {"event": "unsubscribe", "email": AYSE},
    "reply": {
        "type": "inbound", "message_id": 5, "received_at": "2026-11-20 10:00:00", "source_addr": AYSE,
        "destination_addr": "908500000001", "content": "RET",
    },
    "text": {"event": "unsubscribe", "content": f"RET\n{AYSE}"},
}  # fmt: skip


@pytest.mark.parametrize("name", SMS)
def test_a_mailbox_that_a_vendor_of_sms_names_is_held_and_can_be_refused(app, vendor, rows, name):
    add_recipient(app, AYSE)
    vendor.pushes(SMS[name])
    work(app, *NEWS)

    assert (held(app), rows.count(Decision)) == ([AYSE], 0)
    assert refuse_at_desk(app, rows, "EPOSTA") == {(AYSE, "EPOSTA")}


def test_a_number_beside_a_mailbox_in_what_nobody_can_read_is_held_as_well(app, vendor):
    """The mailbox may be a log-in."""
    told = f"<sms><user>{AYSE}</user><from>4917012345678</from><text>RET</text>"
    vendor.browser.post(f"/callbacks/messages/{vendor.secret}", data=told)
    work(app, *NEWS)

    assert held(app) == ["+4917012345678", AYSE]
