"""Who hears of a decision: the page and the receipt say İYS only where İYS is told."""

import pytest

from portal.core.extensions import db
from portal.core.models import Brand, Outcome, Submission
from portal.domain.providers import sandbox_mode
from tests import make
from tests.make import Person
from tests.portal.web.consent_points.visitor import opened

pytestmark = pytest.mark.alike

TRIAL = "Bu bir denemedir"


@pytest.fixture
def fatma_of(app, browser):
    """Fatma with a link of a provider whose codes are those of a range."""

    def asked(codes: range) -> Person:
        with app.app_context():
            make.provider(codes.start, codes.start)
        return Person(browser, make.codes(app)[make.PHONE])

    return asked


def test_at_a_real_brand_nothing_is_a_trial(fatma, browser):
    receipt = browser.get(fatma.decides(MESAJ="ONAY").location).text

    assert TRIAL not in fatma.opens().text and TRIAL not in receipt
    assert "İYS&#39;ye bildirilecek" in receipt


def test_who_practises_tells_people_that_it_is_a_trial(fatma_of, browser):
    fatma = fatma_of(sandbox_mode.CODES)
    page = fatma.opens().text

    receipt = browser.get(fatma.decides(MESAJ="ONAY").location).text

    assert TRIAL in page and TRIAL in receipt
    assert f"(Deneme {sandbox_mode.CODES.start})" in page


def test_who_practises_shows_no_link_of_their_own(app, browser):
    with app.app_context():
        make.provider(sandbox_mode.CODES.start, sandbox_mode.CODES.start).admitted_at = None
        db.session.commit()

    page = Person(browser, make.codes(app)[make.PHONE]).opens().text

    assert TRIAL in page and make.NOTICE not in page and "aydınlatma metni" not in page


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_page_of_who_practises_shows_no_name_that_somebody_typed(app, browser, language):
    """A link that is handed out must not look like the page of a bank whose name somebody typed."""
    with app.app_context():
        make.provider(sandbox_mode.CODES.start, sandbox_mode.CODES.start).admitted_at = None
        brand = db.session.query(Brand).one()
        brand.name, brand.contact, brand.colour = "Garanti BBVA", "0850 999 99 99", "#0b5e6b"
        brand.logo_digest = "0123456789abcdef"
        db.session.commit()
    fatma = Person(browser, make.codes(app)[make.PHONE])
    link, argument = f"/k/{fatma.code}", "?lang=en" if language == "en" else ""

    receipt = fatma.decides(MESAJ="RET").location
    opened(app, "deneme-banka", daily_budget=10)
    opened(app, "deneme-taslak", daily_budget=10, published=False)
    paths = (link, f"{link}/ben-degilim", receipt, "/b/deneme-banka", "/b/deneme-taslak")
    pages = [browser.get(f"{path}{argument}").text for path in paths]

    for page in pages:
        assert "Garanti" not in page and page.index(f"(Deneme {sandbox_mode.CODES.start})") < page.index("<h1")
        assert "Örnek Mağazacılık" not in page and "0850 999" not in page
        assert "/logo/" not in page and "/colour/" not in page


def test_a_trial_that_is_over_says_nothing_of_iys(app, fatma_of, browser):
    fatma = fatma_of(sandbox_mode.CODES)
    location = fatma.decides(MESAJ="ONAY", ARAMA="RET").location
    with app.app_context():
        for each in db.session.query(Submission):
            each.outcome, each.code, each.due_at = Outcome.NOT_NEEDED, sandbox_mode.OVER, None
        db.session.commit()

    receipt = browser.get(location).text

    assert TRIAL in receipt
    assert "zaten kayıtlı" not in receipt and "geri alınacak" not in receipt


def test_who_is_exempt_does_not_speak_of_iys(fatma_of, browser):
    fatma = fatma_of(sandbox_mode.EXEMPT_CODES)
    page = fatma.opens().text

    receipt = browser.get(fatma.decides(MESAJ="ONAY", ARAMA="RET").location).text

    assert "İYS" not in page and TRIAL not in page
    assert "İYS" not in receipt
    assert "onay verdiniz" in receipt and "reddettiniz" in receipt
