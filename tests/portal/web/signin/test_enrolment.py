"""A first factor: shown after a mailed link and a password, confirmed by a code, the recovery codes shown this once."""

import re
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, Factor, FactorKind, MailKind, RecoveryCode, Role, SignIn, User
from portal.domain.identity import accounts
from tests import make
from tests.limits import PER_PERSON
from tests.portal.web.dashboard.staff import csrf_token, submit_password
from tests.portal.web.signin import mailbox
from tests.portal.web.signin.enrolling import SECRET, code_of, confirm, secret_on

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture(autouse=True)
def ayse(app):
    """Ayşe, who has a password and no factor yet."""
    with app.app_context():
        of = make.provider(email="burak@example.com")
        user = make.create_user(make.AYSE, "Ayşe")
        accounts.add_membership(db.session, user, of.id, Role.OWNER, clock.now())
        db.session.commit()
        return user.id


@pytest.fixture
def halfway(app):
    """A browser in which a mailed link was opened, and the password chosen."""
    browser = app.test_client()
    browser.post("/sign-in/forgotten", data={"csrf_token": csrf_token(browser), "email": make.AYSE})
    choose_password(browser, mailed_path(app))
    return browser


def mailed_path(app) -> str:
    return urlsplit(mailbox.found(app, MailKind.RESET)[-1][1]["link"]).path


def choose_password(browser, path: str) -> None:
    data = {"csrf_token": csrf_token(browser, path), "password": make.AYSES_PASSWORD}
    assert browser.post(path, data=data).location == "/sign-in/second"


def second_tab(app, browser):
    """Another browser with the same cookie."""
    other = app.test_client()
    other.set_cookie("izinlink", browser.get_cookie("izinlink").value)
    return other


def inside(browser) -> bool:
    return browser.get("/dashboard/").status_code == 200


def test_who_has_no_factor_is_led_to_get_one(halfway):
    answer = halfway.get("/sign-in/second")

    assert (answer.status_code, answer.location) == (303, "/sign-in/enrol")
    assert not inside(halfway)


def test_the_page_shows_the_secret_as_picture_and_text_and_is_kept_nowhere(halfway):
    answer = halfway.get("/sign-in/enrol")

    assert "<svg" in answer.text and SECRET.search(answer.text)
    assert f"secret={secret_on(halfway)}" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "style=" not in answer.text


def test_the_secret_stays_the_same_while_the_page_is_loaded_again(halfway):
    assert secret_on(halfway) == secret_on(halfway)


def test_a_first_code_confirms_the_app_gives_recovery_codes_and_opens(app, halfway, rows, ayse):
    answer = confirm(halfway, code_of(secret_on(halfway)))

    assert answer.status_code == 200
    assert len(re.findall(r"<code>[a-z2-9]{4}(?:-[a-z2-9]{4}){5}</code>", answer.text)) == 10
    assert 'href="/dashboard/"' in answer.text
    assert inside(halfway)
    factor = rows.one(Factor, Factor.user_id == ayse)
    assert factor.kind == FactorKind.TOTP and factor.confirmed_at
    assert rows.count(RecoveryCode) == 10
    assert rows.one(AuditEntry, AuditEntry.act == "factor.added").actor_id == ayse


def test_the_codes_can_be_saved_as_a_file_without_scripts(halfway):
    page = confirm(halfway, code_of(secret_on(halfway))).text

    (href,) = re.findall(r'download="[\w.-]+" href="data:text/plain;charset=utf-8,([^"]+)"', page)
    codes = re.findall(r"<code>([a-z2-9-]+)</code>", page)
    assert unquote(href).splitlines()[2:] == codes and len(codes) == 10
    assert "data-codes hidden" in page, "what needs a script is hidden without one"


def test_the_codes_are_shown_this_once(halfway):
    secret = secret_on(halfway)
    confirm(halfway, code_of(secret))

    assert halfway.get("/sign-in/enrol").location == "/sign-in"


