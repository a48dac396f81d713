"""Which hosts and numbers in a pasted message count as ours or its sender's."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Delivery, Domain, Provider
from portal.domain.providers import domain_reviews
from portal.services import approvals
from tests import make
from tests.portal.web.verification.pasted_messages import FORGED, FOUND, SAME, check, seen, text_sent

pytestmark = [pytest.mark.alike, pytest.mark.slow]


def test_the_senders_own_name_is_no_strange_link_but_one_in_its_contact_is(app, browser):
    with app.app_context():
        brand = make.brand()
        brand.name, brand.contact = "Örnek.com", "www.ornek.example/iletisim"
        db.session.commit()
    code = make.codes(app, delivery=Delivery.GATEWAY)[make.PHONE]

    as_written = f"Ornek.com: Onay/Ret: http://localhost/k/{code} (elma nehir)"

    assert "bize ait olmayan" not in check(browser, as_written).text
    assert "bize ait olmayan" in check(browser, text_sent(app, code)).text
    assert SAME not in seen(check(browser, text_sent(app, code)))


def test_a_path_counts_only_where_it_stands_alone(code, browser):
    for text in (f"evil.example /k/{code}", f'evil.example"/k/{code}'):
        assert FOUND not in check(browser, text).text


def test_a_brands_own_host_is_ours(app, browser, code, rows):
    assert "bize ait değil" in check(browser, f"https://izin.ornek.example/{code}").text

    with app.app_context():
        make.add_domain(rows.one(Brand), "izin.ornek.example")
    with time_machine.travel(clock.now() + timedelta(seconds=16)):
        assert FOUND in check(browser, f"https://izin.ornek.example/{code}").text


HOST = "izin.ornek.example"
FAULTS = {
    "of another firm's brand": None,
    "sandbox": update(Provider).values(admitted_at=None),
    "suspended": update(Provider).values(suspended_at=Provider.created_at),
    "waits": update(Domain).values(host=HOST),
    "declined": None,
    "record gone": update(Domain).values(missing_since=Domain.created_at),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_proved_host_is_ours_for_links_of_its_brand_only_while_we_vouch_for_it(app, browser, code, fault):
    """Whoever proves a host may lead it anywhere."""
    sent = text_sent(app, code)
    with app.app_context():
        brand, host = make.brand(), "ilk.ornek.example" if fault == "waits" else HOST
        if fault == "of another firm's brand":
            brand = (
                db.session.query(Brand).filter_by(provider_id=make.provider(71, 72, email="cem@example.com").id).one()
            )
        make.add_domain(brand, host)
        if fault == "declined":
            digest, provider = domain_reviews.digest_of(host).hex(), db.session.get_one(Provider, brand.provider_id)
            assert approvals.take_back(db.session, provider, digest, by=1, reason="Değil.", at=clock.now())
        elif FAULTS[fault] is not None:
            db.session.execute(FAULTS[fault])
        db.session.commit()

    for link in (f"https://{HOST}/{code}", f"{HOST}/u/{code}"):
        assert "Bu iletideki bağlantı bize ait değil" in check(browser, link).text
    assert f"localhost/u/{code}" in sent
    assert FORGED in seen(check(browser, sent.replace(f"localhost/u/{code}", f"{HOST}/u/{code}")))


def test_only_a_link_makes_a_brands_own_host_ours(app, browser):
    with app.app_context():
        make.add_domain(make.brand(), "izin.ornek.example")
    code = make.codes(app, make.PHONE)[make.PHONE].rpartition("/")[2]

    genuine = f"Ornek Magaza: Onay/Ret: https://izin.ornek.example/{code}"
    for beside in ("https://izin.ornek.example/odeme?x=1", "izin.ornek.example", "izin.ornek.example/OdemeYap"):
        page = seen(check(browser, f"{genuine} Hediyeniz: {beside}"))
        assert "bize ait olmayan bir bağlantı da var" in page, beside
    assert "bize ait olmayan" not in check(browser, genuine).text


def test_an_unreviewed_contact_line_is_no_known_number(app, browser):
    code = make.codes(app, delivery=Delivery.CSV)[make.PHONE]
    with app.app_context():
        db.session.execute(update(Brand).values(brand_code=990_000_001))
        db.session.commit()

    assert "firmanın bildirmediği bir telefon" in check(browser, f"http://localhost/k/{code} 0850 123 45 67").text
