"""Digits without a 0 or a plus that are a Turkish landline and a mobile abroad."""

import pytest

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import EventKind, GatewayEvent, Recipient, may_have_refused
from portal.domain.consents import recipients
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.services.messaging.vendor_pushes import work

pytestmark = pytest.mark.slow
LANDLINE, ABROAD = "+904521234567", "+4521234567"


def held(app) -> set[str]:
    with app.app_context():
        found = db.session.query(Recipient).filter(may_have_refused(Recipient.id))
        return {recipients.address_of(vault(), each) for each in found}


@pytest.mark.parametrize("words", ["RET", "artık yazmayın lütfen"])
@pytest.mark.parametrize("has", [{ABROAD}, {LANDLINE}, {ABROAD, LANDLINE}])
def test_a_reply_of_digits_that_are_two_numbers_holds_whichever_the_firm_has(app, vendor, rows, quiet_logs, has, words):
    with app.app_context():
        make.brand()
        if ABROAD in has:
            bring(make.brand(), entry(ABROAD, Status.GRANTED))
        if LANDLINE in has:
            recipients.gather(db.session, vault(), make.brand().provider_id, [parse(LANDLINE)], clock.now())
            db.session.commit()

    vendor.brings(words, ABROAD)
    work(app)

    assert held(app) == has
    assert len(rows(Recipient)) == len(has)
    assert len(rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.body.is_not(None))) == 1


@pytest.mark.parametrize("number", ["+4542345678", "+4560123456", "+3546123456", "+4741234567"])
def test_a_person_abroad_whose_digits_are_a_landlines_is_held(app, vendor, quiet_logs, number):
    with app.app_context():
        bring(make.brand(), entry(number, Status.GRANTED))

    vendor.brings("RET", number)
    work(app)

    assert held(app) == {number}
