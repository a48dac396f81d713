"""Signing in, in a browser: by a session that is there already, or by both steps."""

import pyotp

from portal.core import clock
from tests import make
from tests.portal.web.dashboard.staff import session_cookies


def sign_in(screen, address: str, email: str = make.AYSE) -> None:
    """Be signed in, and open a page; both steps have walks of their own."""
    browser = {"REMOTE_ADDR": "127.0.0.1", "HTTP_USER_AGENT": screen.page.evaluate("navigator.userAgent")}
    cookies = session_cookies(screen.site.app, email, browser)  # A session is bound to its browser.
    place = screen.site.url
    screen.context.add_cookies([{"name": name, "value": value, "url": place} for name, value in cookies.items()])
    screen.opens(address)


def enter_password(screen, email: str = make.AYSE) -> None:
    """The first step."""
    screen.page.get_by_label("E-posta adresiniz").fill(email)
    screen.page.get_by_label("Parolanız").fill(make.AYSES_PASSWORD)
    screen.page.get_by_role("button", name="Giriş yap").click()


def enter_code(screen) -> None:
    """The second step."""
    screen.page.locator("input[name=code]").fill(pyotp.TOTP(make.TOTP).at(clock.now()))
    screen.page.locator("input[name=code]").press("Enter")
    screen.page.wait_for_url(lambda url: "/sign-in" not in url)
