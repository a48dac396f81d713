"""Ayşe invites Burak; he finds the mail in the viewer's text, chooses a password, and stands in her list."""

import pyotp
from playwright.sync_api import expect

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Mail, MailKind
from portal.domain.notifications import mails
from tests import make
from tests.browser.signing_in import sign_in

BURAK = "burak@example.com"


def test_a_colleague_is_invited_joins_and_is_looked_after(app, site, screens):
    with app.app_context():
        make.provider()
    ayse = screens(1280, 900, also=[360])
    sign_in(ayse, f"{site}/dashboard/")
    page = ayse.page
    page.get_by_role("link", name="Firma", exact=True).click()
    page.get_by_role("link", name="Kişiler", exact=True).click()
    page.get_by_role("link", name="Kişi davet et").click()
    page.get_by_role("button", name="Daveti gönder").click()
    ayse.looks_well("people-invite-wrong")
    page.get_by_label("E-posta adresi").fill(BURAK)
    page.get_by_label("Temsilci", exact=True).check()
    page.get_by_role("button", name="Daveti gönder").click()
    ayse.looks_well("people-invited")

    burak = screens(360, 900, also=[1280])
    burak.opens(mailed_link(app).replace("http://localhost:8000", site))
    burak.looks_well("people-invitation")
    burak.page.get_by_label("Adınız soyadınız").fill("Burak Demir")
    burak.page.get_by_label("Bir parola seçin").fill("123456789012")
    burak.page.get_by_role("button", name="Daveti kabul et").click()
    burak.looks_well("people-invitation-wrong")
    burak.page.get_by_label("Bir parola seçin").fill("dört sarı bisiklet yokuşta")
    burak.page.get_by_role("button", name="Daveti kabul et").click()
    expect(burak.page).to_have_url(f"{site}/sign-in/enrol")
    secret = burak.page.locator(".secret").text_content().replace(" ", "")
    burak.page.get_by_label("Doğrulama kodu").fill(pyotp.TOTP(secret).at(clock.now()))
    burak.page.keyboard.press("Enter")
    burak.page.get_by_role("heading", name="Kurtarma kodlarınız").wait_for()

    ayse.opens(f"{site}/dashboard/people")
    page.get_by_role("link", name="Burak Demir").click()
    page.get_by_label("Denetçi", exact=True).check()
    ayse.looks_well("people-person")
    page.get_by_role("button", name="Rolü kaydet").click()
    page.get_by_role("link", name="Burak Demir").click()
    page.get_by_role("button", name="Askıya al").click()
    ayse.looks_well("people-people")
    ayse.opens(f"{site}/dashboard/people?lang=en")
    ayse.looks_well("people-people-english")


def test_networks_are_listed_and_nobody_is_locked_out(app, site, screens):
    with app.app_context():
        make.provider()
    screen = screens(360, 900, also=[1280])
    sign_in(screen, f"{site}/dashboard/")
    screen.page.get_by_role("link", name="Firma", exact=True).click()
    screen.page.get_by_role("link", name="Kişiler", exact=True).click()
    screen.page.get_by_role("link", name="Panele girilebilen ağları").click()
    screen.looks_well("people-networks-empty")
    for cidr in ("203.0.113.0/24", "127.0.0.0/24"):
        screen.page.get_by_label("Ağ", exact=True).fill(cidr)
        screen.page.get_by_label("Not").fill("Merkez ofis")
        screen.page.get_by_role("button", name="Ağı ekle").click()
        screen.looks_well(f"people-networks-{cidr[:3]}")

    expect(screen.page.get_by_role("button", name="Kaldır")).to_have_count(1)


def test_an_invitation_to_somebody_else_says_so(app, site, screens):
    with app.app_context():
        make.provider()
    screen = screens(360, 900)
    sign_in(screen, f"{site}/dashboard/")
    screen.opens(f"{site}/dashboard/people/invite")
    screen.page.get_by_label("E-posta adresi").fill(BURAK)
    screen.page.get_by_label("Yönetici", exact=True).check()
    screen.page.get_by_role("button", name="Daveti gönder").click()
    screen.opens(mailed_link(app).replace("http://localhost:8000", site))
    screen.looks_well("people-invitation-not-mine")

    screen.opens(f"{site}/invitation/nothing")
    screen.shoot("people-invitation-over")


def mailed_link(app) -> str:
    with app.app_context():
        mail = db.session.query(Mail).filter_by(kind=MailKind.INVITATION).one()
        link = mails.read_facts(vault(), mail)["link"]
        db.session.rollback()
    return link
