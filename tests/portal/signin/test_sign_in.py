"""Signing in and out: who comes in, what their session is worth, and what nobody is told."""

import re

import pytest
import time_machine

from portal import clock, create_app
from portal.extensions import db, limiter
from portal.models import AuditEntry, User
from portal.web.locks import LOCKS
from tests import databases, make
from tests.portal.dashboard.staff import Staff, sign_in, signed_in, token

WRONG = "wrong horse battery staple"


@pytest.fixture
def ayses(app):
    """Ayşe, who has not signed in."""
    with app.app_context():
        make.provider()
        db.session.rollback()


@pytest.fixture
def limited(app, monkeypatch):
    """Limits are on."""
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()


def change(app, **values) -> None:
    with app.app_context():
        db.session.query(User).update(values)
        db.session.commit()


def inside(staff: Staff) -> bool:
    return staff.opens("/dashboard/").status_code == 200


def without_token(page: str) -> str:
    return re.sub(r'value="[^"]+"', "", page)


def test_the_right_password_opens_the_dashboard(ayses, browser, rows):
    answer = sign_in(browser)

    assert (answer.status_code, answer.location) == (303, "/dashboard/")
    assert browser.get("/dashboard/").status_code == 200
    assert rows.one(AuditEntry, AuditEntry.act == "signed_in").actor == "user"


def test_a_wrong_password_and_an_unknown_address_look_the_same(ayses, app):
    answers = [
        sign_in(app.test_client(), make.AYSE, WRONG),
        sign_in(app.test_client(), "nobody@example.com", make.AYSES_PASSWORD),
        sign_in(app.test_client(), "nobody@example.com", WRONG),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert len({without_token(answer.text) for answer in answers}) == 1


def test_a_closed_person_looks_like_a_wrong_password(ayses, app):
    wrong = sign_in(app.test_client(), make.AYSE, WRONG)
    change(app, closed_at=clock.now())

    closed = sign_in(app.test_client())

    assert (closed.status_code, without_token(closed.text)) == (403, without_token(wrong.text))


@pytest.mark.parametrize("email", ["", "a\0b", "x" * 300, "' OR 1=1 --", "ğ@ğ"])
def test_an_odd_address_breaks_nothing(ayses, browser, email):
    answer = sign_in(browser, email)

    assert answer.status_code in (200, 403, 422)
    assert not inside(Staff(browser))


def test_a_session_begun_before_is_not_taken_over(ayses, app):
    attacker, victim = app.test_client(), app.test_client()
    planted_token = token(attacker)
    planted = attacker.get_cookie("izinlink").value
    victim.set_cookie("izinlink", planted)

    victim.post("/sign-in", data={"csrf_token": planted_token, "email": make.AYSE, "password": make.AYSES_PASSWORD})

    assert inside(Staff(victim)) and not inside(Staff(attacker))
    assert victim.get_cookie("izinlink").value != planted
    assert victim.post("/sign-out", data={"csrf_token": planted_token}).status_code == 400


def test_signing_out_ends_the_session(ayses, app):
    ayse = signed_in(app)

    answer = ayse.posts("/sign-out")

    assert answer.status_code == 303
    assert not inside(ayse)


def test_raising_the_epoch_ends_sessions_that_are_open(ayses, app):
    ayse = signed_in(app)
    change(app, session_epoch=2)

    assert not inside(ayse)
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


def test_a_session_ends_by_itself_after_a_day(ayses, app):
    ayse = signed_in(app)

    with time_machine.travel(clock.now().timestamp() + 24 * 60 * 60):
        assert not inside(ayse)


def test_the_cookie_is_out_of_reach(ayses, browser):
    (cookie,) = sign_in(browser).headers.getlist("Set-Cookie")

    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Domain" not in cookie


def test_in_production_it_is_bound_to_this_host_and_https(environ):
    app = create_app({**environ, "DEVELOPMENT": "0"})
    app.testing = True
    browser = app.test_client()
    (cookie,) = browser.get("/sign-in", base_url="https://localhost").headers.getlist("Set-Cookie")
    databases.close(app)

    assert cookie.startswith("__Host-izinlink=")
    assert "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_signing_in(ayses, browser, there):
    held = token(browser, f"/sign-in?next={there}")
    data = {"csrf_token": held, "email": make.AYSE, "password": make.AYSES_PASSWORD, "next": there}

    answer = browser.post(f"/sign-in?next={there}", data=data)

    assert answer.location == "/dashboard/"
    assert there not in browser.get(f"/sign-in?next={there}").text


def test_every_form_of_somebody_signed_in_needs_its_token(ayses, app):
    ayse, places = signed_in(app), app.url_map.bind("localhost")
    paths = [
        places.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), method="POST")
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and LOCKS[rule.endpoint.split(".")[0]] in ("open to all", "signed in")
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
    elsewhere = token(app.test_client())

    assert ayse.browser.post("/sign-out", data={"csrf_token": elsewhere}).status_code == 400


def test_the_language_is_remembered_through_signing_in(ayses, app, browser):
    browser.post("/language", data={"csrf_token": token(browser), "language": "en"})
    assert '<html lang="en">' in browser.get("/sign-in").text

    sign_in(browser)

    assert '<html lang="en">' in browser.get("/dashboard/").text


def test_an_unknown_language_changes_nothing(browser):
    browser.post("/language", data={"csrf_token": token(browser), "language": "xx"})

    assert '<html lang="tr">' in browser.get("/sign-in").text


def test_guessing_from_one_place_is_slowed_down(ayses, limited, app):
    answers = [sign_in(app.test_client(), f"nobody{number}@example.com", WRONG).status_code for number in range(12)]

    assert answers == [403] * 10 + [429] * 2


def test_guessing_one_password_from_many_places_is_slowed_down(ayses, limited, app):
    places = [{"REMOTE_ADDR": f"203.0.113.{number}"} for number in range(12)]

    answers = [sign_in(app.test_client(), make.AYSE, WRONG, environ_base=place) for place in places]

    assert [answer.status_code for answer in answers] == [403] * 10 + [429] * 2
    assert "Biraz bekleyin" in answers[-1].text
