"""From the text that a launch writes to the yes that answers it: only where the brand offered replies."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Decision, Delivery, EventKind, EventOutcome, GatewayEvent, Message, MessageState
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import NUMBER, Vendor, bring_reply, work

pytestmark = pytest.mark.slow


def answered(app, browser, text: str, **brand) -> None:
    """Fatma answers an SMS of a campaign of a brand with these settings."""
    with app.app_context():
        gateway_id = delivery.add("verimor")
        make.brand()
        db.session.execute(update(Brand).values(brand))
        db.session.commit()
        bring_reply(gateway_id, NUMBER)
    vendor = Vendor(app, browser, gateway_id)
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)
    with app.app_context():
        make.keep_texts()
        called_at = clock.now() - timedelta(minutes=1)  # Vendors tell seconds.
        left = {"state": MessageState.DELIVERED, "gateway_id": vendor.gateway_id, "called_at": called_at}
        db.session.execute(update(Message).values(left | {"due_at": None, "lease_until": None}))
        db.session.commit()
    received = clock.istanbul(clock.now()).strftime("%Y-%m-%d %H:%M:%S")
    vendor.brings(text, received_at=received)
    work(app)


@pytest.mark.parametrize(
    ("brand", "reply"),
    [
        ({"reply_number": NUMBER}, "Onay"),
        ({"reply_number": NUMBER, "keyword": "ORNEK", "sms_in_turkish": True}, "ornek onay"),
    ],
)
def test_yes_to_a_text_that_offers_it_is_a_consent_to_sms(app, browser, rows, brand, reply):
    answered(app, browser, reply, **brand)

    made = rows.one(Decision)
    assert (made.channel, made.status, made.source, made.origin) == ("MESAJ", "ONAY", "HS_MESAJ", "reply")


@pytest.mark.parametrize("brand", [{"reply_number": None}, {"reply_number": NUMBER, "requires_name": True}])
def test_yes_to_a_text_that_does_not_offer_it_is_read_by_a_person(app, browser, rows, brand):
    answered(app, browser, "Onay", **brand)

    assert rows.count(Decision) == 0
    assert rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)[-1].outcome == EventOutcome.REVIEW
