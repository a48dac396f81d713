"""Ayşe connects the firm that sends her SMS: add, test, choose for a brand, launch, and it arrives on the phone."""

from playwright.sync_api import expect

from portal.core.extensions import db
from portal.core.models import Delivery, GatewayState, MessageGateway
from portal.services.messaging import outbox, routing
from portal.services.messaging.fake_gateway import create_gateway
from portal.services.messaging.gateways.protocol import Reason
from tests import make, servers, unknown_vendor
from tests.browser.signing_in import sign_in
from tests.portal.web.dashboard.test_gateway_pages import prove
from tests.unknown_vendor import KEY, UnknownVendor


def test_a_firm_sends_through_its_own_account(app, site, screens, rows, tmp_path):
    prove(app)
    with servers.serving(create_gateway(tmp_path / "messages.db")) as fake:
        app.config["MESSAGE_GATEWAY_URL"] = fake
        screen = screens(360, 780, also=[1280])
        page = screen.page
        sign_in(screen, f"{site}/dashboard/gateways")
        screen.looks_well("gateways-empty")
        page.get_by_role("link", name="Hesap ekle").click()
        screen.looks_well("gateways-vendors")
        page.get_by_role("link", name="Verimor").click()
        fill(page, password="yanlış")
        expect(page.get_by_text("şifreyi kabul etmedi").first).to_be_visible()
        screen.looks_well("gateways-refused")
        fill(page, password="demo")
        screen.looks_well("gateways-untested")
        page.get_by_role("button", name="Deneme iletisi gönder").click()
        expect(page.get_by_text("Bu hesap artık gönderebilir")).to_be_visible()
        screen.looks_well("gateways-working")

        page.get_by_role("link", name="Hesaplara dön").click()
        page.get_by_label("SMS", exact=True).select_option(label="Verimor, DENEME")
        page.get_by_role("button", name="Kaydet").click()
        screen.looks_well("gateways-brands")
        make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)
        with app.app_context():
            while outbox.send_due():
                pass
        screen.opens(fake)
        expect(page.get_by_text("Mersis").first).to_be_visible()

        with app.app_context():
            routing.stop(db.session, rows.one(MessageGateway).id, "INSUFFICIENT_CREDITS", Reason.NO_CREDIT)
            db.session.commit()
        screen.opens(f"{site}/dashboard/")
        screen.looks_well("gateways-stopped-overview")
        page.get_by_role("link", name="Hesaba bak").click()
        page.get_by_role("button", name="English").click()
        screen.looks_well("gateways-stopped-english")
    assert rows.one(MessageGateway).state == GatewayState.STOPPED


def fill(page, password: str) -> None:
    page.get_by_label("Abone numarası").fill("908500000001")
    page.get_by_label("API şifresi").fill(password)
    page.get_by_label("Gönderici").fill("DENEME")
    page.get_by_role("button", name="Denetle ve kaydet").click()


def test_a_vendor_that_nobody_knows_is_connected_from_its_page(app, site, screens, rows):
    prove(app)
    vendor = UnknownVendor()
    with servers.serving(vendor) as url:
        screen = screens(360, 780, also=[1280])
        page = screen.page
        sign_in(screen, f"{site}/dashboard/gateways/new")
        page.get_by_role("link", name="Başka bir SMS firması").click()
        for label, sample in (SAMPLES | {"Gönderim adresi (URL)": f"{url}/rest/v3/gonder"}).items():
            page.get_by_label(label).fill(sample)
        screen.looks_well("gateways-samples")
        page.get_by_role("button", name="Örnekleri oku").click()
        expect(page.get_by_text("firmanın ileti numarası PK-881")).to_be_visible()
        page.get_by_label("Gönderici").first.fill("DENEME")
        expect(page.get_by_text('"baslik": "DENEME"')).to_be_visible()
        page.get_by_label("Kullanıcı adı").fill(unknown_vendor.CUSTOMER)
        page.get_by_label("API anahtarı").first.fill("km_live_yanlis")
        screen.looks_well("gateways-described")
        for summary in page.locator("summary").all():
            summary.click()
        screen.looks_well("gateways-described-open")
        page.get_by_role("button", name="Önizle").click()
        expect(page.get_by_label("API anahtarı").first).to_have_value("km_live_yanlis")
        page.get_by_role("button", name="Denetle ve kaydet").click()
        page.get_by_role("button", name="Deneme iletisi gönder").click()
        expect(page.get_by_text("şifreyi kabul etmedi").first).to_be_visible()
        screen.looks_well("gateways-described-refused")
        page.get_by_role("link", name="Düzelt: API bilgileri").click()
        page.get_by_label("API anahtarı").first.fill(KEY)
        page.get_by_role("button", name="Denetle ve kaydet").click()
        page.get_by_role("button", name="Deneme iletisi gönder").click()
        expect(page.get_by_text("Bu hesap artık gönderebilir")).to_be_visible()
        screen.looks_well("gateways-described-working")
    assert rows.one(MessageGateway).state == GatewayState.WORKING and len(vendor.calls) == 2


SAMPLES = {
    "Örnek gönderim": unknown_vendor.CALL,
    "Başarılı yanıt örneği": unknown_vendor.ANSWER,
    "Hatalı yanıt örneği": unknown_vendor.ERROR,
    "Hata kodları": unknown_vendor.FAULTS,
    "Teslim raporu örneği": unknown_vendor.REPORT,
    "Teslim durumları": unknown_vendor.STATES,
    "Gelen mesaj örneği": unknown_vendor.REPLY,
}
