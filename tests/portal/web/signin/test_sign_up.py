"""Opening an account: the answer is the same for everybody, the mailed link opens it once, and practice begins."""

import re
from datetime import timedelta

import pytest
import time_machine

import config
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AuditEntry,
    Brand,
    LegalForm,
    Mail,
    MailKind,
    Membership,
    OneTimeLink,
    Provider,
    ProviderKind,
    ThrottledAction,
    ThrottleHit,
    User,
)
from portal.domain.notifications import mails
from tests import make
from tests.conftest import SECRETS
from tests.limits import PER_NETWORK
from tests.portal.web.dashboard.staff import csrf_token
from tests.portal.web.signin.test_invitation import enrols

pytestmark = pytest.mark.alike

NIL = "nil@example.com"
MERSIS = "0454 0536 9200 0015"
GOOD = "bulut terazi vapur 42"


def asks(browser, email: str = NIL, name: str = "Nil Yeni", path: str = "/sign-up"):
    return browser.post(path, data={"csrf_token": csrf_token(browser, path), "name": name, "email": email})


def mailed(app, kind: MailKind = MailKind.CONFIRMATION) -> dict:
    """What the newest mail of a kind says."""
    with app.app_context():
        mail = db.session.query(Mail).filter(Mail.kind == kind).order_by(Mail.id.desc()).first()
        return mails.read_facts(vault(), mail)


def path_in(app) -> str:
    return mailed(app)["link"].removeprefix(app.config["MAIN_BASE"])


def fills(browser, path: str, **other):
    data = {
        "csrf_token": csrf_token(browser, path),
        "legal_form": "company",
        "title": "Yeni Mağazacılık A.Ş.",
        "number": MERSIS,
        "contact": "0850 765 43 21",
        "notice_url": "https://www.example.com/aydinlatma",
        "password": GOOD,
    }
    return browser.post(path, data=data | other)


def without_token(page: str) -> str:
    return re.sub(r'value="[^"]+"', "", page)


def test_who_signs_up_is_led_to_the_operators_privacy_notice_where_there_is_one(app, browser):
    assert "aydınlatma metni" not in browser.get("/sign-up").text

    app.config["OPERATOR_NOTICE_URL"] = "https://izin.example/kvkk"

    assert '<a href="https://izin.example/kvkk" rel="noreferrer">' in browser.get("/sign-up").text


@pytest.mark.parametrize("url", ["izin.example", "http://izin.example", "https://", "https://[", "javascript:x"])
def test_a_notice_that_is_not_read_in_safety_stops_the_program(url):
    with pytest.raises(config.BadSetting, match="OPERATOR_NOTICE_URL"):
        config.from_environment(SECRETS | {"OPERATOR_NOTICE_URL": url})


