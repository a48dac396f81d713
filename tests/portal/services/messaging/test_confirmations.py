"""Who grants is told so on the same day, at the address itself, with a receipt and a way to refuse."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import Message, MessageKind, MessageState, Provider, UnsentReason
from portal.domain.notifications.confirmations import is_to_be_told
from portal.services.messaging import outbox
from tests import make, servers
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_outbox import Gateway
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.recipient.open_complaints import another_firm_hears

pytestmark = pytest.mark.slow

SEVEN_BEFORE_MIDNIGHT = datetime(2026, 11, 24, 23, 57, tzinfo=clock.ISTANBUL)


@pytest.fixture
def gateway():
    gateway = Gateway()
    with servers.serving(gateway.app) as gateway.url:
        yield gateway


@pytest.fixture
def codes(app) -> dict[str, str]:
    return make.codes(app, f"{make.PHONE}\n{make.EMAIL}\n02125550101\n")


def send_all(app, url: str) -> None:
    with app.app_context():
        make.send_all(url)
        db.session.rollback()


def sent(gateway) -> list[dict]:
    return [message for call in gateway.calls for message in call]


def addresses_in(text: str) -> list[str]:
    return re.findall(r"http://localhost(/\S+)", text)


def test_a_grant_is_confirmed_by_sms_with_its_receipt_and_a_way_to_refuse(app, browser, codes, gateway, rows):
    make.Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY", ARAMA="ONAY")

    send_all(app, gateway.url)

    (message,) = sent(gateway)
    assert message["to"] == make.PHONE
    assert message["text"].isascii()
    assert "SMS ve arama icin onayiniz kaydedildi" in message["text"] or "arama ve SMS" in message["text"]
    assert "Mersis 0123456789012345" in message["text"] and "0850 123 45 67" in message["text"]
    receipt, refusal = addresses_in(message["text"])
    assert browser.get(receipt).status_code == 200
    assert refusal == f"/u/{codes[make.PHONE]}"
    assert rows.one(Message).state == MessageState.ACCEPTED


def test_a_confirmation_that_still_waits_does_not_tell_the_line_of_a_suspended_firm(app, browser, codes, gateway):
    make.Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY")
    make.Person(app.test_client(), codes[make.EMAIL]).decides(EPOSTA="ONAY")
    with app.app_context():
        db.session.execute(update(Provider).values(suspended_at=clock.now()))
        db.session.commit()

    send_all(app, gateway.url)

    sms, mail = (each["text"] for each in sorted(sent(gateway), key=lambda each: "@" in each["to"]))
    assert "onayiniz kaydedildi" in sms and "Mersis" in sms and "0850 123 45 67" not in sms
    assert "Mersis" in mail and "İletişim" not in mail


@pytest.mark.parametrize("choice", ["ONAY", "RET"])
def test_what_an_earlier_holder_decided_is_not_told_where_another_firm_heard(
    app, browser, codes, gateway, rows, choice
):
    make.write_to_all(app)
    make.Person(browser, codes[make.PHONE]).decides(MESAJ=choice)
    another_firm_hears(app, clock.now())

    send_all(app, gateway.url)

    told = rows.one(Message, Message.receipt_id.is_not(None))
    assert sent(gateway) == [] and told.unsent_reason == UnsentReason.REASSIGNED


def test_a_grant_is_confirmed_by_mail_that_one_click_ends(app, browser, codes, gateway):
    make.Person(browser, codes[make.EMAIL]).decides(EPOSTA="ONAY")

    send_all(app, gateway.url)

    (message,) = sent(gateway)
    assert message["to"] == make.EMAIL
    assert message["subject"] == "Örnek Mağaza: onayınız kaydedildi"
    assert "Örnek Mağazacılık A.Ş.\nMersis 0123456789012345\n" in message["text"]
    assert message["one_click"] == f"http://localhost/u/{codes[make.EMAIL]}"
    assert len(addresses_in(message["text"])) == 2


def test_it_speaks_the_language_of_the_page(app, browser, codes, gateway):
    person = make.Person(browser, codes[make.EMAIL])
    form = re.search(r'name="form"[^>]*value="([^"]+)"', person.opens(query_string={"lang": "en"}).text)[1]
    person.posts(form, EPOSTA="ONAY")

    send_all(app, gateway.url)

    assert sent(gateway)[0]["subject"] == "Örnek Mağaza: your consent is recorded"


def test_one_at_three_minutes_to_midnight_leaves_before_midnight(app, browser, codes, gateway, rows):
    with time_machine.travel(SEVEN_BEFORE_MIDNIGHT, tick=False):
        make.Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY")
        send_all(app, gateway.url)

    message = rows.one(Message)
    assert clock.day(message.ended_at) == SEVEN_BEFORE_MIDNIGHT.date()
    assert message.kind == MessageKind.CONFIRMATION


def test_a_landline_gets_none(app, browser, codes, gateway, rows):
    promise = "bu adrese onayınızı bildiren bir ileti gönderilir"
    home = make.Person(browser, codes["+902125550101"]).decides(ARAMA="ONAY")
    mobile = make.Person(browser, codes[make.PHONE]).decides(ARAMA="ONAY")
    assert promise not in browser.get(home.location).text

    send_all(app, gateway.url)

    assert [each["to"] for each in sent(gateway)] == [make.PHONE]
    assert {each.unsent_reason for each in rows(Message)} == {UnsentReason.LANDLINE, None}
    assert promise not in browser.get(home.location).text
    assert promise in browser.get(mobile.location).text


def test_of_what_was_taken_back_the_refusal_is_told_alone(app, browser, codes, gateway, rows):
    app.config["UNDO_SECONDS"] = 300
    browser.post(f"{make.Person(browser, codes[make.PHONE]).decides(MESAJ='ONAY').location}/geri-al")

    send_all(app, gateway.url)
    with time_machine.travel(clock.now() + timedelta(seconds=301)):
        send_all(app, gateway.url)

    (told,) = sent(gateway)
    assert "SMS reddiniz kaydedildi" in told["text"] and "onay" not in told["text"]
    of_grant = rows.one(Message, Message.kind == MessageKind.CONFIRMATION)
    assert (of_grant.state, of_grant.unsent_reason) == (MessageState.NOT_NEEDED, UnsentReason.UNDONE)


def test_it_waits_until_the_grant_cannot_be_taken_back_any_more(app, browser, codes, gateway, rows):
    app.config["UNDO_SECONDS"] = 300
    make.Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY")

    send_all(app, gateway.url)
    before = sent(gateway)
    with time_machine.travel(clock.now() + timedelta(seconds=301)):
        send_all(app, gateway.url)

    assert before == [] and len(sent(gateway)) == 1


def test_the_text_that_was_sent_is_kept_and_sent_again_as_it_was(app, browser, codes, gateway, rows):
    make.Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY")
    gateway.answer = 503
    send_all(app, gateway.url)
    gateway.answer = 202
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        send_all(app, gateway.url)

    first, second = (call[0] for call in gateway.calls)
    assert first == second
    message = rows.one(Message)
    with app.app_context():
        kept = vault().read(message.text, Message.PLACE, message.provider_id, message.id)
    assert kept == first["text"]


def test_people_who_wait_go_before_the_links_of_a_campaign(app, browser, codes, gateway, monkeypatch):
    monkeypatch.setitem(outbox.BATCHES, AddressKind.PHONE, 1)
    with app.app_context():
        made = make.campaign(delivery=make.Delivery.GATEWAY, kind=make.CampaignKind.REFUSE)
        make.add_to_audience(made, "05321234599\n05321234598\n")
        make.launch(made, app.config["LINK_SALT"])
    make.Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY")

    send_all(app, gateway.url)

    assert next(message["to"] for message in sent(gateway)) == make.PHONE
    assert len(sent(gateway)) == 3


def test_a_mail_with_a_link_can_be_refused_by_one_click_at_our_host_whatever_links_begin_with(app, gateway):
    with app.app_context():
        make.add_domain(make.brand(), "izin.ornek.example")
    root, _, code = make.codes(app, make.EMAIL, delivery=make.Delivery.GATEWAY)[make.EMAIL].rpartition("/")

    send_all(app, gateway.url)

    (message,) = sent(gateway)
    assert root == "https://izin.ornek.example" and f"{root}/u/{code}" in message["text"]
    assert message["subject"] == "Örnek Mağaza: ticari ileti izniniz"
    assert message["one_click"] == f"http://localhost/u/{code}"


@pytest.mark.parametrize(("number", "has_own", "told"), [
    ("+447911123456", False, UnsentReason.LANDLINE), ("+447911123456", True, None),
    ("+88216123456", True, UnsentReason.LANDLINE),
])  # fmt: skip
def test_abroad_a_firms_own_account_confirms_or_the_firm_does(app, browser, gateway, rows, number, has_own, told):
    """Else anybody with links for numbers that pay them would have the operator pay; satellites nobody pays for."""
    code = make.codes(app, f"{number}\n")[number]
    if has_own:
        with app.app_context():
            delivery.add("verimor")
    receipt = make.Person(browser, code).decides(MESAJ="ONAY").location
    asked_firm = "Firmadan, onayınızı aynı gün arayarak bildirmesini istedik." in browser.get(receipt).text

    if told:
        send_all(app, gateway.url)

    message = rows.one(Message)
    assert (message.unsent_reason, asked_firm) == (told, bool(told)) and sent(gateway) == []
    with app.app_context():
        assert db.session.scalar(select(Message.id).where(is_to_be_told())) is not None
    if told:
        assert "aranarak bildirilecek" in signed_in(app).opens("/dashboard/confirmations").text
