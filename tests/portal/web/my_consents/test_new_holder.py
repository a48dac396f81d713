"""“This number is newly mine” at İzinlerim: the same as “this is not me”, at all firms at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Consent, Decision, DecisionOrigin, Receipt, Recipient
from portal.domain.consents import spellings
from portal.domain.receipts import lookup
from tests import make
from tests.grants import insert_decisions
from tests.portal.domain.complaints.cast import a_case, code_of
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.web.my_consents.conftest import LIST, Visitor
from tests.portal.web.my_consents.test_overview import another_provider
from tests.portal.web.recipient.open_complaints import proves

pytestmark = [pytest.mark.slow, pytest.mark.alike]

NEW = "/izinlerim/yeni-kullanici"


@pytest.fixture
def link(app, browser):
    """The code of the link by which an earlier holder granted SMS and refused calls; a second firm has the number."""
    code = make.codes(app)[make.PHONE]
    make.Person(browser, code).decides(MESAJ="ONAY", ARAMA="RET")
    another_provider(app)
    return code


def test_who_says_so_ends_every_grant_and_sees_nothing_from_before(app, rows, link):
    earlier = rows.one(Receipt)
    burcu = Visitor(app, app.test_client())
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        burcu.comes_in()
        asked = burcu.opens(NEW).text
        assert rows.count(Decision) == 2  # Opening the page decides nothing.
        receipt = burcu.posts(NEW).location
        told, at = burcu.opens(receipt).text, clock.now()
    with time_machine.travel(at + timedelta(minutes=5)):
        assert burcu.opens().location == "/izinlerim/bitti"  # As every page that was opened before.
        burcu.comes_in()
        page, shown = burcu.opens().text, burcu.opens("/izinlerim/izinlerim.json").json
        old_link = app.test_client().get(f"/k/{link}").text
        old_receipt = app.test_client().get(f"/m/{code_of(app, earlier)}").text

    assert "Örnek" not in asked and "İzinli, " not in asked and "/m/" not in asked
    assert {each.status for each in rows(Consent)} == {"RET"} and len(rows(Consent)) == 4
    assert "Örnek Mağaza" in told and "Başka Marka" in told and "Firmalara, aradıkları kişinin" in told
    assert "İzinli, " not in page and "Adres el değiştirmeden önceki kayıtlar gösterilmez." in page
    assert {len(each["history"]) for each in shown["brands"]} == {2} and shown["shown_since"]
    assert 'value="ONAY"' not in old_link and 'value="RET"' in old_link and code_of(app, earlier) not in old_link
    assert "Bu adres artık başkasının olabilir." in old_receipt
    assert {each.own_held_since for each in rows(Recipient, Recipient.kind == "phone")} == {
        rows(Receipt, Receipt.origin == DecisionOrigin.NOT_MINE)[0].decided_at
    }


def test_it_is_done_once_and_an_older_page_only_refuses(app, rows, link):
    """One act, of which no firm learns that there are others; who came in before has the address no more."""
    burcu, ayse = (Visitor(app, app.test_client()) for _ in range(2))
    ayse.comes_in()
    burcu.comes_in()
    token, older = burcu.token(LIST), ayse.token(LIST)
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        first, again = (burcu.browser.post(NEW, data={"form": token}).location for _ in range(2))
    with time_machine.travel(clock.now() + timedelta(minutes=3)):
        late = ayse.browser.post(NEW, data={"form": older})
    acts = rows(Receipt, Receipt.origin == DecisionOrigin.NOT_MINE)

    assert first == again and late.status_code == 200 and "kaydedildi" in late.text
    assert len(acts) == 2 and len({each.number for each in acts}) == 1
    assert {each.number_for_provider for each in acts} == {None}
    with app.app_context():
        assert {each.brand_name for each in lookup.find_brands(db.session, acts[0].number)} == {""}


def test_who_presses_again_is_led_to_no_receipt_of_the_next_holder(app, browser, rows):
    """Both said so within a minute, and a firm got the number in between."""
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")
    ayse, burcu = (Visitor(app, app.test_client()) for _ in range(2))
    ayse.comes_in()
    form, at = ayse.token(NEW), clock.now()
    with time_machine.travel(at + timedelta(seconds=2)):
        own = ayse.browser.post(NEW, data={"form": form}).location
    with time_machine.travel(at + timedelta(seconds=5)):
        burcu.comes_in()
        another_provider(app)
        anothers = burcu.posts(NEW).location
    with time_machine.travel(at + timedelta(seconds=40)):
        again = ayse.browser.post(NEW, data={"form": form})

    assert own != anothers and "/m/" in own and "/m/" in anothers
    assert (again.status_code, again.location) == (200, None) and "kaydedildi" in again.text


def test_it_counts_though_the_session_ended_before_the_button_was_pressed(app, rows, link):
    burcu = Visitor(app, app.test_client())
    burcu.comes_in()
    token = burcu.token(NEW)
    with time_machine.travel(clock.now() + timedelta(minutes=20)):
        late = burcu.browser.post(NEW, data={"form": token})

    assert late.status_code == 200 and "kaydedildi" in late.text and "Örnek" not in late.text
    assert {each.status for each in rows(Consent)} == {"RET"} and len(rows(Consent)) == 4
    assert all(each.own_held_since for each in rows(Recipient, Recipient.kind == "phone"))


def test_who_says_so_with_the_code_is_shown_nothing_first(app, link):
    burcu = Visitor(app, app.test_client())
    page = burcu.asks().location
    typed = {"digits": burcu.code(), "form": burcu.token(page), "new": "1"}

    assert burcu.browser.post(page, data=typed).location == NEW


def test_of_very_many_spellings_those_that_are_left_are_told_and_refused_by_the_next_act(app, rows, monkeypatch):
    make.codes(app)
    monkeypatch.setattr(spellings, "MOST_KEYS", 3)
    many = [make.EMAIL.replace("@", f"+{n}@") for n in range(8)]
    with app.app_context():
        insert_decisions(make.brand(), many, clock.now() - timedelta(days=9), lane=None, channel=Channel.EMAIL)
    zara = another_provider(app, holds=make.EMAIL.replace("@", "+zara@"))
    burcu = Visitor(app, app.test_client(), make.EMAIL)
    burcu.comes_in()
    form = burcu.token(NEW)
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        pages = [burcu.browser.post(NEW, data={"form": form}).text for _ in range(2)]
        granted = len(rows(Consent, Consent.status == Status.GRANTED))
        at_zara = rows(Consent, Consent.brand_id == zara)
    with time_machine.travel(clock.now() + timedelta(minutes=9)):
        burcu.comes_in()
        presses = 0
        while 'value="all"' in burcu.opens().text and presses < 9:
            burcu.posts(LIST, refuse="all")
            presses += 1

    assert "6 yazılışı daha kayıtlı" in pages[0] and "3 yazılışı daha kayıtlı" in pages[1] and "/m/" not in pages[0]
    assert granted == 3 and [each.status for each in at_zara] == [Status.REFUSED]
    assert {each.status for each in rows(Consent)} == {Status.REFUSED}


def test_what_is_not_refused_yet_comes_first_and_nothing_else_is_called_so(app, rows, monkeypatch):
    make.codes(app)
    monkeypatch.setattr(spellings, "MOST_KEYS", 3)
    with app.app_context():
        many = [make.EMAIL.replace("@", f"+{n}@") for n in range(6)]
        insert_decisions(make.brand(), many, clock.now() - timedelta(days=9), lane=None, channel=Channel.EMAIL)
    burcu = Visitor(app, app.test_client(), make.EMAIL)
    burcu.comes_in()
    burcu.posts(LIST, refuse="all")
    left = len(rows(Consent, Consent.status == Status.GRANTED))
    receipt = burcu.posts(NEW)

    assert left == 3 and {each.status for each in rows(Consent)} == {Status.REFUSED}
    assert receipt.status_code == 303 and receipt.location.startswith("/m/")


def test_words_of_an_earlier_holder_that_wait_change_no_count_of_the_present_ones(app, rows, browser):
    _, code = a_case(app, rows, MESAJ="ONAY", ARAMA="ONAY")
    proves(browser)
    browser.post(f"/s/{code}/ekle", data={"text": "Numaramı listenizden kaldırın."})
    burcu = Visitor(app, app.test_client())
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        burcu.comes_in()
        burcu.posts(NEW)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        with app.app_context():
            assert bring(make.brand(), replace(entry(make.PHONE, date=clock.now()), is_vouched=True)) == ["grant"]
        burcu.comes_in()

        assert "1 markanın size ileti gönderme izni var." in burcu.opens().text
