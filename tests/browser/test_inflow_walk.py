"""Ayşe has İYS push, Fatma refuses at İYS, and Ayşe sees it in the list of movements."""

import pytest
from playwright.sync_api import expect

from portal.services.iys.inflow import pushes
from tests import make
from tests.browser.signing_in import sign_in


@pytest.fixture
def reached(app, sandbox, site):
    """The portal reaches the sandbox, and the sandbox reaches our push endpoint."""
    app.config["IYS_BASE_URL"], app.config["PUSH_BASE"] = sandbox.url, f"{site}/inbound/iys"
    return sandbox


@pytest.mark.long
def test_a_push_is_registered_heard_and_shown(app, site, reached, screens):
    with app.app_context():
        make.provider()
    screen = screens(1280, 900, also=[360])
    page = screen.page
    sign_in(screen, f"{site}/dashboard/")
    page.get_by_role("link", name="İYS", exact=True).click()
    page.get_by_role("link", name="Hareketler", exact=True).click()
    screen.looks_well("dashboard-movements-empty")

    page.get_by_role("link", name="Anlık bildirim").click()
    screen.looks_well("dashboard-pushes-empty")
    page.get_by_label("SMS").check()
    page.get_by_role("button", name="Kur", exact=True).click()
    screen.looks_well("dashboard-pushes-registered")
    page.get_by_role("button", name="İYS'ye sor").click()
    screen.looks_well("dashboard-pushes-listed")

    for channel, status in (("MESAJ", "ONAY"), ("MESAJ", "RET")):
        reached.acts(make.PHONE, channel, status)
    reached.deliver_pushes()
    with app.app_context():
        while pushes.read_next_push():
            pass
    page.get_by_role("link", name="Hareketlere dön").click()
    screen.looks_well("dashboard-movements")
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(2)
    page.get_by_label("Karar").select_option(label="Ret")
    page.get_by_role("button", name="Göster").click()
    screen.looks_well("dashboard-movements-refusals")
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(1)

    page.get_by_role("link", name="Anlık bildirim").click()
    page.get_by_role("button", name="Kaldır").click()
    screen.looks_well("dashboard-pushes-removed")
