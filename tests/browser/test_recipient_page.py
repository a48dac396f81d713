"""The page that a recipient opens from a message, on a small telephone."""

import pytest
from playwright.sync_api import expect

from portal.core.models import Decision, Outcome, Submission
from tests import make

LIGHT_ENOUGH = 15 * 1024
LANGUAGES = ["tr", "en"]


@pytest.fixture
def link(app, site):
    return f"{site}/k/{make.codes(app)[make.PHONE]}"


def spoken(link: str, language: str) -> str:
    return link if language == "tr" else f"{link}?lang=en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_no_barrier_and_weighs_little(screens, link, language):
    screen = screens(320, also=[360, 1280])

    screen.opens(spoken(link, language))

    assert screen.page.locator("html").get_attribute("lang") == language
    assert screen.weight() <= LIGHT_ENOUGH
    screen.looks_well(f"recipient-{language}")
    assert screen.kept() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_choosing_and_the_receipt_have_no_barrier(screens, link, language):
    screen = screens(320, also=[360, 1280])
    screen.opens(spoken(link, language))

    screen.page.locator("input[name=MESAJ][value=ONAY]").check()
    screen.page.locator("input[name=ARAMA][value=RET]").check()
    screen.shoot(f"recipient-chosen-{language}")
    screen.page.locator(".ends button").first.click()
    screen.page.wait_for_url("**/m/**")

    assert screen.page.locator("html").get_attribute("lang") == language
    expect(screen.page.locator(".line")).to_have_count(2)
    screen.looks_well(f"receipt-{language}")
    assert screen.kept() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_scrolls_sideways_at_320_pixels(screens, link, language):
    screen = screens(width=320)

    screen.opens(spoken(link, language))
    page_scrolls = screen.scrolls_sideways()
    screen.page.locator(".ends button").first.click()  # Nothing is chosen: the page comes back with a message.
    expect(screen.page.get_by_role("alert")).to_be_visible()
    message_scrolls = screen.scrolls_sideways()
    screen.page.locator("input[value=RET]").first.check()
    screen.page.locator(".ends button").first.click()
    screen.page.wait_for_url("**/m/**")

    assert not page_scrolls and not message_scrolls and not screen.scrolls_sideways()
    screen.shoot(f"receipt-narrow-{language}")


def test_deciding_needs_no_script(app, screens, link, iys, rows):
    screen = screens(scripts=False)
    screen.opens(link)

    screen.page.locator("input[name=MESAJ][value=ONAY]").check()
    screen.page.locator(".ends button").first.click()
    before = screen.page.locator(".line").inner_text()
    make.forward_all(app, iys)
    screen.page.locator("main a.button").click()
    after = screen.page.locator(".line").inner_text()

    assert "bildirilecek" in before
    assert "kabul etti" in after
    assert rows.one(Submission).outcome == Outcome.ACCEPTED
    screen.shoot("receipt-accepted-tr")


def test_deciding_needs_no_mouse(screens, link, rows):
    screen = screens()
    screen.opens(link)

    screen.tab_to("input[name=MESAJ]")
    screen.page.keyboard.press("Space")
    screen.tab_to("input[name=ARAMA]")
    screen.page.keyboard.press("ArrowDown")
    screen.tab_to("form button:not([name])")
    screen.page.keyboard.press("Enter")
    screen.page.wait_for_url("**/m/**")
    screen.tab_to("main a.button")
    with screen.page.expect_navigation():
        screen.page.keyboard.press("Enter")

    assert {(each.channel, each.status) for each in rows(Decision)} == {("MESAJ", "ONAY"), ("ARAMA", "RET")}
    expect(screen.page.locator(".line")).to_have_count(2)


def test_a_wrong_code_gets_a_page_that_helps(screens, link):
    screen = screens()

    status = screen.opens(make.misspell(link))

    assert status == 404
    screen.looks_well("recipient-not-found")
    assert screen.kept() == []
