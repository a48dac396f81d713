"""A merchant's address needs no consent (Regulation art. 6), a refusal counts all the same, and the page says both."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Consent, Receipt
from tests import make
from tests.make import Person
from tests.portal.domain.complaints.cast import code_of
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.web.consent_points import visitor
from tests.portal.web.recipient.open_complaints import another_firm_hears, new_link

pytestmark = pytest.mark.alike


@pytest.fixture
def fatma(app, browser):
    """Fatma's number, which a file says is a merchant's."""
    person = Person(browser, make.codes(app, make.PHONE)[make.PHONE])
    with app.app_context():
        bring(make.brand(), entry(make.PHONE, Status.GRANTED, recipient_type=RecipientType.MERCHANT))
    return person


def test_the_page_says_so_plainly(fatma, browser):
    for path in ("/k/", "/u/"):
        page = browser.get(path + fatma.code).text
        assert "bir işletmenin (tacir ya da esnaf) iş adresi" in page
        assert "tacir ya da esnaf olarak kayıtlısınız" in page and "onayınız var," not in page


def test_others_hear_nothing_of_it(app, fatma, browser):
    other = Person(browser, make.codes(app, "+905331112233")["+905331112233"])

    assert "tacir" not in other.opens().text


def test_a_refusal_counts_for_the_merchant_and_the_person(fatma, rows):
    fatma.decides(MESAJ="RET")

    heads = rows(Consent, Consent.channel == Channel.SMS)
    assert {(head.recipient_type, head.status) for head in heads} == {("BIREYSEL", "RET"), ("TACIR", "RET")}
    assert "Şu an: reddettiniz" in fatma.opens().text


def test_a_grant_of_the_person_is_shown_before_the_merchants(fatma):
    fatma.decides(MESAJ="ONAY")

    assert "Şu an: onayınız var" in fatma.opens().text


@pytest.mark.parametrize("holder", ["same", "next"])
def test_who_grants_after_refusing_reads_that_they_granted(app, fatma, browser, holder):
    """On the link's page and on the refusal's receipt: it is of both types, the grant of the person's alone."""
    at = clock.now()
    if holder == "next":
        with time_machine.travel(at + timedelta(hours=1)):
            another_firm_hears(app, clock.now())
    visitor.opened(app)
    with time_machine.travel(at + timedelta(hours=2)):
        visitor.Visitor(app).decides(MESAJ="RET")
    with app.app_context():
        refusal = code_of(app, db.session.scalars(select(Receipt)).one())
    with time_machine.travel(at + timedelta(days=1)):
        visitor.Visitor(app).decides(MESAJ="ONAY")
        page, receipt = browser.get(new_link(app)).text, browser.get(f"/m/{refusal}").text

    assert "Şu an: onayınız var" in page and "Şu an: reddettiniz" not in page
    assert "Şu an: onayınız var" in receipt and ("tacir" in receipt) is (holder == "same")


def test_the_next_holder_is_not_told_that_the_one_before_was_a_merchant(app, fatma, browser):
    """A refusal of theirs is of every type that is held."""
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        another_firm_hears(app, clock.now())
        link = new_link(app)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        browser.post(link, data={"MESAJ": "RET"})
        page = browser.get(link).text

    assert "Şu an: reddettiniz" in page and "tacir" not in page and "iş adresi" not in page


def test_a_second_change_of_hands_opens_nothing_of_the_first_holder(app, fatma, iys):
    """By what İYS answered to who had the number in between."""
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        another_firm_hears(app, clock.now())
    between = app.test_client()
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        receipt = between.post(new_link(app), data={"MESAJ": "RET"}).location
        make.forward_all(app, iys)
    with time_machine.travel(clock.now() + timedelta(hours=3)):
        another_firm_hears(app, clock.now())
        (line,) = between.get(f"{receipt}/belge.json").json["receipt"]["purposes"][0]["decisions"]

    assert (line["recipient_type"], line["registry_state"]) == ("BIREYSEL", "waiting") and not line["transaction_id"]
