"""A brand whose account stopped, with more messages due than one call takes, and its firm's other brands."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock, leases
from portal.core.addresses import AddressKind
from portal.core.extensions import db
from portal.core.models import Campaign, GatewayState, Message, MessageGateway, MessageState
from portal.domain.notifications import gateways
from portal.services.messaging import outbox, routing
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


def look(times: int = 2) -> None:
    """Let the sender look for something that may leave."""
    for _ in range(times):
        outbox.send_due()
        db.session.rollback()


def test_its_many_messages_keep_none_of_another_brand_from_leaving(app, accounts, rows):
    """Those that wait leave minutes after its account works again."""
    stopped, working = accounts
    with app.app_context(), time_machine.travel(clock.now(), tick=False) as now:
        look()
        assert left(rows) == [working]
        db.session.get_one(MessageGateway, stopped).state = GatewayState.WORKING
        db.session.commit()
        now.shift(routing.WAY_WAIT)
        while outbox.send_due():
            db.session.execute(update(MessageGateway).values(next_at=None))
            db.session.commit()
    assert left(rows).count(stopped) == MORE - 1


def test_who_rests_is_asked_again_when_its_rest_ends(app, accounts, rows):
    stopped, working = accounts
    with app.app_context(), time_machine.travel(clock.now(), tick=False) as now:
        rests = db.session.get_one(MessageGateway, stopped)
        rests.state, rests.resting_until = GatewayState.WORKING, clock.now() + routing.FIRST_REST
        db.session.commit()
        look()
        assert left(rows) == [working]
        now.shift(routing.FIRST_REST)
        look(times=1)
    assert stopped in left(rows)


def test_what_is_only_paced_stays_due(app, accounts, rows):
    with app.app_context():
        paced = db.session.get_one(MessageGateway, accounts[0])
        paced.state, paced.next_at = GatewayState.WORKING, clock.now() + timedelta(minutes=1)
        db.session.commit()
        look()
        assert len(rows(Message, leases.is_due(Message, clock.now()))) == MORE


def test_its_messages_end_when_their_campaign_does(app, accounts, rows):
    """While the account still does not work."""
    with app.app_context(), time_machine.travel(clock.now(), tick=False) as now:
        look()
        db.session.execute(update(Campaign).values(expires_at=clock.now()))
        db.session.commit()
        now.shift(routing.WAY_WAIT)
        look()
    assert len(rows(Message, Message.state == MessageState.NOT_NEEDED)) == MORE - 1


def test_lost_calls_of_an_account_that_does_not_open_keep_none_from_leaving(app, accounts, rows):
    stopped, working = accounts
    with app.app_context():
        lost = update(Message).where(Message.brand_id.is_(None))
        db.session.execute(lost.values(batch_id=1, gateway_id=stopped, called_at=clock.now() - timedelta(minutes=6)))
        db.session.get_one(MessageGateway, stopped).credentials = b"damaged"
        db.session.commit()
        look()
    assert [each.gateway_id for each in rows(Message, Message.state == MessageState.ACCEPTED)] == [working]