def test_a_wrong_code_confirms_nothing(halfway, rows, ayse):
    wrong = f"{(int(code_of(secret_on(halfway))) + 1) % 1_000_000:06}"

    assert confirm(halfway, wrong).status_code == 403
    assert rows.one(Factor, Factor.user_id == ayse).confirmed_at is None
    assert rows.count(SignIn) == rows.count(RecoveryCode) == 0


def test_guessing_is_limited_here_too(halfway):
    wrong = f"{(int(code_of(secret_on(halfway))) + 1) % 1_000_000:06}"
    for _ in range(PER_PERSON):
        assert confirm(halfway, wrong).status_code == 403

    assert confirm(halfway, code_of(secret_on(halfway))).status_code == 429


def test_there_is_a_quarter_of_an_hour_for_it(halfway):
    with time_machine.travel(clock.now() + timedelta(minutes=14)):
        assert halfway.get("/sign-in/enrol").status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert halfway.get("/sign-in/enrol").location == "/sign-in"


def test_a_secret_that_another_half_was_shown_confirms_nothing(app, halfway):
    seen = secret_on(halfway)
    halfway.delete_cookie("izinlink")
    mine = app.test_client()
    mine.post("/sign-in/forgotten", data={"csrf_token": csrf_token(mine), "email": make.AYSE})
    choose_password(mine, mailed_path(app))
    secret = secret_on(mine)

    assert secret != seen
    assert confirm(mine, code_of(seen)).status_code == 403
    assert confirm(mine, code_of(secret)).status_code == 200


def test_who_has_a_factor_gets_no_other_by_a_password_alone(app, halfway):
    confirm(halfway, code_of(secret_on(halfway)))
    thief = app.test_client()
    submit_password(thief)

    answer = thief.get("/sign-in/enrol")

    assert answer.location == "/sign-in/second"
    assert (
        thief.post("/sign-in/enrol", data={"csrf_token": csrf_token(thief, "/sign-in/second")}).location
        == "/sign-in/second"
    )


def test_of_two_who_enrol_at_once_only_the_first_comes_in(app, halfway):
    other = second_tab(app, halfway)
    first, second = secret_on(halfway), secret_on(other)
    form = csrf_token(halfway, "/sign-in/enrol")
    second = secret_on(other)

    assert confirm(other, code_of(second)).status_code == 200
    late = halfway.post("/sign-in/enrol", data={"csrf_token": form, "code": code_of(first)})
    assert late.location == "/sign-in/second" and not inside(halfway)
    assert "kurtarma kodlarını içeride yeniden alın" in halfway.get("/sign-in/second").text


def test_a_password_alone_enrols_nothing_and_asks_for_a_mailed_link(app, browser, rows):
    submit_password(browser)

    page = browser.get("/sign-in/enrol")
    assert "Önce adresinizi doğrulayın" in page.text and not SECRET.search(page.text)
    assert confirm(browser, "123456").status_code == 403 and len(rows(Factor)) == 1, "Burak's only"

    asked = browser.post("/sign-in/enrol/mail", data={"csrf_token": csrf_token(browser, "/sign-in/enrol")})
    assert asked.location == "/sign-in/forgotten/sent"
    choose_password(browser, mailed_path(app))
    assert confirm(browser, code_of(secret_on(browser))).status_code == 200


def test_a_first_factor_is_mailed_to_its_owner(app, halfway):
    confirm(halfway, code_of(secret_on(halfway)))

    ((to, facts),) = mailbox.found(app, MailKind.FACTOR_CHANGED)
    assert (to, facts["change"]) == (make.AYSE, "first_totp")


def test_without_the_password_nothing_is_shown(browser):
    assert browser.get("/sign-in/enrol").location == "/sign-in"


def test_no_secret_stands_anywhere_in_clear(app, halfway, rows, ayse):
    secret = secret_on(halfway)

    assert secret.encode() not in rows.one(Factor, Factor.user_id == ayse).secret
    assert secret not in halfway.get_cookie("izinlink").value
    assert rows.count(User) == 2
