"""A forgotten password: what the page tells, what the link is worth, and what stays."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import (
    AuditEntry,
    Factor,
    Mail,
    MailKind,
    OneTimeLink,
    SessionEnd,
    SignIn,
    ThrottledAction,
    ThrottleHit,
    User,
)
from tests import make
from tests.limits import PER_ACCOUNT, RESETS_AN_HOUR
from tests.portal.web.dashboard.staff import csrf_token, reset_used_codes, signed_in, submit_code, submit_password
from tests.portal.web.signin import mailbox

pytestmark = [pytest.mark.slow, pytest.mark.alike]

BETTER = "seven purple otters juggling"


@pytest.fixture(autouse=True)
def ayses(app):
    with app.app_context():
        make.provider()
        db.session.rollback()


def ask(browser, email: str = make.AYSE):
    data = {"csrf_token": csrf_token(browser, "/sign-in/forgotten"), "email": email}
    return browser.post("/sign-in/forgotten", data=data)


def links(app) -> list[str]:
    return [urlsplit(facts["link"]).path for _, facts in mailbox.found(app, MailKind.RESET)]


def mailed(app, browser) -> str:
    """The path of a link that was just asked for."""
    ask(browser)
    return links(app)[-1]


def choose(browser, path: str, password: str = BETTER):
    return browser.post(path, data={"csrf_token": csrf_token(browser), "password": password})


def test_the_page_says_the_same_for_any_address(app, browser):
    answers = [ask(browser, email) for email in (make.AYSE, "nobody@example.com", "ğ", "a\0b@example.com")]

    assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/sign-in/forgotten/sent")}
    assert "varsa" in browser.get(answers[0].location).text


def test_only_who_has_an_account_gets_a_mail(app, browser, rows):
    for email in ("nobody@example.com", f" {make.AYSE.upper()} "):
        ask(browser, email)

    ((to, facts),) = mailbox.found(app, MailKind.RESET)
    assert to.lower() == make.AYSE
    assert facts["link"].startswith("http://localhost")
    assert rows.count(OneTimeLink) == rows.count(Mail) == 1


def test_the_mail_goes_to_the_address_that_is_known_and_not_to_one_written_alike(app, browser):
    with app.app_context():
        make.staff("kerem@example.com", None)
    ask(browser, "\u212aerem@example.com")  # The sign for kelvin is a k in small letters.

    assert [to for to, _ in mailbox.found(app, MailKind.RESET)] == ["kerem@example.com"]


def test_a_closed_person_gets_none(app, browser):
    with app.app_context():
        db.session.query(User).update({"closed_at": clock.now()})
        db.session.commit()
    ask(browser)

    assert links(app) == []


def test_a_forged_host_header_stands_in_no_mail(app, browser):
    data = {"csrf_token": csrf_token(browser, "/sign-in/forgotten"), "email": make.AYSE}
    browser.post("/sign-in/forgotten", data=data, headers={"X-Forwarded-Host": "evil.example"})
    browser.post("/sign-in/forgotten", data=data, headers={"Host": "evil.example"})

    told = mailbox.found(app, MailKind.RESET)
    assert len(told) == 1 and "evil" not in told[0][1]["link"]


def test_a_mailbox_is_not_flooded(app, browser):
    for _ in range(RESETS_AN_HOUR + 3):
        assert ask(browser).status_code == 303

    assert len(links(app)) == RESETS_AN_HOUR
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        ask(browser)
    assert len(links(app)) == RESETS_AN_HOUR + 1


def test_the_link_gives_another_password_and_the_second_step_stays(app, browser, rows):
    path = mailed(app, browser)

    answer = choose(browser, path)

    assert (answer.status_code, answer.location) == (303, "/sign-in/second")
    assert browser.get("/dashboard/").status_code == 302
    assert rows.one(Factor).confirmed_at
    assert submit_code(browser).status_code == 303
    assert browser.get("/dashboard/").status_code == 200
    assert rows.one(AuditEntry, AuditEntry.act == "password.reset")


def test_only_the_new_password_opens_from_then_on(app, browser):
    choose(browser, mailed(app, browser))

    assert submit_password(app.test_client()).status_code == 403
    assert submit_password(app.test_client(), password=BETTER).status_code == 303


def test_opening_the_link_uses_nothing_up(app, browser):
    path = mailed(app, browser)

    assert [browser.get(path).status_code for _ in range(3)] == [200] * 3
    assert choose(browser, path).status_code == 303


def test_the_link_opens_once(app, browser):
    path = mailed(app, browser)
    choose(browser, path)

    answer = choose(app.test_client(), path, "eight yellow herons juggling")

    assert answer.status_code == 404
    assert "artık geçmiyor" in answer.text
    assert submit_password(app.test_client(), password=BETTER).status_code == 303


def test_the_link_lasts_half_an_hour(app, browser):
    path = mailed(app, browser)

    with time_machine.travel(clock.now() + timedelta(minutes=29)):
        assert browser.get(path).status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        assert browser.get(path).status_code == 404


def test_using_one_link_closes_the_others(app, browser):
    other, path = mailed(app, browser), mailed(app, browser)
    choose(browser, path)

    assert browser.get(other).status_code == 404


def test_every_session_ends_and_the_page_says_why(app, browser, rows):
    ayse = signed_in(app)

    choose(browser, mailed(app, browser))

    assert ayse.opens("/dashboard/").status_code == 302
    assert rows.one(SignIn).ending == SessionEnd.CHANGED
    assert "Parolanız ya da doğrulama yöntemleriniz değiştiği için" in ayse.opens("/sign-in").text


def test_half_a_sign_in_with_the_old_password_is_over(app, browser):
    thief = app.test_client()
    submit_password(thief)

    choose(browser, mailed(app, browser))

    assert thief.get("/sign-in/second").location == "/sign-in"


def test_the_person_is_told_of_it(app, browser):
    choose(browser, mailed(app, browser))

    ((to, facts),) = mailbox.found(app, MailKind.PASSWORD_CHANGED)
    assert to == make.AYSE
    assert facts["link"].endswith("/sign-in/forgotten")


@pytest.mark.parametrize("password", ["", "short", "a" * 129, "ayse@example.com", "parola123456"])
def test_a_weak_password_is_given_back_with_words_and_uses_nothing_up(app, browser, password, rows):
    path = mailed(app, browser)

    answer = choose(browser, path, password)

    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert rows.one(OneTimeLink).used_at is None
    assert not password or f'value="{password}"' not in answer.text


def test_a_link_that_leads_nowhere_is_noted_and_slowed_down(app, browser, rows):
    answers = [browser.get(f"/sign-in/reset/{number:043}").status_code for number in range(32)]

    assert answers == [404] * 30 + [429] * 2
    assert {failed.action for failed in rows(ThrottleHit)} == {ThrottledAction.DEAD_LINK}


def test_the_way_past_strangers_who_guess_leads_through_the_mailbox(app, browser):
    for number in range(PER_ACCOUNT):
        submit_password(app.test_client(), make.AYSE, "wrong", environ_base={"REMOTE_ADDR": f"203.0.{number}.7"})
    assert submit_password(app.test_client()).status_code == 429

    choose(browser, mailed(app, browser))

    reset_used_codes(app)
    assert submit_code(browser).status_code == 303
