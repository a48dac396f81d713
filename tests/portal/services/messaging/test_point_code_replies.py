"""Replies to the code of a consent point, which leaves by the operator's account in the brand's name."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import AddressProof, Consent, EventKind, GatewayEvent, Message, Provider, Purpose, Recipient
from portal.domain.notifications import gateways
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import Vendor, add_brand, work
from tests.portal.web.consent_points import visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def operators(app, browser) -> Vendor:
    """The operator's account, by which somebody got a code at the point of Örnek Mağaza, which never wrote to them
    before and sends campaigns by an account of its own. The firm's other brand, Moda Evi, has none, and never wrote."""
    visitor.opened(app)
    add_brand(app, "Moda Evi", "MODAEVI")
    with app.app_context():
        own, others = (
            gateways.add_gateway(
                db.session, vault(), provider_id=provider_id, carries=AddressKind.PHONE, vendor="verimor",
                header=header, credentials=delivery.LOGINS["verimor"], per_second=1, at=clock.now(),
            )
            for provider_id, header in ((make.brand().provider_id, "ORNEK"), (None, "IZINLINK"))
        )  # fmt: skip
        gateways.set_for_brand(db.session, make.brand().id, AddressKind.PHONE, [own.id], at=clock.now())
        db.session.commit()
        gateway_id = others.id
    fatma = visitor.Visitor(app)
    fatma.chooses(MESAJ="ONAY")
    fatma.writes(make.PHONE)
    return Vendor(app, browser, gateway_id)


@pytest.mark.parametrize("text", ["RET", "Örnek Mağaza RET", "IZINLINK RET"])
def test_a_refusal_refuses_the_brand_that_the_code_named(app, operators, rows, text):
    """Also of a number that its firm did not have: no list brings it later."""
    assert rows.count(Recipient) == 0 and {each.recipient_id for each in rows(Message)} == {None}
    operators.brings(text)
    work(app)

    refused = {each.brand_id for each in rows(Consent) if (each.status, each.channel) == ("RET", "MESAJ")}
    assert refused == {rows.one(AddressProof).brand_id}
    assert rows.one(Recipient).provider_id == rows.one(Provider).id


def test_an_unclear_reply_holds_and_is_read_by_that_firm_alone(app, operators, rows):
    operators.brings("beni bir daha rahatsız etmeyin")
    work(app)

    read, held = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    assert (read.provider_id, read.outcome, held.outcome) == (None, "read", "likely_refusal")
    assert (held.provider_id, held.recipient_id) == (rows.one(Provider).id, rows.one(Recipient).id)


@pytest.mark.parametrize(("model", "values"), [
    (Provider, {"admitted_at": None}),  # Its codes speak for the portal, and name no firm.
    (AddressProof, {"purpose": Purpose.MINE}),
    (AddressProof, {"was_sent": False}),
    (AddressProof, {"created_at": clock.now() - timedelta(days=8)}),
])  # fmt: skip
def test_a_code_that_named_no_brand_makes_no_firms_reply(app, operators, rows, model, values):
    with app.app_context():
        db.session.execute(update(model).values(**values))
        db.session.commit()
    operators.brings("RET")
    work(app)

    assert rows.count(Recipient) == 0
    assert rows.one(GatewayEvent, GatewayEvent.kind == EventKind.REPLY).settled_at is None
