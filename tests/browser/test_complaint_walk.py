"""Fatma still gets messages and complains from her receipt; Ayşe answers at the desk; Fatma reads it."""

import io
from datetime import timedelta

import pytest
from PIL import Image
from playwright.sync_api import expect

from portal.core import clock
from portal.core.models import AddressProof, Complaint, Message, MessageKind, Receipt
from tests.browser.signing_in import sign_in
from tests.portal.domain.complaints.cast import HEADER, TEXT, code_of, receipt_of
from tests.portal.web.my_consents.conftest import Visitor

LIGHT_ENOUGH = 15 * 1024


def screenshot() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (360, 640), "#345").save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("language", ["tr", pytest.param("en", marks=pytest.mark.long)])
def test_a_complaint_is_opened_answered_and_read(app, site, screens, rows, language, monkeypatch):
    receipt_of(app, rows)
    receipt = rows.one(Receipt)
    fatma = screens(320, also=[360, 1280])
    fatma.opens(f"{site}/m/{code_of(app, receipt)}/sikayet?lang={language}")
    assert fatma.weight() <= LIGHT_ENOUGH
    fatma.looks_well(f"complaint-form-{language}")
    fatma.page.locator("form button").click()
    fatma.looks_well(f"complaint-form-wrong-{language}")
    complains(fatma.page)
    fatma.looks_well(f"complaint-case-unproved-{language}")
    address = fatma.page.url
    assert fatma.kept() == []
    proves(app, fatma.page, language)
    expect(fatma.page.get_by_text(TEXT)).to_be_visible()
    fatma.looks_well(f"complaint-case-{language}")

    ayse = screens(360, 900, also=[1280])
    sign_in(ayse, f"{site}/dashboard/")
    ayse.page.get_by_role("link", name="Başvurulara git").click()
    ayse.looks_well("complaint-queue")
    ayse.page.get_by_role("table").get_by_role("link").first.click()
    expect(ayse.page.get_by_text("itibarıyla burada görünür").first).to_be_visible()
    ayse.looks_well("complaint-desk-case-early")
    monkeypatch.setattr(AddressProof, "CODE_LIFETIME", timedelta())
    ayse.page.reload()
    expect(ayse.page.get_by_text(TEXT)).to_be_visible()
    ayse.looks_well("complaint-desk-case")
    ayse.page.get_by_label("Kişiye yanıtınız").first.fill("Listelerimizi inceliyoruz.")
    ayse.page.get_by_role("button", name="Yanıtı kaydet").click()
    ayse.page.get_by_text("Sonuçlandır", exact=True).click()
    ayse.page.get_by_label("Gönderim durduruldu").check()
    ayse.looks_well("complaint-desk-closing")
    ayse.page.get_by_role("button", name="Başvuruyu sonuçlandır").click()
    ayse.looks_well("complaint-desk-closed")
    ayse.opens(f"{site}/desk/search")
    ayse.page.get_by_label("Telefon ya da e-posta").fill("0532 123 45 67")
    ayse.page.get_by_role("button", name="Ara", exact=True).click()
    ayse.looks_well("complaint-desk-person")

    fatma.opens(address)
    assert fatma.weight() <= LIGHT_ENOUGH
    assert fatma.page.locator("html").get_attribute("lang") == language
    expect(fatma.page.get_by_text("Listelerimizi inceliyoruz.")).to_be_visible()
    fatma.looks_well(f"complaint-case-closed-{language}")
    assert rows.count(Complaint) == 1
    assert len(rows(Message, Message.kind == MessageKind.COMPLAINT_SETTLED)) == 1


def test_complaining_needs_neither_a_script_nor_a_mouse(app, site, screens, rows):
    receipt_of(app, rows)
    screen = screens(360, scripts=False)
    at = clock.istanbul(clock.now())
    screen.opens(f"{site}/m/{code_of(app, rows.one(Receipt))}/sikayet")

    screen.page.locator("input[name=channel]").first.focus()
    screen.page.keyboard.press("Space")
    screen.page.keyboard.press("Tab")
    screen.page.keyboard.type(HEADER)
    screen.page.keyboard.press("Tab")
    screen.page.keyboard.type(at.strftime("%d%m%Y"))
    screen.page.locator("input[name=hour]").fill(at.strftime("%H:%M"))
    screen.page.locator("textarea[name=text]").focus()
    screen.page.keyboard.type(TEXT)
    screen.page.locator("form button").focus()
    screen.page.keyboard.press("Enter")
    screen.page.wait_for_url("**/s/**")

    assert rows.one(Complaint).channel == "MESAJ"
    assert rows.one(Complaint).text is not None and screen.kept() == []


def proves(app, page, language: str) -> None:
    """Ask for a code on the case's page and type it, which leads back."""
    page.get_by_role("button", name="Adresimi doğrula" if language == "tr" else "Confirm my address").click()
    page.wait_for_url("**/kod/**")
    page.locator("#digits").fill(Visitor(app, None).code())
    page.locator("#digits").press("Enter")
    page.wait_for_url("**/s/**")


def complains(page) -> None:
    at = clock.istanbul(clock.now())
    page.locator("input[name=channel]").first.check()
    page.locator("input[name=header]").fill(HEADER)
    page.locator("input[name=day]").fill(at.date().isoformat())
    page.locator("input[name=hour]").fill(at.strftime("%H:%M"))
    page.locator("textarea[name=text]").fill(TEXT)
    page.locator("input[type=file]").set_input_files(
        {"name": "ekran.png", "mimeType": "image/png", "buffer": screenshot()}
    )
    page.locator("form button").click()
    page.wait_for_url("**/s/**")
