"""Ayşe writes what her campaign's messages say: the phone follows her keys, a promotion stops her, she tries it."""

from playwright.sync_api import expect

from portal.services.launches.invitation_text import SAMPLE_CODE
from portal.services.messaging.fake_gateway import create_gateway
from tests import make, servers
from tests.browser.signing_in import sign_in
from tests.portal.web.dashboard.test_gateway_pages import prove

LONG = "Mağazalarımızdaki ve internet sitemizdeki yeniliklerden söz eden iletiler gönderebilir miyiz, ne dersiniz?"


def test_a_text_is_written_previewed_and_tried(app, site, screens, tmp_path):
    with app.app_context():
        draft = make.campaign().id
    prove(app)
    with servers.serving(create_gateway(tmp_path / "messages.db")) as fake:
        app.config["MESSAGE_GATEWAY_URL"] = fake
        screen = screens(360, 780, also=[1280])
        page = screen.page
        sign_in(screen, f"{site}/dashboard/campaigns/rule")
        for choice in ("Hayır", "Alışveriş: teslimat", "Tüketici"):
            page.get_by_label(choice).first.check()
        page.get_by_role("group", name="reddetti mi").get_by_label("Hayır").check()
        page.get_by_role("button", name="Kuralı göster").click()
        expect(page.get_by_text("İstisna: onay gerekmez")).to_be_visible()
        screen.looks_well("message-rule")

        screen.opens(f"{site}/dashboard/campaigns/{draft}")
        page.get_by_role("link", name="İleti", exact=True).click()
        screen.looks_well("message-usual")
        page.get_by_label("SMS cümlesi", exact=True).fill(LONG)
        expect(page.locator("[data-preview] .bubble").first).to_contain_text("Magazalarimizdaki ve")
        page.get_by_label("SMS cümlesi", exact=True).fill("Onay verene %20 indirim!")
        page.get_by_role("button", name="Kaydet").click()
        expect(page.get_by_text("“indirim”: fiyat ya da indirim")).to_be_visible()
        screen.looks_well("message-promotion")
        page.get_by_label("SMS cümlesi", exact=True).fill(LONG)
        page.get_by_label("SMS cümlesi, İngilizce").fill("May we write to you? 😀")
        page.get_by_role("button", name="Kaydet").click()
        expect(page.get_by_text("Kaydedildi.")).to_be_visible()
        page.get_by_text("Hangi alfabede kaç parça?").click()
        screen.looks_well("message-saved")
        page.get_by_role("button", name="Deneme iletisi gönder").click()
        expect(page.get_by_text("Deneme iletisi gitti.")).to_be_visible()
        screen.opens(fake)
        expect(page.get_by_text(SAMPLE_CODE).first).to_be_visible()
    assert screen.opens(f"{site}/k/{SAMPLE_CODE}") == 404
    expect(page.get_by_text("Kimseye bir şey sorulmadı")).to_be_visible()
    screen.looks_well("message-sample-link")


def test_without_scripts_a_button_shows_the_preview(app, site, screens):
    with app.app_context():
        draft = make.campaign().id
    screen = screens(1280, scripts=False)
    page = screen.page
    sign_in(screen, f"{site}/dashboard/campaigns/{draft}/message")

    page.get_by_label("SMS cümlesi", exact=True).fill("Haber verelim mi?")
    page.get_by_role("button", name="Önizle").click()

    expect(page.locator("[data-preview] .bubble").first).to_contain_text("Haber verelim mi? Onay/Ret:")
    assert page.get_by_label("SMS cümlesi", exact=True).input_value() == "Haber verelim mi?"
