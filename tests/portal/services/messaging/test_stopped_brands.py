"""A brand whose account stopped, with more messages due than one call takes, and its firm's other brands."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db
from portal.core.models import BrandGateway, GatewayState, Message, MessageGateway
from portal.domain.notifications import gateways
from portal.services.messaging import message_queues, outbox
from portal.services.messaging.message_queues import MessageQueue
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import add_brand

pytestmark = pytest.mark.slow

MORE = outbox.BATCHES[AddressKind.PHONE] + 20


@pytest.fixture
def accounts(app, vendors) -> tuple[int, int]:
    """Örnek Mağaza's, which stopped, and that of Moda Evi, for which the newest message is."""
    moda = add_brand(app, "Moda Evi", "MODAEVI")
    with app.app_context():
        stopped, working = delivery.add("verimor"), delivery.add("netgsm")
        for brand_id, own, other in ((make.brand().id, stopped, working), (moda, working, stopped)):
            gateways.set_for_brand(db.session, brand_id, AddressKind.PHONE, [own], at=clock.now(), unused=[other])
        db.session.commit()
    delivery.launch(app, MORE)
    with app.app_context():
        last = db.session.query(Message).order_by(Message.id.desc()).first()
        db.session.execute(update(Message).values(due_at=clock.now() - timedelta(minutes=5)))
        last.brand_id, last.due_at = moda, clock.now()
        db.session.get_one(MessageGateway, stopped).state = GatewayState.STOPPED
        db.session.commit()
    return stopped, working


def left(rows) -> list[int | None]:
    """By which accounts messages left."""
    return [each.gateway_id for each in rows(Message, Message.called_at.is_not(None))]


def test_its_many_messages_keep_none_of_another_brand_from_leaving(app, accounts, rows):
    """Those that wait leave once its account works again."""
    stopped, working = accounts
    with app.app_context():
        outbox.send_due()
        db.session.rollback()
        assert left(rows) == [working]
        db.session.get_one(MessageGateway, stopped).state = GatewayState.WORKING
        db.session.commit()
        while outbox.send_due():
            db.session.execute(update(MessageGateway).values(next_at=None))
            db.session.commit()
    assert left(rows).count(stopped) == MORE - 1


@pytest.mark.parametrize("chosen", [True, False])
@pytest.mark.parametrize("is_stopped", [True, False])
def test_what_tells_a_decision_waits_for_the_account_of_its_brand_alone(
    app, browser, accounts, rows, is_stopped, chosen
):  # fmt: skip
    """Or for the firm's first that works, where the brand chose none."""
    make.Person(browser, make.codes(app, make.PHONE)[make.PHONE]).decides(MESAJ="ONAY")
    told = rows.one(Message, Message.receipt_id.is_not(None))
    with app.app_context():
        gateway = db.session.get_one(MessageGateway, accounts[0])
        gateway.state = GatewayState.STOPPED if is_stopped else GatewayState.WORKING
        if not chosen:
            db.session.execute(delete(BrandGateway).where(BrandGateway.brand_id == make.brand().id))
            other = db.session.get_one(MessageGateway, accounts[1])
            other.next_at = clock.now() + timedelta(minutes=1) if is_stopped else None
        db.session.flush()
        queue = MessageQueue(told.provider_id, told.address_kind, told.rank)
        theirs = message_queues.gateways_of(db.session, queue)
        has_way = message_queues.has_way(db.session, queue, theirs, clock.now())
        found = db.session.scalars(select(Message.id).where(Message.id == told.id, has_way)).all()
    assert found == ([] if is_stopped else [told.id])
