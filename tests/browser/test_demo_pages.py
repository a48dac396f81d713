"""The pages that only a demonstration has: the sandbox's ledger and citizens, and the telephone with what was sent."""

import requests
from playwright.sync_api import expect

from portal.services.messaging import fake_gateway
from tests import make, servers
from tests.make import Person


def test_the_ledger_has_no_barrier(app, browser, sandbox, iys, screens):
    fatma = Person(browser, make.codes(app)[make.PHONE])
    screen = screens(360, also=[1280])

    screen.opens(f"{sandbox.url}/")
    screen.looks_well("ledger-empty")
    fatma.decides(MESAJ="ONAY", ARAMA="ONAY")
    make.forward_all(app, iys)
    screen.opens(f"{sandbox.url}/?q=MESAJ")

    expect(screen.page.locator("tbody tr")).to_have_count(1)
    screen.looks_well("ledger")


def test_the_page_for_acting_as_a_citizen_has_no_barrier(sandbox, screens):
    screen = screens(360, also=[1280])
    screen.opens(f"{sandbox.url}/citizens")
    screen.looks_well("citizens")
    screen.page.get_by_label("Telefon ya da e-posta").fill(make.EMAIL)
    screen.page.get_by_role("button", name="Reddet").click()

    expect(screen.page.get_by_role("alert")).to_be_visible()  # An e-mail address has no MESAJ.
    screen.looks_well("citizens-wrong")


def test_the_telephone_has_no_barrier(screens, tmp_path):
    with servers.serving(fake_gateway.create_gateway(tmp_path / "messages.db")) as url:
        screen = screens(360, also=[1280])
        screen.opens(url)
        screen.looks_well("messages-empty")
        message = {"id": 1, "to": make.PHONE, "text": "Örnek Mağaza: izninizi buradan yönetin http://kisa.example/abc"}
        requests.post(f"{url}/messages", json={"messages": [message]}, timeout=5)
        screen.opens(url)

        expect(screen.page.locator(".bubble a")).to_have_count(1)
        assert make.PHONE not in screen.page.content()
        screen.looks_well("messages")


def test_a_person_answers_on_the_telephone_and_the_call_is_in_the_journal(screens, tmp_path):
    with servers.serving(fake_gateway.create_gateway(tmp_path / "messages.db")) as url:
        screen = screens(360, also=[1280])
        login = {"username": "908500000001", "password": "demo"}
        text = "Örnek Mağaza: izninizi buradan yönetin http://kisa.example/abc Reddetmek için RET yazıp gönderin."
        order = login | {"messages": [{"msg": text, "dest": make.PHONE}]}
        requests.post(f"{url}/verimor/v2/send.json", json=order, timeout=5)
        screen.opens(url)
        screen.page.get_by_text("Yanıt yaz").click()
        screen.page.get_by_label("Gönderen telefon").fill(make.PHONE)
        screen.page.get_by_role("button", name="Gönder").click()
        expect(screen.page.get_by_role("status")).to_have_text("Yanıt ulaştı.")
        screen.looks_well("messages-answered")
        screen.page.get_by_role("link", name="Çağrılar").click()

        expect(screen.page.get_by_text("/verimor/v2/send.json")).to_be_visible()
        screen.looks_well("calls")
