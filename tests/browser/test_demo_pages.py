"""The pages that only a demonstration has: the sandbox's ledger and citizens, and the telephone with what was sent."""

import pytest
import requests
from playwright.sync_api import expect

from portal.messaging import demo_gateway
from tests import make, servers
from tests.make import Person


@pytest.mark.parametrize("width", [1280, 360])
def test_the_ledger_has_no_barrier(app, browser, sandbox, iys, screens, width):
    fatma = Person(browser, make.codes(app)[make.PHONE])
    screen = screens(width)

    screen.opens(f"{sandbox.url}/")
    empty = screen.barriers()
    fatma.decides(MESAJ="ONAY", ARAMA="ONAY")
    make.forward_all(app, iys)
    screen.opens(f"{sandbox.url}/?q=MESAJ")

    expect(screen.page.locator("tbody tr")).to_have_count(1)
    assert empty == [] and screen.barriers() == []
    assert not screen.scrolls_sideways() and screen.complaints == []
    screen.shoot("ledger")


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_for_acting_as_a_citizen_has_no_barrier(sandbox, screens, width):
    screen = screens(width)
    screen.opens(f"{sandbox.url}/citizens")
    empty = screen.barriers()
    screen.page.get_by_label("Telefon ya da e-posta").fill(make.EMAIL)
    screen.page.get_by_role("button", name="Reddet").click()

    assert screen.page.get_by_role("alert").is_visible()  # An e-mail address has no MESAJ.
    assert empty == [] and screen.barriers() == []
    assert not screen.scrolls_sideways()
    screen.shoot("citizens")


@pytest.mark.parametrize("width", [1280, 360])
def test_the_telephone_has_no_barrier(screens, tmp_path, width):
    with servers.serving(demo_gateway.create_gateway(tmp_path / "messages.db")) as url:
        screen = screens(width)
        screen.opens(url)
        empty = screen.barriers()
        message = {"id": 1, "to": make.PHONE, "text": "Örnek Mağaza: izninizi buradan yönetin http://kisa.example/abc"}
        requests.post(f"{url}/messages", json={"messages": [message]}, timeout=5)
        screen.opens(url)

        expect(screen.page.locator(".bubble a")).to_have_count(1)
        assert make.PHONE not in screen.page.content()
        assert empty == [] and screen.barriers() == []
        assert not screen.scrolls_sideways() and screen.complaints == []
        screen.shoot("messages")
