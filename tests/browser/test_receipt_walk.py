"""Keeping a receipt: looking at it, undoing, its text, its files; and having it checked by anybody."""

import pytest
from playwright.sync_api import expect

from portal.core.models import Outcome, Submission
from tests import make

LIGHT_ENOUGH = 15 * 1024


@pytest.fixture
def link(app, site):
    app.config["UNDO_SECONDS"] = 300
    return f"{site}/k/{make.codes(app)[make.PHONE]}"


@pytest.mark.parametrize("language", ["tr", pytest.param("en", marks=pytest.mark.long)])
def test_a_receipt_has_no_barrier_and_weighs_little(screens, link, language):
    first = screens()
    decides(first, link if language == "tr" else f"{link}?lang=en")
    screen = screens(320, also=[360, 1280])
    screen.opens(first.page.url)
    weight = screen.weight()

    screen.page.locator("details.shown summary").click()

    expect(screen.page.locator("details.shown .body")).to_be_visible()
    assert weight <= LIGHT_ENOUGH
    assert screen.kept() == []
    screen.looks_well(f"receipt-full-{language}")


def test_a_receipt_is_undone_and_checked_without_script_and_mouse(screens, link, rows):
    screen = screens(width=360, scripts=False)
    decides(screen, link)
    screen.shoot("receipt-may-be-undone")

    screen.page.locator("form.undo button").focus()
    screen.page.keyboard.press("Enter")
    expect(screen.page.locator("form.undo")).to_have_count(0)
    screen.shoot("receipt-undone")
    with screen.page.expect_download() as download:
        screen.page.locator("a[href*='belge.jws']").click()
    token = download.value.path().read_text()
    screen.page.locator("a[href*='dogrula']").click()
    screen.page.locator("#token").fill(token)
    screen.page.locator("form button").first.click()

    expect(screen.page.locator(".notice.good")).to_be_visible()
    assert rows.one(Submission, Submission.status == "ONAY").outcome == Outcome.ANNULLED


def test_checking_a_receipt_has_no_barrier(screens, link, site):
    screen = screens(320, also=[360, 1280])
    decides(screen, link)
    token = screen.page.request.get(screen.page.url.split("?")[0] + "/belge.jws").text()
    screen.opens(f"{site}/dogrula")
    screen.looks_well("verify")

    screen.page.locator("#token").fill(token)
    screen.page.locator("form button").first.click()
    expect(screen.page.locator(".notice.good")).to_be_visible()
    screen.looks_well("verify-told")
    screen.page.locator("#token").fill(token[:-20] + "A" * 20)
    screen.page.locator("form button").first.click()
    expect(screen.page.locator("[role=alert]")).to_be_visible()

    screen.looks_well("verify-changed")
    assert screen.kept() == []


def decides(screen, link: str) -> None:
    """One yes and one no."""
    screen.opens(link)
    screen.page.locator("input[name=MESAJ][value=ONAY]").check()
    screen.page.locator("input[name=ARAMA][value=RET]").check()
    screen.page.locator(".ends button").first.click()
    screen.page.wait_for_url("**/m/**")
