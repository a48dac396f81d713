"""Ayşe's morning after: the calendar shows a day that differs, she settles each difference, the day is agreed."""

import hashlib

from playwright.sync_api import expect

from portal.core import clock
from portal.core.models import DayState
from tests.browser.signing_in import sign_in
from tests.portal.services.iys.reconciliation.conftest import story  # noqa: F401 - a fixture
from tests.portal.services.iys.reconciliation.story import connect_on, the_day
from tests.portal.services.iys.reconciliation.test_day_reconciliation import a_day_with_three_differences


def test_a_day_that_differs_is_settled_from_the_page(app, site, story, screens, rows):  # noqa: F811
    connect_on(app, clock.now())
    a_day_with_three_differences(story)
    story.steps()
    screen = screens(360, 900, also=[1280])
    page = screen.page
    sign_in(screen, f"{site}/dashboard/days")
    page.get_by_role("link", name="İYS", exact=True).click()
    page.get_by_role("link", name="Mutabakat").click()
    screen.looks_well("days-calendar")

    expect(page.get_by_role("table", name="Kasım 2026").get_by_role("link", name="Fark var")).to_have_count(1)
    page.get_by_role("rowheader", name="23 Kasım 2026").get_by_role("link").click()
    screen.looks_well("days-different")
    expect(page.get_by_role("table", name="Bu günün farkları").locator("tbody tr")).to_have_count(3)

    settle(screen, "Yalnız İYS'de var", "İYS'dekini al")
    settle(screen, "Yalnız bizde var", "Bizimkini yeniden gönder")
    open_difference(page, "İYS'de farklı")
    page.get_by_role("button", name="Açıkla ve kapat").click()
    screen.looks_well("days-explanation-missing")
    page.get_by_label("Açıklama").fill("İYS karar tarihini sonradan düzeltti.")
    page.get_by_role("button", name="Açıkla ve kapat").click()
    screen.looks_well("days-settled")

    story.forwards()
    story.steps()
    page.reload()
    screen.looks_well("days-agreed")
    expect(page.get_by_text("Mutabık: İYS'de onaylandı")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="Dosyayı indir").click()
    day = the_day(rows)
    assert day.state == DayState.AGREED
    assert hashlib.sha384(download.value.path().read_bytes()).hexdigest() == day.iys_hash
    open_difference(page, "İYS'de farklı")
    screen.looks_well("days-explained")
    page.get_by_role("link", name="Güne dön").click()
    page.get_by_role("link", name="Takvime dön").click()
    screen.looks_well("days-calendar-agreed")
    page.get_by_role("link", name="Tüm açık farklar").click()
    screen.looks_well("days-no-differences")


def test_the_calendar_is_walked_by_keyboard(app, site, story, screens, rows):  # noqa: F811
    connect_on(app, clock.now())
    a_day_with_three_differences(story)
    story.steps()
    screen = screens(1280, 900, scripts=False)
    page = screen.page
    sign_in(screen, f"{site}/dashboard/days")
    page.goto(f"{site}/dashboard/days")

    screen.context.pages[0].keyboard.press("Tab")
    page.keyboard.press("Enter")  # Past the parts of the dashboard, to the content.
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.locator("a.mark:focus").count():
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/dashboard/day/{the_day(rows).id}")


def open_difference(page, kind: str) -> None:
    page.get_by_role("row").filter(has_text=kind).get_by_role("link", name="Farka bak").click()
    page.wait_for_url("**/differences/*")


def settle(screen, kind: str, button: str) -> None:
    open_difference(screen.page, kind)
    screen.looks_well(f"days-difference-{button.split()[0].lower()}")
    screen.page.get_by_role("button", name=button).click()
    screen.page.wait_for_url("**/day/*")
