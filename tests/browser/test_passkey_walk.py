"""Ayşe looks after her own account: a passkey made by her device opens the next sign-in and a dangerous page."""

from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Factor, FactorKind, SignIn, SignInMethod
from tests import make
from tests.browser.signing_in import sign_in
from tests.portal.web.dashboard.staff import reset_used_codes

pytestmark = pytest.mark.slow


@pytest.fixture
def ayse(app):
    with app.app_context():
        make.provider()


def device(screen, *, present: bool = True) -> None:
    """The browser's own authenticator: a fingerprint reader that says yes."""
    tools = screen.context.new_cdp_session(screen.page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": present, "automaticPresenceSimulation": True,
    }  # fmt: skip
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def show_password(screen, site: str) -> None:
    page = screen.page
    screen.opens(f"{site}/sign-in")
    page.get_by_label("E-posta adresiniz").fill(make.AYSE)
    page.get_by_label("Parolanız").fill(make.AYSES_PASSWORD)
    page.get_by_role("button", name="Giriş yap").click()
    page.wait_for_url("**/sign-in/second")


def show_code(app, page, button: str) -> None:
    reset_used_codes(app)
    page.locator("[name=code]").fill(pyotp.TOTP(make.TOTP).at(clock.now()))
    page.get_by_role("button", name=button, exact=True).click()


def long_ago(app) -> None:
    """As if the last proof of each session were given an hour ago."""
    with app.app_context():
        db.session.execute(update(SignIn).values(stepped_up_at=clock.now() - timedelta(hours=1)))
        db.session.commit()


def test_a_passkey_is_made_and_opens_what_a_code_opens(app, site, screens, rows, ayse):
    screen = screens(360, 900, also=[1280], is_kept=False)
    page = screen.page
    device(screen)
    show_password(screen, site)
    show_code(app, page, "Giriş yap")

    page.get_by_role("link", name="Ayşe: hesabım").click()
    screen.looks_well("account-me")
    page.get_by_role("link", name="İkinci adım").click()
    screen.looks_well("account-factors")
    page.get_by_role("link", name="Geçiş anahtarı ekle").click()
    screen.looks_well("account-new-passkey")
    page.get_by_label("Adı").fill("Ofisteki bilgisayar")
    page.get_by_role("button", name="Anahtarı oluştur").click()
    page.wait_for_url("**/account/factors")
    screen.looks_well("account-passkey-added")
    assert rows.one(Factor, Factor.kind == FactorKind.PASSKEY).name == "Ofisteki bilgisayar"

    page.get_by_role("button", name="Çıkış").click()
    show_password(screen, site)
    screen.looks_well("account-second-step")
    page.get_by_role("button", name="Geçiş anahtarıyla gir").click()
    page.wait_for_url("**/dashboard/")
    assert rows(SignIn)[-1].by == SignInMethod.PASSKEY

    long_ago(app)
    screen.opens(f"{site}/account/password")
    screen.looks_well("account-step-up")
    page.get_by_role("button", name="Geçiş anahtarıyla devam et").click()
    page.wait_for_url(f"{site}/account/password")
    screen.looks_well("account-password")


def test_the_pages_of_ones_own_account_are_open_to_everybody(app, site, screens, ayse):
    with app.app_context():
        make.person(make.provider(700009, 700009, "owner@example.com"), "burak@example.com")
        db.session.rollback()
    screen = screens(1280, 900, also=[360])
    page = screen.page
    sign_in(screen, f"{site}/account/password")
    page.get_by_label("Şimdiki parolanız").fill("wrong horse battery")
    page.get_by_label("Yeni parolanız").fill("galatasaray1905")
    page.get_by_role("button", name="Parolayı değiştir").click()
    page.locator("meter").wait_for()
    screen.looks_well("account-password-weak")

    page.get_by_role("link", name="İkinci adım").click()
    page.get_by_role("link", name="Doğrulama uygulaması ekle").click()
    screen.looks_well("account-new-app")
    page.get_by_label("Adı").fill("Eski telefon")
    page.get_by_role("button", name="Devam et").click()
    screen.looks_well("account-app")
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.locator("[name=code]").fill(pyotp.TOTP(secret).at(clock.now()))
    page.get_by_role("button", name="Uygulamayı ekle").click()
    page.get_by_role("link", name="Düzenle: Eski telefon").click()
    screen.looks_well("account-factor")
    page.get_by_role("button", name="Kaldır: Eski telefon").click()
    page.get_by_role("link", name="Yeni kurtarma kodları al").click()
    page.get_by_role("button", name="10 yeni kod al").click()
    screen.looks_well("account-codes")
    page.get_by_role("link", name="Kodları sakladım").click()

    page.get_by_role("link", name="Oturumlar").click()
    screen.looks_well("account-sessions")
    page.get_by_role("link", name="Firmalarım").click()
    screen.looks_well("account-choose")
    screen.opens(f"{site}/account/sessions")
    page.get_by_role("button", name="Her yerden çık").click()
    page.wait_for_url("**/sign-in")


def test_without_scripts_the_page_says_what_to_do_instead(app, site, screens, ayse):
    screen = screens(360, scripts=False)
    page = screen.page
    sign_in(screen, f"{site}/account/factors/passkey")

    expect(page.get_by_text("bir doğrulama uygulaması ekleyebilirsiniz")).to_be_visible()
    assert not page.get_by_role("button", name="Anahtarı oluştur").is_visible()
    screen.shoot("account-new-passkey-no-scripts")


def test_a_finger_that_the_device_does_not_know_makes_nothing(app, site, screens, rows, ayse):
    screen = screens(360, is_kept=False)
    page = screen.page
    device(screen, present=False)
    sign_in(screen, f"{site}/account/factors/passkey")
    page.get_by_label("Adı").fill("Başkasının parmağı")
    page.get_by_role("button", name="Anahtarı oluştur").click()

    page.get_by_role("alert").wait_for()
    assert "Yeniden deneyebilirsiniz" in page.get_by_role("alert").inner_text()
    assert rows.count(Factor) == 1
