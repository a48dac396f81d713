"""A first factor is set up: an authenticator's secret read off the page, and its code typed in."""

import re

import pyotp

from portal.core import clock
from tests.portal.web.dashboard.staff import csrf_token

SECRET = re.compile(r'class="secret">([A-Z2-7 ]+)<')


def secret_on(browser) -> str:
    return SECRET.search(browser.get("/sign-in/enrol").text)[1].replace(" ", "")


def confirm(browser, code: str):
    return browser.post("/sign-in/enrol", data={"csrf_token": csrf_token(browser, "/sign-in/enrol"), "code": code})


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def enrol(browser) -> None:
    assert confirm(browser, code_of(secret_on(browser))).status_code in (200, 303)
