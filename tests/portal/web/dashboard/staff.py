"""A person of a provider, signed in, as they use the dashboard."""

import re
from dataclasses import dataclass
from http.cookies import SimpleCookie

import pyotp
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Factor, SignInMethod, User
from portal.domain.identity import accounts
from portal.web.signin.second_step import enter
from tests import make

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Staff:
    """Opens pages and posts their forms."""

    browser: object

    def opens(self, path: str):
        return self.browser.get(path)

    def posts(self, path: str, data: dict | None = None):
        """Send a form with the token of this session."""
        return self.browser.post(
            path, data={"csrf_token": token(self.browser, "/dashboard/recipients"), **(data or {})}
        )


def token(browser, path: str = "/sign-in") -> str:
    """The token that a page's form carries."""
    return TOKEN.search(browser.get(path).text)[1]


def sign_in(browser, email: str = make.AYSE, password: str = make.AYSES_PASSWORD, **options):
    """Fill in the first form; the answer to it."""
    data = {"csrf_token": token(browser), "email": email, "password": password}
    return browser.post("/sign-in", data=data, **options)


def show_code(browser, secret: str = make.TOTP, **options):
    """Fill in the second form with what the app shows now; the answer to it."""
    data = {"csrf_token": token(browser, "/sign-in/second"), "code": pyotp.TOTP(secret).at(clock.now())}
    return browser.post("/sign-in/second", data=data, **options)


def signed_in(app, email: str = make.AYSE) -> Staff:
    """Somebody who has signed in."""
    browser = app.test_client()
    come_in(browser, email)
    return Staff(browser)


def come_in(browser, email: str = make.AYSE) -> None:
    """Be in, as after both steps (which have tests of their own, and cost four requests)."""
    app = browser.application
    with app.test_request_context("/sign-in/second", environ_overrides=browser.environ_base):
        user = db.session.scalar(select(User).where(User.has_index(accounts.email_indexes(vault(), email))))
        enter(user, SignInMethod.TOTP)
        answer = app.process_response(app.response_class())
    for name, morsel in SimpleCookie("; ".join(answer.headers.getlist("Set-Cookie"))).items():
        browser.set_cookie(name, morsel.value)


def walks_in(browser, email: str = make.AYSE) -> None:
    """Both steps, as a person takes them."""
    forget_used_codes(browser.application)
    assert sign_in(browser, email).status_code == 303
    assert show_code(browser).status_code == 303


def forget_used_codes(app) -> None:
    """As if the half minute of each code that was shown were over: a code opens once."""
    with app.app_context():
        db.session.execute(update(Factor).values(last_step=None))
        db.session.commit()
