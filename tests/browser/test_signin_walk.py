"""Coming in by a browser: the password, a first factor, the codes on paper, a forgotten password; by keyboard alone."""

from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import expect

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import MailKind, Role
from portal.domain.identity import accounts
from tests import make
from tests.portal.web.dashboard.staff import submit_password
from tests.portal.web.signin import mailbox


@pytest.fixture(autouse=True)
def ayse(app):
    """Ayşe, who has a password and no factor yet."""
    with app.app_context():
        of = make.provider(email="burak@example.com")
        accounts.add_membership(db.session, make.create_user(make.AYSE, "Ayşe"), of.id, Role.OWNER, clock.now())
        db.session.commit()


def types_password(screen) -> None:
    screen.page.get_by_label("E-posta adresiniz").press_sequentially(make.AYSE)
    screen.tab_to("#password")
    screen.page.keyboard.type(make.AYSES_PASSWORD)
    screen.page.keyboard.press("Enter")


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (360, False)])
def test_a_first_factor_is_set_up_by_keyboard_alone(app, site, screens, width, scripts):
    screen = screens(width, 900, scripts=scripts)
    page = screen.page
    screen.opens(f"{site}/dashboard/days")
    screen.shoot("sign-in")
    types_password(screen)
    page.get_by_role("heading", name="Önce adresinizi doğrulayın").wait_for()
    screen.shoot("enrol-by-mail")
    screen.tab_to("main form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sent")
    ((_, facts),) = mailbox.found(app, MailKind.RESET)
    screen.opens(f"{site}{urlsplit(facts['link']).path}")
    screen.tab_to("#password")
    page.keyboard.type(make.AYSES_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/enrol")
    screen.shoot("enrol-first")
    screen.tab_to("summary")
    page.keyboard.press("Enter")
    secret = page.locator(".secret").inner_text().replace(" ", "")
    if scripts:
        screen.looks_well("enrol")
    screen.tab_to("#code")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    screen.shoot("enrol-wrong")
    screen.tab_to("#code")
    page.keyboard.type(pyotp.TOTP(secret).at(clock.now()))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Kurtarma kodlarınız").wait_for()

    expect(page.locator(".recovery li")).to_have_count(10)
    screen.shoot("recovery-codes")
    if scripts:
        screen.looks_well("recovery-codes")
    screen.tab_to("main p a.button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/days")


def test_every_page_of_coming_in_is_without_barriers(app, site, screens):
    screen = screens(360, 900, also=[1280])
    page = screen.page
    for number in range(10):
        place = {"REMOTE_ADDR": f"203.0.{number}.7"}
        submit_password(app.test_client(), make.AYSE, "wrong", environ_base=place)
    screen.opens(f"{site}/sign-in")
    screen.looks_well("sign-in")
    types_password(screen)
    page.get_by_role("alert").wait_for()
    screen.looks_well("too-many")
    page.get_by_role("link", name="Parolamı unuttum").click()
    screen.looks_well("forgotten")
    page.get_by_label("E-posta adresiniz").fill(make.AYSE)
    page.get_by_role("button", name="Bağlantı gönder").click()
    screen.looks_well("forgotten-sent")
    ((_, facts),) = mailbox.found(app, MailKind.RESET)
    path = urlsplit(facts["link"]).path
    screen.opens(f"{site}{path}")
    page.get_by_label("Yeni parolanız").fill("ayse1234")
    page.get_by_role("button", name="Parolamı değiştir").click()
    screen.looks_well("reset-weak")
    page.get_by_role("button", name="English").click()
    screen.looks_well("reset-english")
    page.locator("#password").fill("seven purple otters juggling")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/enrol")
    screen.looks_well("enrol-english")
    screen.opens(f"{site}{path}")
    screen.looks_well("reset-over")


def test_the_second_step_and_step_up_are_without_barriers(app, site, screens):
    screen = screens(1280, 900, also=[360])
    page = screen.page
    screen.opens(f"{site}/sign-in")
    page.get_by_label("E-posta adresiniz").fill("burak@example.com")
    page.get_by_label("Parolanız").fill(make.AYSES_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Doğrulama kodu").wait_for()
    screen.looks_well("second-step")
    page.get_by_label("Doğrulama kodu").fill("000000")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    screen.looks_well("second-step-wrong")
    page.get_by_label("Doğrulama kodu").fill(pyotp.TOTP(make.TOTP).at(clock.now()))
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/")
    screen.opens(f"{site}/step-up?next=/dashboard/days")
    screen.looks_well("step-up")
