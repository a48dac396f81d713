"""Once a firm is admitted, its practice stands apart: in no tile, no package, and in an export only if asked for."""

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Provider
from portal.domain import packages
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def ayse(app):
    """Her practice holds two addresses and a grant; her admitted firm has a brand of its own."""
    codes = make.codes(app)
    make.Person(app.test_client(), codes[make.PHONE]).decides(MESAJ="ONAY")
    with app.app_context():
        db.session.execute(update(Brand).values(is_sandbox=True, closed_at=clock.now(), brand_code=990_000_001))
        db.session.execute(update(Provider).values(admitted_at=clock.now()))
        provider = db.session.query(Provider).one()
        db.session.add(Brand(provider_id=provider.id, brand_code=700001, name="Ana Marka", created_at=clock.now()))
        db.session.commit()
    return signed_in(app)


def used(app) -> int:
    with app.app_context():
        found = packages.measure_usage(db.session, db.session.query(Provider).one(), clock.now()).used
        db.session.rollback()
        return found


def test_no_tile_and_no_list_of_the_overview_tells_of_the_practice(ayse):
    page = ayse.opens("/dashboard/").text

    assert "+90 532" not in page and "Örnek Mağaza<" not in page


def test_addresses_of_the_practice_use_no_package_until_they_are_used_for_real(app, ayse):
    assert used(app) == 0

    with app.app_context():
        real = db.session.query(Brand).filter_by(brand_code=700001).one()
        campaign = make.campaign()
        campaign.brand_id = real.id
        make.add_to_audience(campaign, make.PHONE)
        db.session.commit()
    assert used(app) == 1


@pytest.mark.parametrize("kind", ["consents", "decisions", "recipients"])
def test_an_export_holds_the_practice_only_if_somebody_asks_for_it(ayse, kind):
    path = f"/dashboard/exports/file?kind={kind}&format=csv"

    without, within = (ayse.takes(f"{path}{more}").text for more in ("", "&sandbox=yes"))

    assert "5321234567" not in without and "5321234567" in within
