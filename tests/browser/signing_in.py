"""Both steps of signing in, in a browser."""

import pyotp

from portal.core import clock
from tests import make


def sign_in(screen, address: str, email: str = make.AYSE) -> None:
    """Open a page that asks who one is; be who one is; go on to it."""
    screen.opens(address)
    enter_password(screen, email)
    enter_code(screen)


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
