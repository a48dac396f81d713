"""What keeps a campaign from being launched, and where a word about it is only advice."""

import pytest

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import Brand, CampaignKind, Delivery, GatewayState, MessageGateway, Provider
from portal.domain.campaigns import confirmations
from portal.domain.notifications import gateways
from portal.services import launches
from portal.services.launches.needs import Need
from tests import make

pytestmark = pytest.mark.slow


@pytest.fixture
def context(app):
    """Outside development, where real accounts are needed."""
    app.config["DEVELOPMENT"] = False
    with app.app_context():
        make.brand()
        yield
        db.session.rollback()


def add_account(kind: AddressKind, vendor: str, **credentials: str) -> MessageGateway:
    at = clock.now()
    gateway = gateways.add_gateway(
        db.session, vault(), provider_id=make.brand().provider_id, carries=kind, vendor=vendor, header="ORNEK",
        credentials=credentials, per_second=10, at=at,
    )  # fmt: skip
    gateways.mark_tested(gateway, at)
    return gateway


def missing(text: str = f"{make.PHONE}\n{make.EMAIL}", *, by: int | None = None, **facts) -> dict[Need, str]:
    campaign = make.campaign(delivery=Delivery.GATEWAY, **facts)
    if text:
        make.add_to_audience(campaign, text)
    checks = launches.check_launch(db.session, campaign, by=by, at=clock.now())
    return {each.need: each.detail for each in checks if not each.is_met}


def test_each_kind_of_address_needs_an_account_that_works(context):
    assert set(missing()) == {Need.SMS, Need.EMAIL, Need.CONFIRMATION}

    phone, mail = add_account(AddressKind.PHONE, "verimor"), add_account(AddressKind.EMAIL, "smtp")
    assert missing() == {}

    phone.state = GatewayState.STOPPED
    assert set(missing()) == {Need.SMS, Need.CONFIRMATION}
    assert Need.SMS not in missing(make.EMAIL)

    gateways.set_for_brand(db.session, make.brand().id, AddressKind.EMAIL, [mail.id], at=clock.now())
    mail.state = GatewayState.STOPPED
    assert Need.EMAIL in missing(make.EMAIL)


def test_a_vendor_that_only_its_description_knows_must_say_that_it_sends_from_turkiye(context):
    account = add_account(AddressKind.PHONE, "described", description="{}")
    add_account(AddressKind.EMAIL, "smtp")
    assert set(missing()) == {Need.ROUTE}

    for route, expected in (("abroad", {Need.ROUTE}), ("domestic", set())):
        credentials = {"description": "{}", "route": route}
        gateways.replace_credentials(vault(), account, credentials, header="ORNEK", per_second=10)
        assert set(missing()) == expected


def test_the_header_is_that_of_the_brand(context):
    add_account(AddressKind.PHONE, "verimor")
    add_account(AddressKind.EMAIL, "smtp")
    brand = db.session.get_one(Brand, make.brand().id)
    brand.header = "BASKA"
    assert missing() == {Need.HEADER: "BASKA, ORNEK"}

    brand.header = "ornek"
    assert missing() == {}


def test_whoever_prepared_it_does_not_launch_it_where_the_firm_wants_two(context):
    db.session.query(Provider).one().needs_two_people = True
    campaign = make.campaign(kind=CampaignKind.REFUSE)
    campaign.prepared_by = 1
    make.add_to_audience(campaign, make.PHONE)

    for by, is_met in ((1, False), (2, True), (None, False)):
        checks = {each.need: each for each in launches.check_launch(db.session, campaign, by=by, at=clock.now())}
        assert checks[Need.TWO_PEOPLE].is_met == is_met
    with pytest.raises(launches.LaunchRefused, match="two_people"):
        launches.launch(db.session, campaign, by=1, at=clock.now())


def test_a_firm_that_tells_people_itself_needs_no_account_for_it(context):
    campaign = make.campaign()
    make.add_to_audience(campaign, make.PHONE)
    with pytest.raises(launches.LaunchRefused, match="confirmation"):
        launches.launch(db.session, campaign, by=1, at=clock.now())

    confirmations.confirm_ourselves(db.session, campaign, 1, clock.now())
    launches.launch(db.session, campaign, by=1, at=clock.now())

    assert (campaign.launched_by, bool(campaign.launched_at)) == (1, True)


def test_an_empty_audience_is_not_launched_and_in_development_no_account_is_needed(app, context):
    assert set(missing("")) == {Need.AUDIENCE, Need.CONFIRMATION}

    app.config["DEVELOPMENT"] = True
    assert missing() == {}
