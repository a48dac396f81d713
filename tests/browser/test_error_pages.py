"""What people see when something is refused them, and the front page: no barrier there either."""

from playwright.sync_api import expect

from portal.core.extensions import limiter


def test_the_front_page_has_no_barrier(site, screens):
    screen = screens(320, also=[1280])
    screen.opens(site)

    screen.looks_well("front")


def test_a_form_whose_session_ended_says_so_without_barrier(site, screens):
    screen = screens(320, also=[1280])
    screen.opens(f"{site}/sign-in")
    screen.context.clear_cookies()
    screen.page.get_by_label("E-posta adresiniz").fill("ayse@example.com")
    screen.page.get_by_label("Parolanız").fill("correct horse battery")
    screen.page.get_by_role("button", name="Giriş yap").click()

    expect(screen.page.get_by_text("hiçbir şey değişmedi")).to_be_visible()
    screen.looks_well("session-ended")


def test_too_many_guesses_are_told_without_barrier(app, browser, site, screens, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    for number in range(60):
        browser.get(f"/k/guess{number}")
    screen = screens(320, also=[1280])

    assert screen.opens(f"{site}/k/another") == 429
    screen.looks_well("too-many-guesses")


def test_what_is_broken_is_told_without_barrier(app, site, screens):
    app.view_functions["public.front"] = lambda: 1 // 0
    app.testing = False
    screen = screens(320, also=[1280])

    assert screen.opens(site) == 500
    screen.complaints.clear()  # The browser says so too.
    screen.looks_well("broken")
