"""A password is changed by who knows the old one; it ends what the old one opened, and its owner is told."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, MailKind, OneTimeLink, OneTimeLinkKind, SessionEnd, SignIn, ThrottleHit, User
from portal.domain.identity import one_time_links
from tests import make
from tests.portal.web.dashboard.staff import csrf_token, signed_in, submit_password
from tests.portal.web.signin.mailbox import found

pytestmark = [pytest.mark.slow, pytest.mark.alike]

NEW = "yeşil bisiklet ve kedi"


@pytest.fixture
def ayse(app):
    with app.app_context():
        make.provider()
    return signed_in(app)


def change(staff, old=make.AYSES_PASSWORD, new=NEW, **other):
    data = {"csrf_token": csrf_token(staff.browser, "/account/"), "old": old, "new": new, **other}
    return staff.browser.post("/account/password", data=data)


def test_the_new_one_opens_and_the_old_one_does_not(app, ayse):
    assert ayse.opens("/account/password").status_code == 200

    answer = change(ayse)

    assert (answer.status_code, answer.location) == (303, "/account/")
    assert submit_password(app.test_client()).status_code == 403
    assert submit_password(app.test_client(), password=NEW).status_code == 303


def test_other_sessions_end_and_this_one_stays(app, ayse, rows):
    elsewhere = signed_in(app)

    change(ayse)

    assert ayse.opens("/account/").status_code == 200
    assert elsewhere.opens("/account/").status_code == 302
    (ended,) = rows(SignIn, SignIn.ended_at.is_not(None))
    assert ended.ending == SessionEnd.CHANGED


def test_the_owner_is_told_by_mail_without_any_secret(app, ayse, rows):
    change(ayse)

    ((address, facts),) = found(app, MailKind.PASSWORD_CHANGED)
    assert address == make.AYSE
    assert facts["link"].endswith("/sign-in/forgotten")
    (entry,) = rows(AuditEntry, AuditEntry.act == "password.changed")
    assert NEW not in str(facts) + str(entry.facts)


def test_a_link_to_a_forgotten_password_that_was_mailed_before_opens_no_more(app, ayse, rows):
    with app.app_context():
        user, at = db.session.query(User).one(), clock.now()
        one_time_links.issue(
            db.session, vault(), OneTimeLinkKind.RESET, email=make.AYSE, at=at, lifetime=timedelta(minutes=30),
            user_id=user.id,
        )  # fmt: skip
        db.session.commit()

    change(ayse)

    assert rows.one(OneTimeLink).revoked_at is not None


def test_half_a_sign_in_by_the_old_one_opens_no_more(app, ayse):
    half = app.test_client()
    submit_password(half)

    change(ayse)

    assert half.get("/sign-in/second").location == "/sign-in"


def test_who_does_not_know_the_old_one_changes_nothing(app, ayse, rows):
    answer = change(ayse, old="wrong horse battery")

    assert answer.status_code == 422
    assert "şimdiki parolanız değil" in answer.text
    assert rows.count(ThrottleHit) == 1
    assert submit_password(app.test_client()).status_code == 303


def test_guesses_at_the_old_one_come_to_an_end(ayse, rows):
    answers = [change(ayse, old=f"wrong horse {number}") for number in range(11)]

    assert "Çok fazla deneme" in answers[-1].text
    assert "Çok fazla deneme" in change(ayse).text, "the right one, too, has to wait"


@pytest.mark.parametrize("new", ["", "short", make.AYSE, "galatasaray1905", make.AYSES_PASSWORD, "x" * 129])
def test_one_that_is_not_enough_is_not_taken_and_never_shown_again(app, ayse, new):
    answer = change(ayse, new=new)

    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert not new or f'value="{new}"' not in answer.text
    assert submit_password(app.test_client()).status_code == 303


def test_how_strong_a_try_was_is_shown_by_a_meter(ayse):
    assert "<meter" not in ayse.opens("/account/password").text
    assert 'value="1">1/4</meter>' in change(ayse, new="galatasaray1905").text


def test_a_factor_is_asked_for_when_the_last_was_shown_long_ago(app, ayse):
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        answers = ayse.opens("/account/password"), change(ayse)

    assert [answer.location.partition("?")[0] for answer in answers] == ["/step-up", "/step-up"]
    assert submit_password(app.test_client()).status_code == 303
