"""Ayşe's messy file: brought, understood, mended, written; its errors taken away, mended in Excel, brought again."""

import io

import openpyxl
import pytest
from playwright.sync_api import expect

from portal.core import clock
from portal.core.models import BatchState, Decision, ImportBatch
from portal.services.imports import worker
from tests import make
from tests.browser.signing_in import sign_in


def messy() -> bytes:
    """As many offices keep it: a title above the header, several spellings, a few mistakes."""
    today = clock.istanbul(clock.now()).strftime("%d.%m.%Y 00:01")
    lines = [
        "Üye listesi",
        "Ad;Cep Tel;E-mail;İzin;Tarih",
        f"Fatma Yılmaz;0532 123 45 67;fatma@example.com;Evet;{today}",
        f"Hasan Demir;5337654321;;Hayır;{today}",
        f"Ayşe Kaya;;ayşe.kaya@example.com;Evet;{today}",
        f"Can Ak;0532 12;;Evet;{today}",
        "Elif Su;0535 111 22 33;;Evet;02.01.2026",
    ]
    return "\r\n".join(lines).encode("cp1254")


@pytest.fixture
def works(app, rows):
    """The worker does all that is to do, once the page says that it will."""

    def work(page) -> None:
        page.locator("#working").wait_for()
        with app.app_context():
            for batch in rows(ImportBatch):
                while worker.work(batch.id):
                    pass

    return work


def test_a_file_is_brought_mended_and_brought_again_by_keyboard(app, site, screens, rows, works):
    with app.app_context():
        make.brand()
    screen = screens(360, 900, also=[1280])
    page = screen.page
    sign_in(screen, f"{site}/dashboard/imports")
    screen.looks_well("imports-empty")
    press(screen, "a[href$='/imports/new']")
    page.wait_for_url("**/imports/new")
    screen.looks_well("imports-new")

    bring(screen, messy(), "üyeler.csv")
    screen.looks_well("imports-working")
    works(page)
    page.get_by_role("heading", name="Sütunlar").wait_for()  # The page's script saw that it was read.
    screen.looks_well("imports-columns")
    expect(page.locator("#column_1")).to_have_value("phone")
    page.locator("#column_1").click(trial=True)  # A finger reaches it.

    press(screen, "form[action$='/layout'] > button")
    page.get_by_text("Bazı bilgiler eksik").wait_for()
    screen.looks_well("imports-columns-missing")
    screen.tab_to("#source", 80)
    page.keyboard.type("Mağaza")
    screen.tab_to("#origin")
    page.keyboard.type("Üyelik formları, Kadıköy")
    for place in range(3):  # Nothing is presumed: the file says nothing of channels.
        screen.tab_to(f"#channels-{place}")
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    works(page)
    page.get_by_role("heading", name="Ne olacak?").wait_for()
    screen.looks_well("imports-dry-run")

    press(screen, "a[href$='/lines/email_turkish_letter']", 60)
    page.get_by_role("heading", name="Tek tıkla düzelt").wait_for()
    screen.looks_well("imports-problem")
    press(screen, "form[action$='/cures'] button")
    works(page)
    page.get_by_role("heading", name="Uyguladığınız çareler").wait_for()
    screen.looks_well("imports-fixed")
    press(screen, "form[action$='/run'] button", 60)
    works(page)
    page.get_by_role("heading", name="Şu anki durum").wait_for()
    screen.looks_well("imports-done")
    assert rows.count(Decision) == 8  # Fatma by three channels, Hasan by two, Ayşe, and Elif by two, who came too late.

    with page.expect_download() as download:
        press(screen, "a[href$='/errors.xlsx']", 60)
    mended = mend(download.value.path().read_bytes())
    press(screen, "a[href$='/undo']", 60)
    page.wait_for_url("**/undo")
    screen.looks_well("imports-undo")
    page.goto(f"{site}/dashboard/imports/new")
    bring(screen, mended, "düzeltilmiş.xlsx")
    works(page)
    page.get_by_role("heading", name="Sütunlar").wait_for()
    screen.shoot("imports-columns-again")
    expect(page.locator("#origin")).to_have_value("Üyelik formları, Kadıköy")  # Nobody need say it twice.
    press(screen, "form[action$='/layout'] > button", 80)
    works(page)
    page.get_by_role("heading", name="Ne olacak?").wait_for()
    screen.shoot("imports-dry-run-again")
    press(screen, "form[action$='/run'] button", 60)
    works(page)
    page.get_by_role("heading", name="Şu anki durum").wait_for()

    assert rows.count(Decision) == 8 + 2
    assert [batch.state for batch in rows(ImportBatch)] == [BatchState.DONE] * 2
    page.goto(f"{site}/dashboard/imports")
    screen.looks_well("imports-list")


def bring(screen, content: bytes, name: str) -> None:
    """Choose a file and send it, without a mouse. The window to choose it in is the system's."""
    screen.tab_to("#file")
    screen.page.locator("#file").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    press(screen, "form[action$='/imports/new'] > button")
    screen.page.wait_for_url(lambda url: url.rpartition("/")[2].isdigit())


def mend(content: bytes) -> bytes:
    """Write the missing digits into the error workbook, as a person does in Excel."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.active
    header = [cell.value for cell in sheet[1]]
    assert {"Satır", "Sorun", "Çözüm", "İYS kodu"} <= set(header)
    assert sheet.max_row == 2
    sheet.cell(2, header.index("Cep Tel") + 1).value = "0532 123 45 68"
    mended = io.BytesIO()
    book.save(mended)
    return mended.getvalue()


def press(screen, selector: str, most: int = 40) -> None:
    """Reach something with the Tab key, and press Enter on it."""
    screen.tab_to(selector, most)
    screen.page.keyboard.press("Enter")
