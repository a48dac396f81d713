"""İzinlerim on a telephone: a code, the overview, a refusal, everything taken along, and out."""

import re

import pytest
from playwright.sync_api import expect

from portal.core.models import Complaint, Decision, DecisionOrigin, Receipt
from tests import make
from tests.portal.web.my_consents.conftest import Visitor
from tests.portal.web.my_consents.test_overview import another_provider, many_brands

LIGHT_ENOUGH = 15 * 1024


@pytest.fixture
def fatma(app, browser):
    """She granted SMS at one brand, and is known at forty more."""
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    another_provider(app)
    many_brands(app, 40)
    return Visitor(app, browser)


@pytest.mark.parametrize("language", ["tr", pytest.param("en", marks=pytest.mark.long)])
def test_a_walk_through_ones_own_consents(site, screens, fatma, rows, language):
    screen = screens(320, also=[360, 1280])
    page = screen.page
    screen.opens(f"{site}/izinlerim{'?lang=en' if language == 'en' else ''}")
    assert screen.weight() <= LIGHT_ENOUGH
    screen.looks_well(f"mine-ask-{language}")
    page.locator("#address").fill("0532")
    page.locator("form button").click()
    expect(page.locator("#address")).to_have_value("0532")
    screen.looks_well(f"mine-wrong-{language}")

    page.locator("#address").fill("0532 123 45 67")
    page.locator("form button").click()
    page.wait_for_url("**/kod/**")
    assert screen.kept() == []
    screen.looks_well(f"mine-code-{language}")
    page.locator("#digits").fill(fatma.wrong())
    page.locator("#digits").press("Enter")
    expect(page.locator("#digits-error")).to_contain_text("4")
    page.locator("#digits").fill(f"Izinlink: kodunuz {fatma.code()}. Kimseyle paylasmayin.")
    page.locator("#digits").press("Enter")
    page.wait_for_url("**/liste*")
    assert page.locator("html").get_attribute("lang") == language
    assert [cookie["name"] for cookie in page.context.cookies()] == ["izinlerim"]
    screen.looks_well(f"mine-list-{language}")
    screen.opens(page.url)
    assert screen.weight() <= LIGHT_ENOUGH

    screen.tab_to("button[value$='-MESAJ']")
    page.keyboard.press("Enter")
    expect(page.locator("#kayit")).to_be_visible()
    screen.looks_well(f"mine-refused-{language}")
    page.locator("nav.pieces a[rel=next]").click()
    page.wait_for_url("**sayfa=2*")
    screen.looks_well(f"mine-second-{language}")
    page.go_back()
    page.locator(".more a").first.click()
    page.wait_for_url("**/marka/**")
    screen.looks_well(f"mine-brand-{language}")
    page.locator("main a").first.click()
    with page.expect_download() as kept:
        page.locator("a[href*='.pdf']").click()
    assert kept.value.suggested_filename == "izinlerim.pdf"
    page.locator("a[href*='silme']").click()
    page.locator("input[value=all]").check()
    screen.looks_well(f"mine-erasure-{language}")
    page.locator("form button").last.click()
    page.wait_for_url("**#kayit")
    screen.looks_well(f"mine-erasure-asked-{language}")

    page.locator(".whose button").click()
    page.wait_for_url("**/bitti*")
    screen.looks_well(f"mine-over-{language}")
    assert page.context.cookies() == []
    assert len(rows(Decision, Decision.origin == DecisionOrigin.MINE)) == 1
    assert len(rows(Receipt, Receipt.origin == DecisionOrigin.MINE)) == 1
    assert rows.count(Complaint) == 2


def test_it_reads_in_order_and_needs_no_script_and_no_colour(site, screens, fatma):
    screen = screens(width=360, scripts=True, forced_colors="active")
    page = screen.page
    screen.opens(f"{site}/izinlerim")
    page.locator("#address").fill(make.PHONE)
    page.keyboard.press("Enter")
    page.wait_for_url("**/kod/**")
    screen.shoot("mine-code-forced")
    page.locator("#digits").fill(fatma.code())
    page.keyboard.press("Enter")
    page.wait_for_url("**/liste*")
    screen.shoot("mine-list-forced")

    tree = page.locator("main").aria_snapshot()

    heading, everything = (
        tree.index('heading "İzinlerim" [level=1]'),
        tree.index('button "Bugünkü bütün markaları reddet"'),
    )
    first = tree.index('button "Marka 000: SMS için reddet"')
    assert tree.index('button "Çık"') < heading < everything < first < tree.index('link "Marka 000: geçmişi gör"')
    assert not re.search(r'button "Reddet"', tree)  # Each says of which brand and channel.