def test_a_known_address_and_a_new_one_get_the_same_answer_and_another_mail(app, browser, rows):
    with app.app_context():
        make.provider()

    answers = [asks(browser, email) for email in (NIL, make.AYSE)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location == "/sign-up/sent"
    assert [mail.kind for mail in rows(Mail)] == [MailKind.CONFIRMATION, MailKind.ALREADY_HERE]
    assert rows.count(OneTimeLink) == 1, "who has an account gets no link that opens one"


def test_the_link_begins_with_our_own_host_whatever_the_request_said(app, browser):
    asks(browser)

    assert mailed(app)["link"].startswith(app.config["MAIN_BASE"] + "/sign-up/")


def test_the_mailed_link_opens_an_account_that_practises_and_asks_for_a_factor(app, browser, rows):
    asks(browser)
    path = path_in(app)
    assert "n•••@e•••.com" in browser.get(path).text

    answer = fills(browser, path)

    provider, user, brand = rows.one(Provider), rows.one(User), rows.one(Brand)
    assert (answer.status_code, answer.location) == (303, "/sign-in/second")
    assert (provider.title, provider.mersis, provider.tax_number) == (
        "Yeni Mağazacılık A.Ş.", "0454053692000015", "4540536920"
    )  # fmt: skip
    assert (provider.kind, provider.legal_form) == (ProviderKind.PARTNER, LegalForm.COMPANY)
    assert provider.in_sandbox_mode and brand.is_sandbox and provider.representative == "Nil Yeni"
    assert (user.name, user.confirmed_at is not None, rows.one(Membership).role) == ("Nil Yeni", True, "owner")
    assert rows.one(AuditEntry, AuditEntry.act == "account.opened").actor_id == user.id
    assert browser.get("/dashboard/start").status_code == 302, "half in is not in"
    assert browser.get("/sign-in/second").location == "/sign-in/enrol"


def test_the_link_is_used_up_by_the_first_factor_and_until_then_writes_the_account_anew(app, browser, rows):
    asks(browser)
    path = path_in(app)
    fills(browser, path)
    assert rows.one(OneTimeLink).used_at is None

    again = app.test_client()
    seen = again.get(path).text
    assert "0850 765 43 21" not in seen and NIL not in seen, "who was passed the link reads no words of others"
    assert fills(again, path, title="Öteki A.Ş.", password="yedi mor susamuru 88 top").location == "/sign-in/second"
    assert browser.get("/sign-in/enrol").location == "/sign-in"
    assert enrols(again).status_code == 200
    assert rows.one(Provider).title == "Öteki A.Ş." and rows.count(User) == 1
    assert rows.one(OneTimeLink).used_at is not None


def test_opening_the_link_opens_no_account_and_a_second_use_of_it_opens_none_either(app, browser, rows):
    asks(browser)
    path = path_in(app)
    for _ in range(3):
        assert browser.get(path).status_code == 200
    assert rows.count(User) == 0

    form = csrf_token(browser, path)
    fills(browser, path)
    enrols(browser)

    again = app.test_client()
    assert again.get(path).status_code == 404
    assert browser.post(path, data={"csrf_token": form}).status_code in (400, 404)
    assert rows.count(User) == rows.count(Provider) == 1


def test_a_link_ends_after_a_day_and_a_made_up_one_looks_the_same(app, browser):
    asks(browser)
    path = path_in(app)

    with time_machine.travel(clock.now() + timedelta(hours=24, seconds=1)):
        late = browser.get(path)
    made_up = browser.get("/sign-up/" + "x" * 43)

    assert late.status_code == made_up.status_code == 404
    assert without_token(late.text) == without_token(made_up.text)


def test_a_link_that_leads_nowhere_is_counted_and_slowed_down(browser, rows):
    for number in range(PER_NETWORK):
        assert browser.get("/sign-up/" + "x" * 41 + f"{number:02}").status_code == 404

    assert browser.get("/sign-up/" + "y" * 43).status_code == 429
    assert {hit.action for hit in rows(ThrottleHit)} == {ThrottledAction.DEAD_LINK}


BAD = {
    "wrong check digits": {"number": "0454053692100015"},
    "a VKN for a company": {"number": "4540536920"},
    "a MERSİS number for a tradesperson": {"legal_form": "tradesperson"},
    "no title": {"title": "  "},
    "a notice that is no page": {"notice_url": "javascript:alert(1)"},
    "a notice on no host": {"notice_url": "https://"},
    "a form that does not exist": {"legal_form": "bank"},
    "a short password": {"password": "kısa"},
    "a password made of the name": {"password": "nilyeni-nilyeni"},
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_wrong_is_said_and_the_words_come_back_but_the_password(app, browser, rows, what):
    asks(browser)
    path = path_in(app)

    answer = fills(browser, path, **BAD[what])

    assert answer.status_code == 422 and 'class="error"' in answer.text
    assert "0850 765 43 21" in answer.text and GOOD not in answer.text
    assert rows.count(Provider) == 0
    assert fills(browser, path).status_code == 303, "the link still opens the account"


def test_a_tradesperson_signs_up_by_name_and_identity_number(app, browser, rows):
    asks(browser)

    fills(browser, path_in(app), legal_form="tradesperson", title="Nil Yeni", number="100 000 001 46")

    provider = rows.one(Provider)
    assert (provider.mersis, provider.tax_number, provider.number) == ("", "10000000146", "10000000146")


def test_fields_that_the_form_does_not_have_change_nothing(app, browser, rows):
    asks(browser)

    fills(browser, path_in(app), iys_code="700001", admitted_at="2026-01-01", kind="exempt", operator_role="admin")

    provider, user = rows.one(Provider), rows.one(User)
    assert provider.in_sandbox_mode and provider.kind == ProviderKind.PARTNER and user.operator_role is None


def test_an_address_that_got_an_account_meanwhile_signs_in(app, browser, rows):
    asks(browser)
    path = path_in(app)
    with app.app_context():
        make.person(make.provider(), NIL)

    answer = fills(browser, path)

    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert rows.count(Provider) == 1


@pytest.mark.parametrize("email", ["", "nil", "nil@", "nil@örnek.com", "nil@example.com\r\nBcc: all@example.com"])
def test_what_is_no_address_is_mailed_nothing(browser, rows, email):
    answer = asks(browser, email)

    assert answer.status_code == 422 and 'class="error"' in answer.text
    assert rows.count(Mail) == 0


def test_english_is_kept_from_the_front_page_to_the_mail_and_the_account(app, browser, rows):
    assert '<html lang="en">' in browser.get("/sign-up?lang=en").text
    asks(browser)
    assert rows.one(Mail).language == "en" and "lang=en" in path_in(app)

    elsewhere = app.test_client()
    assert '<html lang="en">' in elsewhere.get(path_in(app)).text
    fills(elsewhere, path_in(app).partition("?")[0])

    assert rows.one(User).language == "en"


def test_no_log_line_holds_a_mailed_token(app, browser, caplog):
    asks(browser)
    path = path_in(app).partition("?")[0]
    browser.get(path)

    assert path.rsplit("/", 1)[1] not in caplog.text and NIL not in caplog.text


def test_the_front_pages_speak_to_firms_in_both_languages(browser):
    for path in ("/", "/packages"):
        for language in ("tr", "en"):
            page = browser.get(f"{path}?lang={language}").text
            assert f'<html lang="{language}">' in page and f"/sign-up?lang={language}" in page


def test_a_bad_form_is_answered_while_another_writes(app, browser):
    """Else one that takes long to read would stop every write."""
    asks(browser)
    path = path_in(app)
    token = csrf_token(browser, path)

    with app.app_context(), db.engine.begin():
        answer = browser.post(path, data={"csrf_token": token, "contact": "@" * 200_000})

    assert answer.status_code == 422
