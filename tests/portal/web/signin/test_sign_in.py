"""The first step, and the session: who comes in, what their cookie is worth, and what nobody is told."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal.app import create_app
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, SessionEnd, SignIn, ThrottleHit, User
from portal.domain.identity import sessions
from portal.web.shared.access import ACCESS_RULES
from tests import databases, make
from tests.limits import PER_ACCOUNT, PER_NETWORK, WINDOW
from tests.portal.web.dashboard.staff import (
    StaffBrowser,
    complete_sign_in,
    csrf_token,
    signed_in,
    submit_code,
    submit_password,
)

pytestmark = [pytest.mark.slow, pytest.mark.alike]

WRONG = "wrong horse battery staple"


@pytest.fixture
def ayses(app):
    """Ayşe, who has not signed in."""
    with app.app_context():
        make.provider()
        db.session.rollback()


def change(app, **values) -> None:
    with app.app_context():
        db.session.query(User).update(values)
        db.session.commit()


def inside(staff: StaffBrowser) -> bool:
    return staff.opens("/dashboard/").status_code == 200


def without_token(page: str) -> str:
    return re.sub(r'value="[^"]+"', "", page)


def test_the_language_of_a_link_outlasts_the_sign_in(ayses, browser):
    asked = browser.get("/dashboard/?lang=en")
    pages = [browser.get(asked.location)]
    complete_sign_in(browser)
    pages += [browser.get("/dashboard/"), browser.get("/dashboard/?lang=tr"), browser.get("/dashboard/")]

    assert [re.search(r'<html lang="(\w+)"', each.text)[1] for each in pages] == ["en", "en", "tr", "tr"]


def test_the_right_password_is_half_of_the_way(ayses, browser, rows):
    answer = submit_password(browser)

    assert (answer.status_code, answer.location) == (303, "/sign-in/second")
    assert browser.get("/dashboard/").status_code == 302
    assert rows.count(SignIn) == rows.count(ThrottleHit) == 0


def test_password_and_code_open_the_dashboard(ayses, browser, rows):
    submit_password(browser)

    answer = submit_code(browser)

    assert (answer.status_code, answer.location) == (303, "/dashboard/")
    assert browser.get("/dashboard/").status_code == 200
    entry = rows.one(AuditEntry, AuditEntry.act == "signed_in")
    assert (entry.actor, entry.facts) == ("user", {"by": "totp"})


def test_a_wrong_password_and_an_unknown_address_look_the_same(ayses, app):
    answers = [
        submit_password(app.test_client(), make.AYSE, WRONG),
        submit_password(app.test_client(), "nobody@example.com", make.AYSES_PASSWORD),
        submit_password(app.test_client(), "nobody@example.com", WRONG),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert len({without_token(answer.text) for answer in answers}) == 1


def test_a_closed_person_looks_like_a_wrong_password(ayses, app):
    wrong = submit_password(app.test_client(), make.AYSE, WRONG)
    change(app, closed_at=clock.now())

    closed = submit_password(app.test_client())

    assert (closed.status_code, without_token(closed.text)) == (403, without_token(wrong.text))


@pytest.mark.parametrize("email", ["", "a\0b", "x" * 300, "' OR 1=1 --", "ğ@ğ"])
def test_an_odd_address_breaks_nothing(ayses, browser, email):
    answer = submit_password(browser, email)

    assert answer.status_code in (200, 403, 422)
    assert not inside(StaffBrowser(browser))


def test_a_session_begun_before_is_not_taken_over(ayses, app):
    attacker, victim = app.test_client(), app.test_client()
    planted_token = csrf_token(attacker)
    planted = attacker.get_cookie("izinlink").value
    victim.set_cookie("izinlink", planted)

    complete_sign_in(victim)

    assert inside(StaffBrowser(victim)) and not inside(StaffBrowser(attacker))
    assert victim.get_cookie("izinlink").value != planted
    assert victim.post("/sign-out", data={"csrf_token": planted_token}).status_code == 400


def test_signing_in_anew_ends_the_session_that_the_browser_had(app, ayses, rows):
    browser = app.test_client()
    complete_sign_in(browser)
    first = rows.one(SignIn)

    complete_sign_in(browser)

    assert rows.one(SignIn, SignIn.id == first.id).ending == SessionEnd.SIGNED_OUT
    assert rows.one(SignIn, SignIn.id != first.id).ended_at is None


def test_signing_out_ends_the_session(ayses, app):
    ayse = signed_in(app)

    answer = ayse.posts("/sign-out")

    assert answer.status_code == 303
    assert not inside(ayse)


def test_who_signed_out_cannot_come_back_by_an_old_cookie(ayses, app, rows):
    ayse = signed_in(app)
    old = ayse.browser.get_cookie("izinlink").value
    ayse.posts("/sign-out")

    ayse.browser.set_cookie("izinlink", old)

    assert not inside(ayse)
    assert rows.one(SignIn).ending == SessionEnd.SIGNED_OUT


def test_ending_the_sessions_ends_them_on_the_next_request(ayses, app):
    ayse = signed_in(app)
    with app.app_context():
        sessions.end_sessions(db.session, db.session.query(User.id).scalar(), SessionEnd.REVOKED, clock.now())
        db.session.commit()

    assert not inside(ayse)
    assert "oturum listenizden ya da bir yönetici tarafından kapatıldı" in ayse.opens("/sign-in").text
    assert inside(signed_in(app))


def test_closing_a_person_ends_their_session(ayses, app):
    ayse = signed_in(app)
    change(app, closed_at=clock.now())

    assert not inside(ayse)


def test_a_stolen_cookie_is_worth_nothing_in_another_browser(ayses, app):
    ayse, thief = signed_in(app), app.test_client()
    thief.set_cookie("izinlink", ayse.browser.get_cookie("izinlink").value)

    answer = thief.get("/dashboard/", headers={"User-Agent": "another"})

    assert answer.status_code == 302
    assert inside(ayse)


def test_walking_about_with_a_telephone_ends_no_session(ayses, app):
    ayse = signed_in(app)

    assert ayse.browser.get("/dashboard/", environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code == 200


def test_a_session_that_is_left_alone_ends_and_the_page_says_why(ayses, app, rows):
    ayse = signed_in(app)

    with time_machine.travel(clock.now() + sessions.IDLE + timedelta(seconds=1)):
        assert not inside(ayse)
        assert "30 dakika kullanılmadığı için kapandı" in ayse.opens("/sign-in?next=/dashboard/").text
        complete_sign_in(ayse.browser)

        assert inside(ayse)
    first, second = rows(SignIn)
    assert (first.ending, second.ending) == (SessionEnd.IDLE, None)
    assert first.ended_at == first.seen_at + sessions.IDLE


def test_a_session_ends_by_its_age_however_busy(ayses, app):
    began = clock.now()
    ayse = signed_in(app)
    for minutes in range(20, 12 * 60, 20):
        with time_machine.travel(began + timedelta(minutes=minutes)):
            assert inside(ayse)

    with time_machine.travel(began + sessions.LIFETIME + timedelta(minutes=1)):
        assert not inside(ayse)
        assert "12 saati doldurduğu için kapandı" in ayse.opens("/sign-in").text


def test_somebody_who_was_never_in_is_told_of_no_session(ayses, browser):
    assert 'class="notice' not in browser.get("/sign-in").text


def test_the_cookie_is_out_of_reach(ayses, browser):
    (cookie,) = submit_password(browser).headers.getlist("Set-Cookie")

    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Domain" not in cookie


def test_in_production_it_is_bound_to_this_host_and_https(environ):
    app = create_app({**environ, "DEVELOPMENT": "0"})
    app.testing = True
    browser = app.test_client()
    (cookie,) = browser.get("/sign-in", base_url="https://localhost").headers.getlist("Set-Cookie")
    databases.close_connections(app)

    assert cookie.startswith("__Host-izinlink=")
    assert "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie


ELSEWHERE = [
    "https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", "/no/page",
    "/sign-out", "/sign-in", "/dashboard/" + "x" * 600,
]  # fmt: skip


@pytest.mark.parametrize("there", ELSEWHERE)
def test_nobody_is_sent_elsewhere_after_signing_in(ayses, browser, there):
    page = browser.get("/sign-in", query_string={"next": there}).text
    data = {"csrf_token": csrf_token(browser), "email": make.AYSE, "password": make.AYSES_PASSWORD, "next": there}
    browser.post("/sign-in", query_string={"next": there}, data=data)

    assert submit_code(browser, query_string={"next": there}).location == "/dashboard/"
    assert there == "/sign-in" or there not in page


def test_one_comes_out_where_one_was_going(ayses, browser):
    asked = browser.get("/dashboard/recipients?page=2")
    browser.get(asked.location)
    submit_password(browser)

    assert submit_code(browser).location == "/dashboard/recipients?page=2"
    assert browser.get("/sign-in").status_code == 200


def test_a_page_asked_for_long_ago_is_forgotten(ayses, browser):
    browser.get("/sign-in?next=/dashboard/recipients")

    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        submit_password(browser)
        assert submit_code(browser).location == "/dashboard/"


def test_every_form_of_somebody_signed_in_needs_its_token(ayses, app):
    ayse, places = signed_in(app), app.url_map.bind("localhost")
    paths = [
        places.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), method="POST")
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and ACCESS_RULES[rule.endpoint.split(".")[0]] in ("open to all", "signed in")
    ]

    answers = {
        (path, held): ayse.browser.post(path, data={"csrf_token": held}) for path in paths for held in ("", "forged")
    }

    assert len(paths) >= 7
    assert {answer.status_code for answer in answers.values()} == {400}
    assert all("hiçbir şey değişmedi" in answer.text for answer in answers.values())
    assert inside(ayse)


def test_the_token_of_another_session_is_none(ayses, app):
    ayse = signed_in(app)
    elsewhere = csrf_token(app.test_client())

    assert ayse.browser.post("/sign-out", data={"csrf_token": elsewhere}).status_code == 400


def test_the_language_is_remembered_through_signing_in(ayses, app, browser):
    browser.post("/language", data={"csrf_token": csrf_token(browser), "language": "en"})
    assert '<html lang="en">' in browser.get("/sign-in").text

    complete_sign_in(browser)

    assert '<html lang="en">' in browser.get("/dashboard/").text


def test_choosing_the_language_leads_back_to_the_page(ayses, browser):
    submit_password(browser)
    held = csrf_token(browser, "/sign-in/second")
    came_from = {"Referer": "http://localhost/sign-in/reset/x"}

    answer = browser.post("/language", data={"csrf_token": held, "language": "en"}, headers=came_from)

    assert answer.location == "/sign-in/reset/x"
    assert '<html lang="en">' in browser.get("/sign-in/second").text


def test_somebody_elses_page_is_not_gone_back_to(browser):
    came_from = {"Referer": "https://evil.example/dashboard/"}

    answer = browser.post("/language", data={"csrf_token": csrf_token(browser), "language": "en"}, headers=came_from)

    assert answer.location == "/sign-in"


def test_the_language_is_remembered_through_signing_out(ayses, app):
    ayse = signed_in(app)
    ayse.posts("/language", {"language": "en"})
    ayse.posts("/sign-out")

    assert '<html lang="en">' in ayse.opens("/sign-in").text


def test_an_unknown_language_changes_nothing(browser):
    browser.post("/language", data={"csrf_token": csrf_token(browser), "language": "xx"})

    assert '<html lang="tr">' in browser.get("/sign-in").text


def place(number: int) -> dict:
    return {"REMOTE_ADDR": f"203.0.{number}.7"}


def test_guessing_one_password_from_many_places_is_slowed_down_and_the_page_says_until_when(ayses, app):
    with time_machine.travel("2026-11-24T09:00:00Z", tick=False):
        for number in range(PER_ACCOUNT):
            assert submit_password(app.test_client(), make.AYSE, WRONG, environ_base=place(number)).status_code == 403

        answer = submit_password(app.test_client(), environ_base=place(99))

    assert answer.status_code == 429
    assert "24 Kasım 2026 12:16 sonrasında" in answer.text
    assert "/sign-in/forgotten" in answer.text


def test_an_unknown_account_is_slowed_down_alike(ayses, app):
    with time_machine.travel("2026-11-24T09:00:00Z", tick=False):
        told = []
        for email in (make.AYSE, "nobody@example.com"):
            answers = [
                submit_password(app.test_client(), email, WRONG, environ_base=place(number))
                for number in range(PER_ACCOUNT + 1)
            ]
            told.append([(answer.status_code, without_token(answer.text)) for answer in answers])

    assert told[0] == told[1]


def test_guessing_from_one_network_is_slowed_down_whatever_the_account(ayses, app):
    for number in range(PER_NETWORK):
        here = {"REMOTE_ADDR": f"203.0.113.{number}"}
        assert (
            submit_password(app.test_client(), f"nobody{number}@example.com", WRONG, environ_base=here).status_code
            == 403
        )

    assert submit_password(app.test_client(), environ_base={"REMOTE_ADDR": "203.0.113.99"}).status_code == 429
    assert submit_password(app.test_client(), environ_base={"REMOTE_ADDR": "198.51.100.1"}).status_code == 303


def test_a_quarter_of_an_hour_later_the_owner_comes_in(ayses, app):
    for number in range(PER_ACCOUNT):
        submit_password(app.test_client(), make.AYSE, WRONG, environ_base=place(number))

    with time_machine.travel(clock.now() + WINDOW):
        ayse = app.test_client()
        complete_sign_in(ayse)
        assert ayse.get("/account/").status_code == 200


def test_strangers_do_not_shut_ayse_out_of_her_own_browser(ayses, app):
    ayse = signed_in(app)
    ayse.posts("/sign-out")
    for number in range(PER_ACCOUNT):
        submit_password(app.test_client(), make.AYSE, WRONG, environ_base=place(number))

    complete_sign_in(ayse.browser)

    assert inside(ayse)
    assert submit_password(app.test_client()).status_code == 429


def test_failed_tries_are_kept_for_the_person_they_were_about(ayses, app, rows):
    submit_password(app.test_client(), make.AYSE, WRONG)
    submit_password(app.test_client(), "nobody@example.com", WRONG)

    assert [failed.user_id for failed in rows(ThrottleHit)] == [rows.one(User).id, None]


def test_a_first_x_forwarded_for_is_not_believed(ayses, app, rows):
    for number in range(PER_NETWORK):
        hidden = {"X-Forwarded-For": f"198.51.{number}.7"}
        submit_password(app.test_client(), f"nobody{number}@example.com", WRONG, headers=hidden)

    assert len({failed.network_digest for failed in rows(ThrottleHit)}) == 1
    assert submit_password(app.test_client(), headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 429
