"""Firms have one's mailbox by another spelling of its address alone, and the one that people know opens İzinlerim."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.iys_protocol import Status
from portal.core.models import Consent, DecisionOrigin, Message, MessageKind, Receipt, Recipient
from tests import make
from tests.portal.domain.complaints.cast import code_of
from tests.portal.web.my_consents.conftest import LIST, Visitor
from tests.portal.web.my_consents.test_known_and_unknown import statements
from tests.portal.web.my_consents.test_new_holder import NEW
from tests.portal.web.my_consents.test_overview import another_provider
from tests.portal.web.my_consents.test_who_gets_codes import enter_sandbox_mode, states_of_codes

pytestmark = [pytest.mark.slow, pytest.mark.alike]

USUAL, HELD = "ayse@gmail.com", ("a.yse@gmail.com", "ayse+izin@gmail.com", "ayse@googlemail.com")


@pytest.fixture
def ayse(app):
    """She granted by one spelling; another firm, which she has not answered, has another."""
    make.Person(app.test_client(), make.codes(app, HELD[0])[HELD[0]]).decides(EPOSTA="ONAY")
    another_provider(app, holds=HELD[1])
    return Visitor(app, app.test_client(), USUAL)


@pytest.mark.parametrize("held", HELD)
def test_a_code_goes_to_the_spelling_that_is_typed(app, rows, held):
    make.codes(app, held)
    visitor = Visitor(app, app.test_client(), USUAL)

    visitor.asks()
    assert states_of_codes(rows) == ["waiting"]
    visitor.asks("ayse@example.com")
    enter_sandbox_mode(app)
    visitor.asks()
    assert states_of_codes(rows) == ["waiting", "not_needed", "not_needed"]


def test_the_same_statements_run_whether_another_spelling_is_held(app):
    make.codes(app, HELD[0])
    told = []
    Visitor(app, app.test_client(), "mehmet@gmail.com").asks()  # What a process learns once, it knows.
    for address in (USUAL, "fatma@gmail.com"):
        visitor = Visitor(app, app.test_client(), address)
        with statements(app) as asked:
            told.append((visitor.asks().status_code, asked))

    assert told[0] == told[1] and len(told[0][1]) > 4


def test_everything_is_refused_there(app, ayse, rows):
    ayse.comes_in()
    before = ayse.opens().text
    assert ayse.posts(LIST, refuse="all").location.startswith(LIST)
    after = ayse.opens().text

    assert "Adresinizin bu yazılışı hiçbir firmada kayıtlı değil" in before and 'value="all"' in before
    assert "Başka Marka, Örnek Mağaza" in before and "gösterilecek bir kayıt yok" not in before
    assert {each.status for each in rows(Consent)} == {Status.REFUSED} and len(rows(Consent)) == 2
    receipts = rows(Receipt, Receipt.origin == DecisionOrigin.MINE)
    assert re.search(r'/m/([^"/?]+)', after)[1] in {code_of(app, each) for each in receipts}
    assert len({each.number for each in receipts}) == 2
    assert "Hepsi reddedildi." in after and 'value="all"' not in after
    assert len(rows(Message, Message.kind == MessageKind.REFUSAL)) == 1
    assert ayse.posts(LIST, refuse=str(rows(Consent)[0].brand_id)).status_code == 404  # It is shown to that spelling.


def test_who_has_it_now_says_so_there_once(app, ayse, rows):
    """Who came in before has the mailbox no more, and refuses only."""
    earlier = Visitor(app, app.test_client(), USUAL)
    earlier.comes_in()
    ayse.comes_in()
    form, older = ayse.token(LIST), earlier.token(LIST)
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        receipt = ayse.browser.post(NEW, data={"form": form}).location
    with time_machine.travel(clock.now() + timedelta(minutes=3)):
        late = earlier.browser.post(NEW, data={"form": older})
    with time_machine.travel(clock.now() + timedelta(minutes=9)):
        ayse.comes_in()
        page = ayse.opens().text
        assert all(ayse.opens(f"/izinlerim/izinlerim.{kind}").status_code == 200 for kind in ("json", "pdf"))

    assert "Firmalara, aradıkları kişinin" in app.test_client().get(receipt).text
    assert {each.status for each in rows(Consent)} == {Status.REFUSED}
    assert all(each.reassigned_at for each in rows(Recipient)) and "kaydedildi" in late.text
    assert len(rows(Receipt, Receipt.origin == DecisionOrigin.NOT_MINE)) == 2
    assert "Adres el değiştirmeden önceki kayıtlar gösterilmez." in page and "İzinli, " not in page


def test_one_brand_is_refused_by_each_spelling_that_its_firm_has(app, ayse, rows):
    make.codes(app, USUAL)
    ayse.comes_in()
    ayse.posts(LIST, refuse=str(rows(Consent)[0].brand_id))

    mine = rows(Receipt, Receipt.origin == DecisionOrigin.MINE)
    assert {each.status for each in rows(Consent)} == {Status.REFUSED} and len(rows(Consent)) == 2
    assert len(mine) == 2 and len({each.provider_id for each in mine}) == 1
    assert "Başka Marka, Örnek Mağaza" in ayse.opens().text
