"""A person sees where they are in, ends what they do not know, and reads who tried to come in."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, SessionEnd, SignIn
from tests import make
from tests.portal.web.dashboard.staff import csrf_token, signed_in, submit_password

pytestmark = pytest.mark.alike


@pytest.fixture
def ayse(app):
    with app.app_context():
        make.provider()
    return signed_in(app)


def post(staff, path: str):
    return staff.browser.post(path, data={"csrf_token": csrf_token(staff.browser, "/account/")})


def is_in(staff) -> bool:
    return staff.opens("/account/").status_code == 200


def test_open_ones_are_listed_with_device_and_masked_network(app, ayse):
    signed_in(app)

    page = ayse.opens("/account/sessions").text

    assert page.count("127.0.0.•") >= 2 and "127.0.0.1" not in page
    assert page.count("bu oturum") == 1
    assert page.count('/end"') == 1, "this one is ended by going out"


def test_one_is_ended_at_once_and_the_others_stay(app, ayse, rows):
    elsewhere, third = signed_in(app), signed_in(app)
    theirs = rows(SignIn)[1].id

    assert post(ayse, f"/account/sessions/{theirs}/end").status_code == 303

    assert (is_in(ayse), is_in(elsewhere), is_in(third)) == (True, False, True)
    assert rows.one(SignIn, SignIn.id == theirs).ending == SessionEnd.REVOKED
    assert post(ayse, f"/account/sessions/{theirs}/end").status_code == 404, "it is over"


def test_a_factor_is_asked_for_before_any_is_ended(app, ayse):
    elsewhere = signed_in(app)
    with app.app_context():
        db.session.query(SignIn).update({"stepped_up_at": clock.now() - timedelta(minutes=11)})
        db.session.commit()

    for path in ("end-others", "end-all", "1/end"):
        assert post(ayse, f"/account/sessions/{path}").location.startswith("/step-up")

    assert is_in(ayse) and is_in(elsewhere)


def test_all_others_are_ended(app, ayse, rows):
    elsewhere, third = signed_in(app), signed_in(app)

    post(ayse, "/account/sessions/end-others")

    assert (is_in(ayse), is_in(elsewhere), is_in(third)) == (True, False, False)
    assert rows.one(AuditEntry, AuditEntry.act == "sessions.ended").facts == {"count": 2}


def test_one_goes_out_everywhere(app, ayse):
    elsewhere = signed_in(app)

    answer = post(ayse, "/account/sessions/end-all")

    assert answer.location == "/sign-in"
    assert (is_in(ayse), is_in(elsewhere)) == (False, False)


def test_a_cookie_that_was_kept_opens_nothing_after_its_session_ended(app, ayse):
    cookie = ayse.browser.get_cookie("izinlink").value
    post(ayse, "/account/sessions/end-all")

    ayse.browser.set_cookie("izinlink", cookie)

    assert not is_in(ayse)


def test_a_strangers_session_is_not_there(app, ayse, rows):
    with app.app_context():
        make.person(make.provider(700009, 700009, "owner@example.com"), "cem@example.com")
        db.session.rollback()
    cem = signed_in(app, "cem@example.com")
    theirs = rows(SignIn)[-1].id

    assert post(ayse, f"/account/sessions/{theirs}/end").status_code == 404
    assert is_in(cem)
    assert f"/{theirs}/" not in ayse.opens("/account/sessions").text


def test_history_tells_how_sessions_ended_and_which_tries_failed(app, ayse):
    signed_in(app).browser.get("/account/")
    submit_password(app.test_client(), password="wrong horse battery")
    post(ayse, "/account/sessions/end-others")

    page = ayse.opens("/account/sessions").text

    assert "Listeden kapatıldı" in page
    assert "yanlış parola" in page
    assert page.count("doğrulama uygulaması") == 2


def test_history_goes_back_ninety_days(app, ayse):
    submit_password(app.test_client(), password="wrong horse battery")

    for days, shown in ((89, True), (91, False)):
        with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
            page = signed_in(app).opens("/account/sessions").text
        assert ("yanlış parola" in page) == shown


def test_a_session_that_time_ended_is_not_listed_as_open(app, ayse):
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        page = signed_in(app).opens("/account/sessions").text

    open_ones = page.partition("<h2>Son 90 gün")[0]
    assert len(re.findall(r'class="thing"', open_ones)) == 1
    assert "Kullanılmadığı için kapandı" in page
