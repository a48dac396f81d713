"""A link's page looks as its brand does, at the brand's own host too; a passive brand asks nobody any more."""

import gzip
import io
import re

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Source
from portal.core.models import Brand, CampaignKind, Consent, ConsentText, Decision, Domain, Provider
from portal.domain.providers import brand_colours, logos
from tests import make
from tests.make import Person
from tests.portal.domain.providers.test_logos import noise, picture

pytestmark = [pytest.mark.slow, pytest.mark.alike]

HOST = "izin.ornek.example"
AT_HOST = {"headers": {"Host": HOST}}


@pytest.fixture
def dress(app):
    """Give the brand, or its provider, what it is told."""

    def put(model=Brand, **values) -> None:
        with app.app_context():
            db.session.execute(update(model).values(**values))
            db.session.commit()

    return put


@pytest.fixture
def at_home(app, fatma, rows):
    """The brand has proven a host of its own."""
    its = rows.one(Brand)
    with app.app_context():
        make.add_domain(its, HOST)


def test_a_logo_is_on_the_page_and_loaded_when_it_is_near(fatma, dress, rows):
    made = logos.convert_logo(picture())
    dress(logo=made.png, logo_digest=made.digest)

    page = fatma.opens().text

    assert f'src="/logo/{rows.one(Brand).id}/{made.digest}.png" alt="" loading="lazy"' in page


def test_with_the_heaviest_logo_the_page_stays_light(fatma, dress, browser):
    made = logos.convert_logo(noise(900, 300))
    dress(logo=made.png, logo_digest=made.digest, colour="#0b5e6b")

    page = fatma.opens().text
    sheets = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
    parts = [page.encode(), *(_bytes(browser, sheet) for sheet in sheets)]

    assert sum(len(gzip.compress(part)) for part in parts) <= 15 * 1024
    assert len(_bytes(browser, re.search(r'src="([^"]+)"', page)[1])) <= 8 * 1024


def _bytes(browser, path: str) -> bytes:
    with browser.get(path) as answer:
        assert answer.status_code == 200
        return answer.data


def test_a_colour_is_a_sheet_for_light_pages_and_dark_ones(fatma, dress, browser):
    dress(colour="#0b5e6b")
    assert 'href="/colour/0b5e6b.css"' in fatma.opens().text

    answer = browser.get("/colour/0b5e6b.css")

    light, dark = re.findall(r"--brand:(#[0-9a-f]{6})", answer.text)
    assert answer.mimetype == "text/css" and "immutable" in answer.headers["Cache-Control"]
    assert (
        brand_colours.contrast(light, brand_colours.ON_LIGHT) >= 4.5
        and brand_colours.contrast(dark, brand_colours.ON_DARK) >= 4.5
    )


@pytest.mark.parametrize("path", ["/colour/ffffff.css", "/colour/red.css", "/colour/0b5e6b;}.css", "/logo/1/x.png"])
def test_a_colour_or_a_logo_that_is_none_is_not_found(browser, path):
    answer = browser.get(path)

    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_logo_changes_its_name_when_it_changes(fatma, dress, rows):
    for drawn in (picture(), picture(size=(300, 200))):
        made = logos.convert_logo(drawn)
        dress(logo=made.png, logo_digest=made.digest)
        assert made.digest in fatma.opens().text


def test_the_brands_own_contact_and_number_stand_on_new_pages(app, browser, dress, rows):
    with app.app_context():
        make.provider()
    dress(contact="destek@ornek.example")
    dress(Provider, mersis="", tax_number="10000000146", title="Fatma Yılmaz")

    page = Person(browser, make.codes(app)[make.PHONE]).opens().text

    assert "destek@ornek.example" in page and "0850 123 45 67" not in page
    assert "Ad soyad" in page and "T.C. kimlik no" in page and "10000000146" in page
    assert rows.one(ConsentText).sender_mersis == "10000000146"


