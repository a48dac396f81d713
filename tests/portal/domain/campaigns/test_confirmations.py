"""A campaign that asks begins only where its consents can be confirmed on the same day."""

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import CampaignKind, GatewayState, Provider, User
from portal.domain.campaigns import confirmations
from portal.domain.notifications import gateways
from tests import make

PHONE, EMAIL = AddressKind.PHONE, AddressKind.EMAIL


def add(kind: AddressKind, state: GatewayState = GatewayState.WORKING, *, is_operators: bool = False):
    brand = make.brand()
    gateway = gateways.add_gateway(
        db.session, vault(), provider_id=None if is_operators else brand.provider_id, carries=kind, vendor="verimor",
        header="DENEME", credentials={}, per_second=1, at=clock.now(),
    )  # fmt: skip
    gateway.state = state
    db.session.flush()
    return gateway


def lacking(campaign) -> tuple[AddressKind, ...]:
    return confirmations.why_not_begin(db.session, campaign, in_development=False)


@pytest.fixture
def campaign(app):
    with app.app_context():
        yield make.campaign(channels=(Channel.SMS, Channel.EMAIL))
        db.session.rollback()


def test_a_gateway_of_the_brand_the_provider_or_else_the_operator_confirms(campaign):
    assert lacking(campaign) == (PHONE, EMAIL)

    own = add(PHONE)
    assert lacking(campaign) == (EMAIL,)
    add(EMAIL, is_operators=True)
    assert lacking(campaign) == ()

    own.state = GatewayState.STOPPED
    add(PHONE, is_operators=True)
    assert lacking(campaign) == (PHONE,)  # The operator's stands in for none that is there.
    second = add(PHONE)
    assert lacking(campaign) == ()
    gateways.set_for_brand(db.session, campaign.brand_id, PHONE, [own.id], at=clock.now())
    assert lacking(campaign) == (PHONE,)
    gateways.set_for_brand(db.session, campaign.brand_id, PHONE, [own.id, second.id], at=clock.now())
    assert lacking(campaign) == ()


def test_the_providers_word_counts_and_is_given_once(campaign):
    user_id = db.session.scalars(select(User.id)).one()

    given = [confirmations.confirm_ourselves(db.session, campaign, user_id, clock.now()) for _ in range(2)]

    assert given == [True, False] and lacking(campaign) == ()
    with pytest.raises(Exception, match="append-only"):
        db.session.execute(db.text("DELETE FROM own_confirmation"))


def test_who_refuses_practises_or_develops_needs_none(campaign):
    assert confirmations.why_not_begin(db.session, campaign, in_development=True) == ()
    refusing = make.campaign(kind=CampaignKind.REFUSE)
    assert lacking(refusing) == ()
    db.session.get_one(Provider, campaign.provider_id).admitted_at = None
    assert lacking(campaign) == ()
