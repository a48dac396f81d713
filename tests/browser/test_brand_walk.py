"""Ayşe dresses her brand; people see it at their links; she refuses for a caller; the brand ends and still refuses."""

import pytest
from playwright.sync_api import expect

from portal.models import Recipient
from tests import make
from tests.browser.coming_in import comes_in
from tests.portal.test_logos import picture


@pytest.mark.parametrize("width", [1280, 360])
def test_a_brand_is_dressed_and_people_see_it(app, site, screens, rows, width, tmp_path):
    logo, drawing = tmp_path / "logo.png", tmp_path / "logo.svg"
    logo.write_bytes(picture(mode="RGBA"))
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    code = make.codes(app)[make.PHONE]
    ayse = screens(width, 900)
    comes_in(ayse, f"{site}/dashboard/")
    page = ayse.page

    page.get_by_role("link", name="Firma", exact=True).click()
    page.get_by_role("link", name="Markalar", exact=True).click()
    look(ayse, "brands")
    page.get_by_role("link", name="Yeni marka").click()
    page.get_by_role("button", name="Markayı ekle").click()
    look(ayse, "new-wrong")
    page.get_by_role("link", name="Markalara dön").click()
    page.get_by_role("link", name="Örnek Mağaza", exact=True).click()
    look(ayse, "brand")

    page.get_by_label("SMS gönderici adı").fill("ÖRNEK")
    page.get_by_label("Renk").fill("#f5c400")
    page.get_by_role("button", name="Kaydet", exact=True).click()
    look(ayse, "brand-wrong")
    page.get_by_label("SMS gönderici adı").fill("ORNEK")
    page.get_by_label("Renk").fill("#a3195b")
    page.get_by_label("İletişim satırı").fill("destek@ornek.example")
    page.get_by_role("button", name="Kaydet", exact=True).click()
    page.get_by_label("Logo dosyası").set_input_files(drawing)
    page.get_by_role("button", name="Logoyu yükle").click()
    look(ayse, "logo-wrong")
    page.get_by_label("Logo dosyası").set_input_files(logo)
    page.get_by_role("button", name="Logoyu yükle").click()
    page.get_by_label("Alan adı").fill("izin.ornek.example")
    page.get_by_role("button", name="Alan adını ekle").click()
    look(ayse, "brand-dressed")

    fatma = screens(width, 900)
    fatma.opens(f"{site}/k/{code}")
    fatma.page.locator("img.logo").scroll_into_view_if_needed()
    fatma.waits_for("document.querySelector('img.logo').naturalWidth > 0")
    look(fatma, "link")
    assert fatma.weight() <= 15 * 1024 + 8 * 1024
    assert fatma.kept() == []
    fatma.page.emulate_media(color_scheme="dark")
    fatma.shoot("brand-link-dark")

    recipient_id = rows(Recipient)[0].id
    ayse.opens(f"{site}/dashboard/recipients/{recipient_id}")
    look(ayse, "recipient")
    page.get_by_role("button", name="Reddi kaydet").click()
    look(ayse, "refusal-wrong")
    page.get_by_role("group", name="Hangi kanallar?").get_by_role("checkbox").first.check()
    page.get_by_label("Kişi bunu size nasıl bildirdi?").select_option("HS_CAGRI_MERKEZI")
    page.get_by_role("button", name="Reddi kaydet").click()
    expect(page.get_by_text("Ret kaydedildi")).to_have_count(1)
    page.get_by_label("Neden?").fill("Kişi aradı, adresini doğruluyorum")
    page.get_by_role("button", name="Adresi göster").click()
    look(ayse, "recipient-refused")

    page.get_by_role("link", name="Firma", exact=True).click()
    page.get_by_role("link", name="Markalar", exact=True).click()
    page.get_by_role("link", name="Örnek Mağaza", exact=True).click()
    page.get_by_role("button", name="Pasif yap").click()
    look(ayse, "brand-passive")
    fatma.opens(f"{site}/k/{code}")
    look(fatma, "link-passive")
    fatma.page.get_by_role("button", name="Hepsini reddet").click()
    look(fatma, "receipt")


def look(screen, name: str) -> None:
    """What must hold on each page of the walk; and a picture of it."""
    screen.page.wait_for_load_state()
    screen.shoot(f"brand-{name}")
    assert screen.barriers() == [], name
    assert not screen.scrolls_sideways(), name
    assert [each for each in screen.complaints if "422" not in each] == [], name
