"""Browsers of signed-in people, and the steps of signing in."""

import re
import secrets
from dataclasses import dataclass
from http.cookies import SimpleCookie

import pyotp
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import Factor, SignIn, SignInMethod, User
from portal.domain.identity import accounts
from portal.web.signin.second_step import begin_session
from tests import make

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class StaffBrowser:
    """A test client that posts with its session's CSRF token."""

    browser: object

    def opens(self, path: str):
        return self.browser.get(path)

    def takes(self, path: str, **options):
        """Open a file's URL as pages of the chosen provider link to it."""
        return self.browser.get(f"{path}{'&' if '?' in path else '?'}provider={chosen_id(self.browser)}", **options)

    def posts(self, path: str, data: dict | None = None):
        return self.browser.post(path, data={"csrf_token": session_token(self.browser), **(data or {})})


def session_token(browser) -> str:
    """A CSRF token of a session, as any of its pages would hold it, without a request for one."""
    with browser.session_transaction() as held:
        value = held.setdefault("csrf_token", secrets.token_hex(20))
    token = URLSafeTimedSerializer(browser.application.secret_key, salt="wtf-csrf-token").dumps(value)
    return f"{token}~{chosen_id(browser) or ''}"


def chosen_id(browser) -> int | None:
    """The id of the provider that a session works for."""
    with browser.session_transaction() as held:
        sign_in_id = int(held.get("_user_id", "").partition(".")[0] or 0)
    with browser.application.app_context():
        return read_session().scalar(select(SignIn.current_provider_id).where(SignIn.id == sign_in_id))


def csrf_token(browser, path: str = "/sign-in") -> str:
    """The CSRF token of a page's form."""
    return TOKEN.search(browser.get(path).text)[1]


def submit_password(browser, email: str = make.AYSE, password: str = make.AYSES_PASSWORD, **options):
    """Post the first form of signing in."""
    data = {"csrf_token": csrf_token(browser), "email": email, "password": password}
    return browser.post("/sign-in", data=data, **options)


def submit_code(browser, secret: str = make.TOTP, **options):
    """Post the second form with the authenticator app's code."""
    data = {"csrf_token": csrf_token(browser, "/sign-in/second"), "code": pyotp.TOTP(secret).at(clock.now())}
    return browser.post("/sign-in/second", data=data, **options)


def signed_in(app, email: str = make.AYSE) -> StaffBrowser:
    browser = app.test_client()
    skip_sign_in(browser, email)
    return StaffBrowser(browser)


def skip_sign_in(browser, email: str = make.AYSE) -> None:
    """Sign in without the two steps, which have tests of their own and cost four requests."""
    for name, value in session_cookies(browser.application, email, browser.environ_base).items():
        browser.set_cookie(name, value)


def session_cookies(app, email: str = make.AYSE, environ: dict | None = None) -> dict[str, str]:
    """What a browser holds once its person is signed in."""
    with app.test_request_context("/sign-in/second", environ_overrides=environ):
        user = db.session.scalar(select(User).where(User.has_index(accounts.email_indexes(vault(), email))))
        begin_session(user, SignInMethod.TOTP)
        answer = app.process_response(app.response_class())
    cookies = SimpleCookie("; ".join(answer.headers.getlist("Set-Cookie")))
    return {name: morsel.value for name, morsel in cookies.items()}


def complete_sign_in(browser, email: str = make.AYSE) -> None:
    """Sign in by both steps, as a person does."""
    reset_used_codes(browser.application)
    assert submit_password(browser, email).status_code == 303
    assert submit_code(browser).status_code == 303


def reset_used_codes(app) -> None:
    """Let codes of the current half minute be used again: a code opens once."""
    with app.app_context():
        db.session.execute(update(Factor).values(last_step=None))
        db.session.commit()
