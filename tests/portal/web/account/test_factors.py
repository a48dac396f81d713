"""A person adds, names and takes away factors of their own, with a fresh proof; the last one always stays."""

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, Factor, MailKind, RecoveryCode, User
from tests import make
from tests.portal.web.dashboard.staff import csrf_token, reset_used_codes, signed_in, submit_code, submit_password
from tests.portal.web.signin.mailbox import found

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PAGES = ("/account/factors/app", "/account/factors/passkey", "/account/factors/codes")


@pytest.fixture
def ayse(app):
    with app.app_context():
        make.provider()
    return signed_in(app)


def post(staff, path: str, **fields):
    return staff.browser.post(path, data={"csrf_token": csrf_token(staff.browser, "/account/"), **fields})


def begin(staff, name="Eski telefon") -> tuple[str, str]:
    """The page of a new app, and the secret it shows."""
    path = post(staff, "/account/factors/app", name=name).location
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', staff.opens(path).text)[1]
    return path, secret.replace(" ", "")


def add(staff, name="Eski telefon") -> str:
    path, secret = begin(staff, name)
    assert post(staff, path, code=pyotp.TOTP(secret).at(clock.now())).status_code == 303
    return secret


def ids(rows, *conditions) -> list[int]:
    return [factor.id for factor in rows(Factor, *conditions)]


def test_a_second_app_counts_from_its_first_code_on(app, ayse, rows):
    secret = add(ayse)

    assert [factor.name for factor in rows(Factor, Factor.confirmed_at.is_not(None))] == ["Telefon", "Eski telefon"]
    browser = app.test_client()
    reset_used_codes(app)
    submit_password(browser)
    assert submit_code(browser, secret).status_code == 303


def test_one_that_showed_no_code_does_not_count(app, ayse, rows):
    path, secret = begin(ayse)
    answer = post(ayse, path, code="000000")

    assert answer.status_code == 422 and "geçerli değil" in answer.text
    assert "Eski telefon" not in ayse.opens("/account/factors").text
    browser = app.test_client()
    submit_password(browser)
    assert submit_code(browser, secret).status_code == 403


def test_one_that_was_begun_and_left_goes_with_the_next_or_with_time(ayse, rows):
    left, _ = begin(ayse, "Bir")
    later, _ = begin(ayse, "İki")

    assert ayse.opens(left).status_code == 404
    assert len(rows(Factor, Factor.confirmed_at.is_(None))) == 1
    with time_machine.travel(clock.now() + timedelta(minutes=9), tick=False):
        assert ayse.opens(later).status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=False):
        assert ayse.opens(later).status_code == 303, "a factor is asked for first"


@pytest.mark.parametrize("act", ["add", "remove", "codes"])
def test_each_change_ends_other_sessions_and_is_told_by_mail(app, ayse, rows, act):
    add(ayse)
    elsewhere = signed_in(app)
    before = len(found(app, MailKind.FACTOR_CHANGED))

    if act == "add":
        add(ayse, "Üç")
    elif act == "remove":
        post(ayse, f"/account/factors/{ids(rows)[1]}/remove")
    else:
        post(ayse, "/account/factors/codes")

    assert elsewhere.opens("/account/").status_code == 302
    assert ayse.opens("/account/").status_code == 200
    told = found(app, MailKind.FACTOR_CHANGED)[before:]
    assert [address for address, _ in told] == [make.AYSE]


def test_one_is_taken_away_and_opens_nothing_any_more(app, ayse, rows):
    secret = add(ayse)

    answer = post(ayse, f"/account/factors/{ids(rows)[1]}/remove")

    assert (answer.status_code, answer.location) == (303, "/account/factors")
    browser = app.test_client()
    reset_used_codes(app)
    submit_password(browser)
    assert submit_code(browser, secret).status_code == 403
    assert rows.one(AuditEntry, AuditEntry.act == "factor.removed").facts["kind"] == "totp"


def test_the_last_one_stays(ayse, rows):
    (last,) = ids(rows)

    assert "Önce bir başkasını ekleyin" in ayse.opens(f"/account/factors/{last}").text
    assert post(ayse, f"/account/factors/{last}/remove").status_code == 422
    assert ids(rows) == [last]


def test_one_that_showed_no_code_yet_is_not_the_other_one(ayse, rows):
    begin(ayse)
    (last,) = ids(rows, Factor.confirmed_at.is_not(None))

    assert post(ayse, f"/account/factors/{last}/remove").status_code == 422
    assert last in ids(rows)


def test_a_name_is_changed(ayse, rows):
    (mine,) = ids(rows)

    assert post(ayse, f"/account/factors/{mine}", name="").status_code == 422
    assert post(ayse, f"/account/factors/{mine}", name="Yeni  ad", user_id="7").status_code == 303
    assert rows.one(Factor).name == "Yeni ad"


def test_a_strangers_factor_is_not_there(app, ayse, rows):
    with app.app_context():
        cem = make.person(make.provider(700009, 700009, "owner@example.com"), "cem@example.com").id
        db.session.rollback()
    theirs = ids(rows, Factor.user_id == cem)[0]

    assert ayse.opens(f"/account/factors/{theirs}").status_code == 404
    assert ayse.opens(f"/account/factors/app/{theirs}").status_code == 404
    for path in (f"/account/factors/{theirs}", f"/account/factors/{theirs}/remove", f"/account/factors/app/{theirs}"):
        assert post(ayse, path, name="x", code="000000").status_code == 404
    assert theirs in ids(rows)


def test_new_codes_are_shown_once_in_place_of_the_old_ones(app, ayse, rows):
    first = codes_in(post(ayse, "/account/factors/codes").text)
    second = codes_in(post(ayse, "/account/factors/codes").text)

    assert len(set(first)) == len(set(second)) == 10 and not set(first) & set(second)
    assert rows.count(RecoveryCode) == 10
    assert codes_in(ayse.opens("/account/factors/codes").text) == []
    assert [opens_with(app, code) for code in (first[0], second[0], second[0])] == [403, 303, 403]


def codes_in(page: str) -> list[str]:
    return re.findall(r"<code>([a-z0-9]{4}(?:-[a-z0-9]{4}){5})</code>", page)


def opens_with(app, code: str) -> int:
    browser = app.test_client()
    submit_password(browser)
    data = {"csrf_token": csrf_token(browser, "/sign-in/second"), "code": code}
    return browser.post("/sign-in/second", data=data).status_code


def test_codes_that_run_out_are_said(app, ayse):
    assert "kurtarma kodunuz yok" in ayse.opens("/account/factors").text
    post(ayse, "/account/factors/codes")
    assert "10 tanesi kullanılmamış" in ayse.opens("/account/factors").text


def test_there_is_an_end_to_factors(app, ayse, rows):
    with app.app_context():
        user = db.session.query(User).one()
        for _ in range(9):
            make.enrol_app(user)

    assert "En çok 10" in ayse.opens("/account/factors/app").text
    assert post(ayse, "/account/factors/app", name="x").status_code == 422
    assert rows.count(Factor) == 10


@pytest.mark.parametrize("path", PAGES)
def test_a_factor_is_asked_for_before_one_changes(ayse, path):
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        shown, posted = ayse.opens(path), post(ayse, path, name="x")
        asked = [ayse.opens(shown.location).text, post(ayse, posted.location, name="x").text]

    assert shown.location == f"/step-up?next={path}"
    assert posted.location.startswith("/step-up")
    assert ["form duruyor" in page for page in asked] == [False, True]
