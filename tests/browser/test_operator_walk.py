"""Derya admits who waits, answers questions and orders and puts in a holiday; Deniz answers a caller."""

import pytest
from playwright.sync_api import expect

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import OperatorRole, Package, PackageOrder, Provider
from portal.domain.providers import inquiries
from tests import make
from tests.browser.signing_in import sign_in
from tests.portal.web.operator.conftest import DENIZ, DERYA, assign, ayses, newcomer  # noqa: F401 - fixtures


@pytest.fixture
def house(app, ayses, newcomer):  # noqa: F811 - the fixtures, imported
    """The operator's two people, and what waits for them."""
    with app.app_context():
        make.staff(DERYA, OperatorRole.ADMIN)
        make.staff(DENIZ, OperatorRole.SUPPORT)
        provider = db.session.get_one(Provider, newcomer)
        inquiries.ask_operator(db.session, vault(), provider, 3, "Yetki belgesini kim imzalar?", by=1, at=clock.now())
        db.session.commit()
    assign(app, DENIZ, ayses)


def part(page, name):
    page.get_by_role("navigation", name="Bölümler").get_by_role("link", name=name, exact=True).click()


def test_an_admins_day(app, site, house, screens, rows, newcomer):  # noqa: F811
    screen = screens(1280, 900, also=[360])
    page = screen.page
    sign_in(screen, f"{site}/operator/", DERYA)
    screen.looks_well("operator-providers")

    page.get_by_role("link", name="Yeni Mağazacılık A.Ş.").click()
    page.locator("summary", has_text="İYS'ye bağla").click()
    screen.looks_well("operator-provider")
    page.get_by_label("Aradığınız").or_(page.get_by_label("Temsilciyi aradığınız gün")).fill(
        clock.day(clock.now()).isoformat()
    )
    page.get_by_role("button", name="İYS'ye bağla").click()
    screen.looks_well("operator-provider-wrong")
    page.get_by_label("Geri arama notu").fill("Santralden arandı, Nil Yeni ile konuşuldu.")
    page.get_by_role("button", name="İYS'ye bağla").click()
    screen.looks_well("operator-provider-admitted")
    assert not rows.one(Provider, Provider.id == newcomer).in_sandbox_mode
    page.get_by_role("link", name="Yürürlükteki onaylar").click()
    screen.looks_well("operator-approvals")

    part(page, "Sorular")
    screen.looks_well("operator-inquiries")
    page.get_by_label("Yanıtınız").fill("Ticaret sicilindeki yetkili imzalar.")
    page.get_by_role("button", name="Yanıtla").click()
    page.get_by_role("link", name="Yanıtlananlar").click()
    screen.looks_well("operator-inquiries-answered")

    part(page, "Siparişler")
    screen.looks_well("operator-orders")
    page.get_by_role("button", name="Onayla").click()
    screen.looks_well("operator-orders-none")
    assert rows.one(PackageOrder).confirmed_at is not None

    part(page, "Paketler")
    screen.looks_well("operator-tariff")
    page.get_by_role("link", name="İLETİ 25", exact=True).click()
    page.get_by_label("Yıllık fiyat").fill("590")
    screen.looks_well("operator-package")
    page.get_by_role("button", name="Kaydet").click()
    assert rows.one(Package, Package.name == "İLETİ 25").price == 590

    part(page, "Takvim")
    page.get_by_label("Gün", exact=True).fill("2026-11-30")
    page.get_by_label("Dayanağı").fill("10021 sayılı Cumhurbaşkanlığı kararı")
    page.get_by_role("button", name="Kaydet").click()
    screen.looks_well("operator-calendar")

    for name, words in (("health", "Sağlık"), ("staff", "Ekip"), ("audit", "Denetim")):
        part(page, words)
        screen.looks_well(f"operator-{name}")


def test_support_answers_a_caller(app, browser, site, house, screens):
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    screen = screens(360, 900, also=[1280])
    page = screen.page
    sign_in(screen, f"{site}/operator/", DENIZ)
    screen.looks_well("operator-support-providers")
    page.get_by_role("link", name="Örnek Mağazacılık A.Ş.").click()
    screen.looks_well("operator-support-provider")
    page.get_by_role("link", name="Alıcı ara").click()
    page.get_by_label("Telefon ya da e-posta").fill("0532 123 45 67")
    page.get_by_role("button", name="Ara", exact=True).click()
    screen.looks_well("operator-assist-wrong")
    page.get_by_label("Neden arıyorsunuz?").fill("Alıcı aradı, retinin ulaşıp ulaşmadığını sordu.")
    page.get_by_role("button", name="Ara", exact=True).click()
    screen.looks_well("operator-assist")

    expect(page.get_by_role("heading", name="+90 5•• ••• •• 67")).to_have_count(1)
    assert page.get_by_text("Ret", exact=True).count() >= 1
