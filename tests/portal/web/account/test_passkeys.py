"""A passkey is made on a page with a fresh proof, and then opens the second step and dangerous pages."""

import html
import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.models import AuditEntry, Factor, FactorKind, MailKind, SignIn, SignInMethod, User
from tests import make
from tests.authenticator import Authenticator
from tests.portal.web.dashboard.staff import TOKEN, csrf_token, signed_in, submit_password
from tests.portal.web.signin.mailbox import found

pytestmark = [pytest.mark.slow, pytest.mark.alike]

OPTIONS = re.compile(r'data-passkey="([^"]+)"')


@pytest.fixture
def ayse(app):
    with app.app_context():
        make.provider()
    return signed_in(app)


@pytest.fixture
def device(ayse):
    """Ayşe's telephone, which has her passkey."""
    device = Authenticator()
    assert add(ayse, device).status_code == 303
    return device


def asked(browser, path: str) -> tuple[dict, str]:
    """What a page's form carries, and what it asks the browser for."""
    page = browser.get(path).text
    return {"csrf_token": TOKEN.search(page)[1]}, html.unescape(OPTIONS.search(page)[1])


def add(staff, device, name="Telefonum"):
    form, options = asked(staff.browser, "/account/factors/passkey")
    data = form | {"answer": device.makes(options), "name": name}
    return staff.browser.post("/account/factors/passkey", data=data)


def come_in(app, device, browser=None):
    """Password, then the passkey; the answer to it."""
    browser = browser or app.test_client()
    submit_password(browser)
    form, options = asked(browser, "/sign-in/second")
    return browser.post("/sign-in/passkey", data=form | {"answer": device.shows(options)})


def later(minutes: int):
    return time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=False)


def test_one_is_made_and_told_by_mail(app, device, rows):
    made = rows.one(Factor, Factor.kind == FactorKind.PASSKEY)

    assert (made.name, made.secret) == ("Telefonum", None)
    assert made.confirmed_at is not None
    ((address, facts),) = found(app, MailKind.FACTOR_CHANGED)
    assert (address, facts["change"], facts["name"]) == (make.AYSE, "passkey_added", "Telefonum")


def test_it_opens_the_second_step(app, device, rows):
    browser = app.test_client()
    with later(1):
        answer = come_in(app, device, browser)
        assert (answer.status_code, answer.location) == (303, "/dashboard/")
        assert browser.get("/dashboard/").status_code == 200

    assert rows(SignIn)[-1].by == SignInMethod.PASSKEY
    assert rows(AuditEntry, AuditEntry.act == "signed_in")[-1].facts == {"by": "passkey"}


def test_it_opens_nothing_without_the_password(app, device):
    browser = app.test_client()
    data = {"csrf_token": csrf_token(browser), "answer": "{}"}

    assert browser.post("/sign-in/passkey", data=data).location == "/sign-in"


def test_an_answer_sent_again_opens_nothing(app, device):
    browser = app.test_client()
    with later(1):
        submit_password(browser)
        form, options = asked(browser, "/sign-in/second")
        data = form | {"answer": device.shows(options)}
        cookie = browser.get_cookie("izinlink").value
        assert browser.post("/sign-in/passkey", data=data).status_code == 303
        browser.set_cookie("izinlink", cookie)  # Who has the whole request has the cookie of then, too.

        assert browser.post("/sign-in/passkey", data=data).status_code == 403


def test_a_strangers_key_a_wrong_page_and_nonsense_open_nothing(app, device):
    for wrong in (Authenticator(), Authenticator(key=device.key, origin="https://localhost.example")):
        with later(1):
            answer = come_in(app, wrong)
        assert answer.status_code == 403
        assert "tanınmadı" in answer.text and "data-passkey" in answer.text, "one may try again"
    for nonsense in ("", "{}", "x" * 20_000):
        browser = app.test_client()
        submit_password(browser)
        form, _ = asked(browser, "/sign-in/second")
        assert browser.post("/sign-in/passkey", data=form | {"answer": nonsense}).status_code == 403


def test_who_is_shut_out_by_guessed_codes_comes_in_by_it(app, device):
    guesser = app.test_client()
    submit_password(guesser)
    for _ in range(7):
        data = {"csrf_token": csrf_token(guesser, "/sign-in/second"), "code": "000000"}
        answer = guesser.post("/sign-in/second", data=data)
    assert answer.status_code == 429

    with later(1):
        assert come_in(app, device).status_code == 303


def test_it_opens_a_dangerous_page(ayse, device):
    with later(11):
        assert ayse.opens("/account/password").location == "/step-up?next=/account/password"
        form, options = asked(ayse.browser, "/step-up?next=/account/password")
        data = form | {"answer": device.shows(options), "next": "/account/password"}
        stepped = ayse.browser.post("/step-up/passkey", data=data)
        assert (stepped.status_code, stepped.location) == (303, "/account/password")
        assert ayse.opens("/account/password").status_code == 200


def test_a_wrong_one_does_not(ayse, device):
    with later(11):
        form, options = asked(ayse.browser, "/step-up")
        data = form | {"answer": Authenticator().shows(options)}
        assert ayse.browser.post("/step-up/passkey", data=data).status_code == 403
        assert ayse.opens("/account/password").status_code == 303


def test_a_copy_is_refused_and_noted(app, device, rows):
    copy = Authenticator(key=device.key)
    with later(1):
        assert come_in(app, device).status_code == 303
    with later(2):
        assert come_in(app, device).status_code == 303
    with later(3):
        assert come_in(app, copy).status_code == 403

    assert rows.one(AuditEntry, AuditEntry.act == "passkey.copied").actor_id == rows.one(User).id


def test_it_may_be_the_last_factor_and_the_app_may_go(app, ayse, device, rows):
    app_id = rows.one(Factor, Factor.kind == FactorKind.TOTP).id
    data = {"csrf_token": csrf_token(ayse.browser, "/account/")}
    assert ayse.browser.post(f"/account/factors/{app_id}/remove", data=data).status_code == 303

    key_id = rows.one(Factor).id
    assert ayse.browser.post(f"/account/factors/{key_id}/remove", data=data).status_code == 422
    with later(1):
        assert come_in(app, device).status_code == 303


def test_the_same_device_makes_no_second_one(ayse, device, rows):
    assert add(ayse, device).status_code == 422
    assert rows.count(Factor) == 2


@pytest.mark.parametrize("wrong", [Authenticator(verifies=False), Authenticator(origin="http://evil.example")])
def test_a_wrong_answer_makes_none(ayse, rows, wrong):
    answer = add(ayse, wrong)

    assert answer.status_code == 422 and "eklenemedi" in answer.text
    assert rows.count(Factor) == 1


def test_a_page_that_was_never_opened_makes_none(ayse, rows):
    data = {"csrf_token": csrf_token(ayse.browser, "/account/"), "answer": "{}", "name": "x"}

    assert ayse.browser.post("/account/factors/passkey", data=data).status_code == 422
    assert rows.count(Factor) == 1


def test_nobody_without_one_is_asked_for_one(app, ayse):
    browser = app.test_client()
    submit_password(browser)

    page = browser.get("/sign-in/second").text

    assert "data-passkey" not in page and "<script" not in page


def test_without_scripts_the_page_says_what_to_do(app, ayse, device):
    browser = app.test_client()
    submit_password(browser)

    page = browser.get("/sign-in/second").text

    assert re.search(r"<p [^>]*data-without>[^<]*JavaScript[^<]*kod yazabilirsiniz", page)
    assert 'name="code"' in page
