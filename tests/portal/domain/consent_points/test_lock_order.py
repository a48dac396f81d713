"""A campaign asks somebody in the moment in which they come to a consent point: each waits for the other's end, or on
PostgreSQL one of them would be lost, maybe with a refusal."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import AudienceEntry, Campaign, ConsentPoint, ConsentRequest, Delivery, ExclusionReason
from portal.domain import campaigns, consent_points
from portal.domain.campaigns import sending
from portal.domain.consents import locking
from portal.domain.consents.may_send import standing
from tests import make
from tests.portal.domain.consents.test_lock_order import meanwhile
from tests.portal.web.consent_points import visitor
from tests.portal.web.recipient.open_complaints import another_firm_hears

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("changed_hands", [make.PHONE, make.EMAIL])
def test_a_launch_and_a_consent_point_reach_one_person_at_once(app, rows, changed_hands):
    """Where their address was another's, who was asked, too: both free that request."""
    make.codes(app, changed_hands)
    another_firm_hears(app, clock.now() + timedelta(minutes=1), changed_hands)
    with app.app_context():
        brand_id = make.brand().id
    visitor.opened(app, brand_id=brand_id)
    with app.app_context():
        made = make.campaign()
        make.add_to_audience(made, make.PHONE)
        campaigns.launch(db.session, made, clock.now())
        db.session.commit()
        campaign_id, recipient_id = made.id, rows(AudienceEntry)[-1].recipient_id

    with time_machine.travel(clock.now() + timedelta(days=1)):
        at, salt = clock.now(), app.config["LINK_SALT"]

        def asks():
            campaign = db.session.get_one(Campaign, campaign_id)
            campaigns.create_next_links(db.session, salt, campaign, at, standing=standing(at))
            db.session.commit()

        def comes():
            point = consent_points.find_point(db.session, visitor.SLUG)
            consent_points.register_recipient(db.session, vault(), salt, point, addresses.parse(make.PHONE), at)

        meanwhile(app, holds=lambda: locking.lock_recipients(db.session, [recipient_id]), act=asks, then=comes)

    entry = rows.one(AudienceEntry, AudienceEntry.campaign_id == rows.one(ConsentPoint).campaign_id)
    theirs = rows(ConsentRequest, ConsentRequest.recipient_id == recipient_id)
    assert {each.entry_id for each in theirs} == {entry.id}
    assert rows.one(AudienceEntry, AudienceEntry.campaign_id == campaign_id).left_out == ExclusionReason.ALREADY_ASKED


def test_requests_that_reached_nobody_are_freed_in_the_order_of_all(app, rows):
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)

    def touches(channel: Channel):
        theirs = update(ConsentRequest).where(ConsentRequest.channel == channel)
        return lambda: db.session.execute(theirs.values(channel=channel))

    def stops():
        campaign = db.session.scalars(db.select(Campaign)).one()
        sending.stop(db.session, campaign, clock.now())
        sending.withdraw_next(db.session, campaign, clock.now())
        db.session.commit()

    meanwhile(app, holds=touches(Channel.CALL), act=stops, then=touches(Channel.SMS))

    assert not rows(ConsentRequest)
