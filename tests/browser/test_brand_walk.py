"""Ayşe dresses her brand; people see it at their links; she refuses for a caller; the brand ends and still refuses."""

from playwright.sync_api import expect

from portal.core.extensions import db
from portal.core.models import Brand, Recipient
from tests import make
from tests.browser.signing_in import sign_in
from tests.portal.domain.providers.test_logos import picture

RETAILER = {
    "Ticari unvan": "Şişli Ticaret A.Ş.", "Vergi ya da T.C. kimlik numarası": "1234567890",
    "Yetkilinin adı soyadı": "Fatma Çelik", "Yetkilinin T.C. kimlik numarası": "57703411244", "İlçe": "Şişli",
    "İYS'nin ilçe kodu": "25",
}  # fmt: skip


def test_a_brand_is_dressed_and_people_see_it(app, site, sandbox, screens, rows, tmp_path):
    app.config["IYS_BASE_URL"] = sandbox.url
    logo, drawing = tmp_path / "logo.png", tmp_path / "logo.svg"
    logo.write_bytes(picture(mode="RGBA"))
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    code = make.codes(app)[make.PHONE]
    ayse = screens(360, 900, also=[1280])
    sign_in(ayse, f"{site}/dashboard/")
    page = ayse.page

    page.get_by_role("link", name="Firma", exact=True).click()
    page.get_by_role("link", name="Markalar", exact=True).click()
    ayse.looks_well("brand-brands")
    page.get_by_role("link", name="Yeni marka").click()
    page.get_by_role("button", name="Markayı ekle").click()
    ayse.looks_well("brand-new-wrong")
    page.get_by_role("link", name="Markalara dön").click()
    page.get_by_role("link", name="Örnek Mağaza", exact=True).click()
    ayse.looks_well("brand-brand")

    page.get_by_label("SMS gönderici adı").fill("ÖRNEK")
    page.get_by_label("Renk").fill("#f5c400")
    page.get_by_role("button", name="Kaydet", exact=True).click()
    ayse.looks_well("brand-brand-wrong")
    page.get_by_label("SMS gönderici adı").fill("ORNEK")
    page.get_by_label("Renk").fill("#a3195b")
    page.get_by_label("İletişim satırı").fill("destek@ornek.example")
    page.get_by_role("button", name="Kaydet", exact=True).click()
    page.get_by_label("Logo dosyası").set_input_files(drawing)
    page.get_by_role("button", name="Logoyu yükle").click()
    ayse.looks_well("brand-logo-wrong")
    page.get_by_label("Logo dosyası").set_input_files(logo)
    page.get_by_role("button", name="Logoyu yükle").click()
    page.get_by_label("Alan adı").fill("izin.ornek.example")
    page.get_by_role("button", name="Alan adını ekle").click()
    ayse.looks_well("brand-brand-dressed")
    keep_retailers(ayse)

    with app.app_context():  # The operator agrees.
        brand = db.session.query(Brand).one()
        assert make.approve_request(brand)
        db.session.commit()

    fatma = screens(320, 900, also=[360, 1280])
    fatma.opens(f"{site}/k/{code}")
    fatma.page.locator("img.logo").scroll_into_view_if_needed()
    fatma.waits_for("document.querySelector('img.logo').naturalWidth > 0")
    fatma.looks_well("brand-link")
    assert fatma.weight() <= 15 * 1024 + 8 * 1024
    assert fatma.kept() == []
    fatma.page.emulate_media(color_scheme="dark")
    fatma.shoot("brand-link-dark")

    recipient_id = rows(Recipient)[0].id
    ayse.opens(f"{site}/dashboard/recipients/{recipient_id}")
    ayse.looks_well("brand-recipient")
    page.get_by_role("button", name="Reddi kaydet").click()
    ayse.looks_well("brand-refusal-wrong")
    page.get_by_role("group", name="Hangi kanallar?").get_by_role("checkbox").first.check()
    page.get_by_label("Kişi bunu size nasıl bildirdi?").select_option("HS_CAGRI_MERKEZI")
    page.get_by_role("button", name="Reddi kaydet").click()
    expect(page.get_by_text("Ret kaydedildi")).to_have_count(1)
    page.get_by_label("Neden?").fill("Kişi aradı, adresini doğruluyorum")
    page.get_by_role("button", name="Adresi göster").click()
    ayse.looks_well("brand-recipient-refused")

    page.get_by_role("link", name="Firma", exact=True).click()
    page.get_by_role("link", name="Markalar", exact=True).click()
    page.get_by_role("link", name="Örnek Mağaza", exact=True).click()
    page.get_by_role("button", name="Pasif yap").click()
    ayse.looks_well("brand-brand-passive")
    fatma.opens(f"{site}/k/{code}")
    fatma.looks_well("brand-link-passive")
    fatma.page.get_by_role("button", name="Hepsini reddet").click()
    fatma.looks_well("brand-receipt")


def keep_retailers(ayse) -> None:
    """She adds a retailer at İYS and removes it, and comes back to the brand."""
    page = ayse.page
    page.get_by_role("link", name="İYS'deki bayileri gör").click()
    ayse.looks_well("brand-retailers-none")
    page.get_by_role("link", name="Bayi ekle").click()
    page.get_by_role("button", name="Bayiyi ekle").click()
    ayse.looks_well("brand-retailer-wrong")
    for label, text in RETAILER.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("İl", exact=True).select_option("İstanbul")
    page.get_by_role("button", name="Bayiyi ekle").click()
    ayse.looks_well("brand-retailers")
    page.get_by_role("link", name=RETAILER["Ticari unvan"]).click()
    page.get_by_role("button", name="Sil").click()
    ayse.looks_well("brand-retailer-removal-wrong")
    page.get_by_label("Bayinin İYS'den silineceğini biliyorum").check()
    page.get_by_role("button", name="Sil").click()
    expect(page.get_by_text("Bayi İYS'den silindi.")).to_have_count(1)
    page.get_by_role("link", name="Markaya dön").click()
