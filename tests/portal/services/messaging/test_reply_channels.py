"""A refusal by reply is of all channels that the messages were about which it may answer."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, CampaignKind, Consent, Decision, Delivery, Message, MessageKind, MessageState
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import NUMBER, Vendor, bring_reply, work

pytestmark = pytest.mark.slow


@pytest.fixture
def vendor(app, browser):
    with app.app_context():
        gateway_id = delivery.add("verimor")
        make.brand()
        db.session.execute(update(Brand).values(reply_number=NUMBER, keyword="ORNEK"))
        db.session.commit()
        bring_reply(gateway_id, NUMBER)
    make.Person(browser, make.codes(app)[make.PHONE]).decides(ARAMA="ONAY", MESAJ="ONAY")
    with app.app_context():
        db.session.execute(update(Consent).values(iys_status="ONAY", iys_as_of=clock.now()))
        db.session.commit()
    return Vendor(app, browser, gateway_id)


def writes(app, vendor: Vendor, **which) -> None:
    """The firm's campaign writes to the person, by the account."""
    sent = {"gateway_id": vendor.gateway_id, "state": MessageState.DELIVERED, "due_at": None, "lease_until": None}
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY, **which)
    with app.app_context():
        make.keep_texts()
        called = {"called_at": clock.now() - timedelta(minutes=1)}
        db.session.execute(update(Message).where(Message.kind == MessageKind.INVITATION).values(sent | called))
        db.session.commit()


@pytest.mark.parametrize(
    ("kind", "channels"),
    [
        (CampaignKind.REFUSE, (Channel.CALL,)),
        (CampaignKind.REFUSE, (Channel.SMS, Channel.CALL, Channel.EMAIL)),
        (CampaignKind.RECONFIRM, (Channel.CALL,)),
    ],
)
def test_a_reply_to_a_message_about_calls_refuses_them_too(app, vendor, rows, kind, channels):
    writes(app, vendor, kind=kind, channels=channels)

    vendor.brings("ORNEK RET")
    work(app)

    assert {each.channel: each.status for each in rows(Consent)} == {"MESAJ": "RET", "ARAMA": "RET"}
    assert {each.source for each in rows(Decision, Decision.status == "RET")} == {"HS_MESAJ"}


def test_a_reply_to_a_message_about_sms_leaves_calls(app, vendor, rows):
    writes(app, vendor, kind=CampaignKind.REFUSE, channels=(Channel.SMS,))

    vendor.brings("ORNEK RET")
    work(app)

    assert {each.channel: each.status for each in rows(Consent)} == {"MESAJ": "RET", "ARAMA": "ONAY"}
