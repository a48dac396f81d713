"""While İYS tells no changes, nobody is asked to confirm a consent, and nobody is left out for that."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import (
    AudienceEntry,
    CampaignKind,
    Consent,
    Delivery,
    Feed,
    FeedSource,
    Message,
    MessageState,
    UnsentReason,
)
from portal.domain import campaigns
from portal.services import launches
from portal.services.launches.launch_checks import check_launch
from portal.services.launches.needs import Need
from portal.services.messaging import outbox
from tests import grants, make
from tests.portal.services.exports.held_consents import Holder
from tests.portal.services.messaging import test_gateway_delivery as delivery

pytestmark = pytest.mark.slow

KIND = {"kind": CampaignKind.RECONFIRM, "delivery": Delivery.GATEWAY}


@pytest.fixture
def phones(app) -> list[str]:
    found = grants.phones(3)
    with app.app_context():
        make.brand()
        db.session.rollback()
    for phone in found:
        Holder(app).grants(phone)
    with app.app_context():
        delivery.add("verimor")
    return found


def lapse(ago=timedelta(days=9)) -> None:
    brand, at = make.brand(), clock.now()
    of_brand = {"provider_id": brand.provider_id, "brand_id": brand.id}
    db.session.add_all(Feed(source=each, created_at=at - ago, **of_brand) for each in FeedSource)
    db.session.commit()


def send(app) -> None:
    with app.app_context():
        for _ in range(5):
            outbox.send_due()


def test_invitations_wait_until_iys_tells_changes_again(app, vendors, phones, rows):
    make.codes(app, "\n".join(phones), **KIND)
    with app.app_context():
        lapse()
    send(app)
    assert {(each.state, each.unsent_reason, each.due_at is None) for each in rows(Message)} == {
        (MessageState.WAITING, None, False)
    }
    assert vendors.accepted() == []

    with app.app_context():
        db.session.execute(update(Feed).values(pulled_at=clock.now()))
        db.session.commit()
    with time_machine.travel(clock.now() + outbox.PULL_WAIT):
        send(app)
    assert sorted(each["to"] for each in vendors.accepted()) == sorted(phones)


def test_invitations_that_wait_for_iys_end_with_their_campaign(app, vendors, phones, rows):
    make.codes(app, "\n".join(phones), expires=timedelta(days=2), **KIND)
    with app.app_context():
        lapse()
    with time_machine.travel(clock.now() + timedelta(days=3)):
        send(app)

    assert {(each.state, each.unsent_reason) for each in rows(Message)} == {
        (MessageState.NOT_NEEDED, UnsentReason.EXPIRED)
    }


def test_whose_permission_ended_meanwhile_gets_no_invitation_while_iys_is_asked(app, vendors, phones, rows):
    make.codes(app, "\n".join(phones), **KIND)
    with app.app_context():
        lapse(timedelta(hours=1))
        db.session.execute(update(Consent).values(iys_status=None))
        db.session.commit()
    send(app)

    assert {each.state for each in rows(Message)} == {MessageState.NOT_NEEDED} and vendors.accepted() == []


def test_a_launch_needs_that_iys_tells_changes_and_leaves_nobody_out_where_that_ends_meanwhile(app, phones, rows):
    with app.app_context():
        campaign = make.campaign(**KIND)
        make.add_to_audience(campaign, "\n".join(phones))
        campaigns.launch(db.session, campaign, clock.now())
        lapse()
        drafts = make.campaign(**KIND), make.campaign()
        needs = [{each.need for each in check_launch(db.session, each, by=None, at=clock.now())} for each in drafts]
        launches.run(campaign.id, app.config["LINK_SALT"])
        campaign_id = campaign.id
    assert [Need.PULL in each for each in needs] == [True, False]
    assert [each.left_out for each in rows(AudienceEntry)] == [None] * 3 and rows(Message) == []

    with app.app_context():
        db.session.execute(update(Feed).values(pulled_at=clock.now()))
        db.session.commit()
    with time_machine.travel(clock.now() + launches.LEASE), app.app_context():
        launches.run(campaign_id, app.config["LINK_SALT"])
    assert rows.count(Message) == 3