def test_decisions_bear_the_brands_source(fatma, dress, rows):
    dress(source=Source.MOBILE_APP)

    fatma.decides(MESAJ="ONAY")

    assert rows.one(Decision).source == "HS_MOBIL"


@pytest.mark.parametrize("model", [Brand, Provider])
def test_a_passive_brand_or_a_suspended_provider_explains_and_refuses(fatma, dress, rows, model):
    form = fatma.form()
    dress(model, **{"closed_at" if model is Brand else "suspended_at": clock.now()})

    page = fatma.opens()
    late = fatma.posts(form, MESAJ="ONAY", ARAMA="RET")

    assert page.status_code == 200 and 'value="ONAY"' not in page.text
    assert ("sorması durduruldu" if model is Provider else "artık izin sorulmuyor") in page.text
    assert late.status_code == 409
    assert {(head.channel, head.status) for head in rows(Consent)} == {("ARAMA", "RET")}
    assert fatma.decides(MESAJ="RET").status_code == 303


def test_a_refusing_link_of_a_passive_brand_works(app, browser, dress, rows):
    person = Person(browser, make.codes(app, kind=CampaignKind.REFUSE)[make.PHONE])
    dress(closed_at=clock.now())

    assert person.posts(all="RET").status_code == 303
    assert {head.status for head in rows(Consent)} == {"RET"}


def test_links_and_receipts_open_at_the_brands_own_host(at_home, fatma, browser, dress):
    made = logos.convert_logo(picture())
    dress(logo=made.png, logo_digest=made.digest, colour="#0b5e6b")
    page = browser.get(f"/{fatma.code}", **AT_HOST).text

    answer = browser.post(f"/{fatma.code}", data={"MESAJ": "RET"}, **AT_HOST)

    assert answer.status_code == 303
    assert browser.get(answer.location, **AT_HOST).status_code == 200
    assert browser.get(re.search(r'src="([^"]+)"', page)[1], **AT_HOST).status_code == 200
    assert browser.get("/colour/0b5e6b.css", **AT_HOST).status_code == 200


def test_the_brands_own_host_serves_links_only(at_home, browser):
    for path in ("/dashboard/", "/sign-in", "/"):
        assert browser.get(path, **AT_HOST).status_code == 404


def test_the_brands_own_host_shows_no_link_of_another(app, at_home, fatma, browser):
    with app.app_context():
        theirs = make.provider(800001, 800001, "cem@example.com")
        other = db.session.query(Brand).filter_by(provider_id=theirs.id).one().id
        db.session.execute(update(Domain).values(brand_id=other, provider_id=theirs.id))
        db.session.commit()
    receipt = fatma.decides(MESAJ="RET").location

    assert browser.get(f"/{fatma.code}", **AT_HOST).status_code == 302
    assert browser.get(receipt, **AT_HOST).status_code == 302
    assert fatma.opens().status_code == 200


def test_a_host_counts_within_fifteen_seconds(app, fatma, rows, browser):
    its = rows.one(Brand)
    with time_machine.travel(clock.now(), tick=False) as time:
        assert browser.get(f"/{fatma.code}", **AT_HOST).status_code == 404
        with app.app_context():
            make.add_domain(its, HOST)
        time.shift(16)

        assert browser.get(f"/{fatma.code}", **AT_HOST).status_code == 200


def test_a_host_that_is_not_proven_serves_nothing(at_home, dress, fatma, browser):
    dress(Domain, verified_at=None)

    assert browser.get(f"/{fatma.code}", **AT_HOST).status_code == 404


def test_a_picture_of_ours_opens_anywhere(fatma, dress, browser, rows):
    made = logos.convert_logo(picture("WEBP"))
    dress(logo=made.png, logo_digest=made.digest)

    assert io.BytesIO(_bytes(browser, f"/logo/{rows.one(Brand).id}/{made.digest}.png")).read(4) == b"\x89PNG"
