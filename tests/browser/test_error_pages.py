"""What people see when something is refused them, and the front page: no barrier there either."""

import pytest
from playwright.sync_api import expect

from portal.extensions import limiter


@pytest.mark.parametrize("width", [1280, 320])
def test_the_front_page_has_no_barrier(site, screens, width):
    screen = screens(width)
    screen.opens(site)

    assert screen.barriers() == []
    assert not screen.scrolls_sideways() and screen.complaints == []


@pytest.mark.parametrize("width", [1280, 320])
def test_a_form_whose_session_ended_says_so_without_barrier(site, screens, width):
    screen = screens(width)
    screen.opens(f"{site}/sign-in")
    screen.context.clear_cookies()
    screen.page.get_by_label("E-posta adresiniz").fill("ayse@example.com")
    screen.page.get_by_label("Parolanız").fill("correct horse battery")
    screen.page.get_by_role("button", name="Giriş yap").click()

    expect(screen.page.get_by_text("hiçbir şey değişmedi")).to_be_visible()
    assert screen.barriers() == [] and not screen.scrolls_sideways()


@pytest.mark.parametrize("width", [1280, 320])
def test_too_many_guesses_are_told_without_barrier(app, browser, site, screens, width, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    for number in range(60):
        browser.get(f"/k/guess{number}")
    screen = screens(width)

    assert screen.opens(f"{site}/k/another") == 429
    assert screen.barriers() == [] and not screen.scrolls_sideways()


@pytest.mark.parametrize("width", [1280, 320])
def test_what_is_broken_is_told_without_barrier(app, site, screens, width):
    app.view_functions["web.front"] = lambda: 1 // 0
    app.testing = False
    screen = screens(width)

    assert screen.opens(site) == 500
    assert screen.barriers() == [] and not screen.scrolls_sideways()
