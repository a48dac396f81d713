"""The second step: what opens, what is spent, how often one may guess, and who is told of a new browser."""

import io
import re
from datetime import timedelta

import pyotp
import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    MailKind,
    OneTimeLink,
    Provider,
    RecoveryCode,
    Role,
    SignIn,
    ThrottledAction,
    ThrottleHit,
    User,
)
from portal.domain.identity import factors
from tests import make
from tests.limits import PER_PERSON, WINDOW
from tests.portal.web.dashboard.staff import (
    StaffBrowser,
    complete_sign_in,
    csrf_token,
    reset_used_codes,
    signed_in,
    submit_code,
    submit_password,
)
from tests.portal.web.signin import mailbox

pytestmark = [pytest.mark.slow, pytest.mark.alike]

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.fixture
def ayse(app):
    """Ayşe's id; she has an app and has not signed in."""
    with app.app_context():
        make.provider()
        user_id = db.session.query(User.id).scalar()
        db.session.rollback()
    return user_id


@pytest.fixture
def paper(app, ayse):
    """Her recovery codes."""
    with app.app_context():
        codes = factors.create_recovery_codes(db.session, vault(), ayse, clock.now())
        db.session.commit()
    return codes


def code_now() -> str:
    return pyotp.TOTP(make.TOTP).at(clock.now())


def wrong_code() -> str:
    return f"{(int(code_now()) + 1) % 1_000_000:06}"


def show(browser, code: str, **options):
    return browser.post(
        "/sign-in/second", data={"csrf_token": csrf_token(browser, "/sign-in/second"), "code": code}, **options
    )


def halfway(app):
    browser = app.test_client()
    submit_password(browser)
    return browser


def inside(browser) -> bool:
    return browser.get("/dashboard/").status_code == 200


def test_a_code_may_be_written_with_spaces(app, ayse):
    browser, code = halfway(app), code_now()

    assert show(browser, f" {code[:3]} {code[3:]} ").status_code == 303
    assert inside(browser)


@pytest.mark.parametrize("code", ["000000000", "abc", "١٢٣٤٥٦", "12345\0", "' OR 1=1", "-" * 40])
def test_nonsense_opens_nothing(app, ayse, code):
    browser = halfway(app)

    assert show(browser, code).status_code == 403
    assert not inside(browser)


def test_an_empty_form_is_given_back_and_costs_no_try(app, ayse, rows):
    answer = show(halfway(app), "")

    assert answer.status_code == 422
    assert "Kodu yazın" in answer.text
    assert rows.count(ThrottleHit) == 0


def test_a_code_opens_once(app, ayse):
    with time_machine.travel("2026-11-24T09:00:00Z", tick=False):
        first, second, code = halfway(app), halfway(app), code_now()

        assert show(first, code).status_code == 303
        assert show(second, code).status_code == 403
        assert inside(first) and not inside(second)


def test_an_earlier_code_is_refused_after_a_later_one(app, ayse):
    with time_machine.travel("2026-11-24T09:00:00Z", tick=False):
        earlier = code_now()
    with time_machine.travel("2026-11-24T09:00:31Z", tick=False):
        submit_code(halfway(app))

        assert show(halfway(app), earlier).status_code == 403


def test_without_the_password_there_is_no_second_step(app, ayse, browser):
    answer = browser.post("/sign-in/second", data={"csrf_token": csrf_token(browser), "code": code_now()})

    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not inside(browser)


def test_half_a_sign_in_lasts_five_minutes(app, ayse):
    browser = halfway(app)

    with time_machine.travel(clock.now() + timedelta(minutes=4, seconds=59)):
        assert browser.get("/sign-in/second").status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=1)):
        assert browser.get("/sign-in/second").location == "/sign-in"


def test_who_took_too_long_is_told_so(app, ayse):
    browser = halfway(app)

    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert "ayrılan süre doldu" in browser.get("/sign-in").text
        assert "ayrılan süre doldu" not in browser.get("/sign-in").text


def test_half_a_sign_in_opens_no_page_at_all(app, ayse):
    browser = halfway(app)

    for path in ("/dashboard/", "/account/providers", "/operator/", "/step-up"):
        assert browser.get(path).status_code == 302


def test_another_password_ends_half_a_sign_in(app, ayse):
    browser = halfway(app)
    with app.app_context():
        db.session.query(User).update({"password_hash": "another"})
        db.session.commit()

    assert browser.get("/sign-in/second").location == "/sign-in"


def test_closing_a_person_ends_half_a_sign_in(app, ayse):
    browser = halfway(app)
    with app.app_context():
        db.session.query(User).update({"closed_at": clock.now()})
        db.session.commit()

    assert browser.get("/sign-in/second").location == "/sign-in"


def test_a_recovery_code_opens_once_and_the_page_says_how_many_are_left(app, paper, rows):
    browser = halfway(app)

    answer = show(browser, paper[3].upper().replace("-", " "))

    assert answer.status_code == 303
    assert "Kalan kod sayısı: 9." in browser.get(answer.location).text
    assert show(halfway(app), paper[3]).status_code == 403
    assert rows.one(RecoveryCode, RecoveryCode.used_at.is_not(None)).number == 4


def test_somebody_elses_recovery_code_opens_nothing(app, ayse):
    with app.app_context():
        burak = make.staff("burak@example.com", None)
        (code, *_) = factors.create_recovery_codes(db.session, vault(), burak.id, clock.now())
        db.session.commit()

    assert show(halfway(app), code).status_code == 403


def test_codes_are_guessed_five_times_and_the_page_says_until_when(app, ayse, rows):
    with time_machine.travel("2026-11-24T09:00:00Z", tick=False):
        for number in range(PER_PERSON):
            place = {"REMOTE_ADDR": f"203.0.{number}.7"}
            assert show(halfway(app), wrong_code(), environ_base=place).status_code == 403

        answer = show(halfway(app), code_now())

        assert answer.status_code == 429
        assert "24 Kasım 2026 12:16 sonrasında" in answer.text
        tried = rows(ThrottleHit)
        assert {(failed.action, failed.user_id) for failed in tried} == {(ThrottledAction.FACTOR, ayse)}
        assert len(tried) == PER_PERSON
    with time_machine.travel("2026-11-24T09:15:00Z", tick=False):
        assert submit_code(halfway(app)).status_code == 303


def test_guesses_at_sign_in_and_after_it_are_counted_together(app, ayse):
    staff = signed_in(app)
    for _ in range(PER_PERSON):
        staff.posts("/step-up", {"code": wrong_code()})

    assert show(halfway(app), code_now()).status_code == 429


def test_a_right_code_is_no_failed_try(app, ayse, rows):
    for _ in range(PER_PERSON + 1):
        signed_in(app)

    assert rows.count(ThrottleHit) == 0
    assert rows.count(SignIn) == PER_PERSON + 1


def test_the_first_browser_of_all_is_told_to_nobody(app, ayse):
    signed_in(app)

    assert mailbox.found(app, MailKind.NEW_DEVICE) == []


def test_a_new_browser_is_told_to_its_person(app, ayse):
    signed_in(app)
    browser = app.test_client()
    browser.environ_base["HTTP_USER_AGENT"] = WINDOWS
    browser.environ_base["REMOTE_ADDR"] = "203.0.113.77"

    complete_sign_in(browser)

    ((to, facts),) = mailbox.found(app, MailKind.NEW_DEVICE)
    assert to == make.AYSE
    assert (facts["device"], facts["network"]) == ("Chrome (Windows)", "203.0.113.•")
    assert facts["link"].startswith("http://localhost")


def test_a_known_browser_is_told_once(app, ayse):
    first, second = signed_in(app), app.test_client()
    for browser in (second, first.browser, second, first.browser):
        complete_sign_in(browser)

    assert len(mailbox.found(app, MailKind.NEW_DEVICE)) == 1


def test_one_browser_may_serve_two_people(app, ayse):
    with app.app_context():
        make.staff("burak@example.com", None)
    shared = app.test_client()
    for email in (make.AYSE, "burak@example.com", make.AYSE, "burak@example.com"):
        complete_sign_in(shared, email)

    assert mailbox.found(app, MailKind.NEW_DEVICE) == []


def test_who_practises_begins_at_the_first_steps_and_colleagues_at_the_overview(app, ayse):
    with app.app_context():
        provider = db.session.query(Provider).one()
        provider.admitted_at = None
        make.person(provider, "burak@example.com", Role.AGENT)
        db.session.commit()
    reset_used_codes(app)

    assert submit_code(halfway(app)).location == "/dashboard/start"
    agent = app.test_client()
    submit_password(agent, "burak@example.com")
    assert submit_code(agent).location == "/dashboard/"


def test_the_browsers_cookie_lasts_a_year_is_out_of_reach_and_only_its_digest_is_kept(app, ayse, rows):
    browser = halfway(app)

    answer = submit_code(browser)

    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith("izinlink-device=")]
    assert all(part in cookie for part in ("Max-Age=31536000", "HttpOnly", "SameSite=Lax", "Path=/"))
    value = re.search(r"device=([\w-]{43});", cookie)[1]
    assert value.encode() not in rows.one(SignIn).device_digest


def test_a_forged_device_cookie_is_replaced(app, ayse):
    browser = halfway(app)
    browser.set_cookie("izinlink-device", "mine")

    submit_code(browser)

    assert re.fullmatch(r"[\w-]{43}", browser.get_cookie("izinlink-device").value)


def test_a_session_begins_stepped_up_and_needs_it_again_later(app, ayse):
    staff = StaffBrowser(app.test_client())
    complete_sign_in(staff.browser)
    reset_used_codes(app)

    with time_machine.travel(clock.now() + WINDOW):
        answer = staff.posts("/step-up?next=/dashboard/days", {"code": code_now()})

    assert answer.location == "/dashboard/days"


def test_a_cookie_from_before_stepping_up_opens_nothing_afterwards(app, ayse):
    staff, thief = signed_in(app), app.test_client()
    thief.set_cookie("izinlink", staff.browser.get_cookie("izinlink").value)
    assert thief.get("/dashboard/").status_code == 200
    reset_used_codes(app)

    assert staff.posts("/step-up", {"code": code_now()}).status_code == 303

    assert staff.opens("/dashboard/").status_code == 200
    assert thief.get("/dashboard/").status_code == 302


@pytest.mark.parametrize("there", ["https://evil.example", "//evil.example", "/sign-out", "/step-up"])
def test_step_up_leads_to_our_own_pages_only(app, ayse, there):
    staff = signed_in(app)
    reset_used_codes(app)

    assert staff.posts("/step-up", {"code": code_now(), "next": there}).location == "/dashboard/"


def test_a_wrong_code_does_not_step_up(app, ayse, rows):
    staff = signed_in(app)
    before = rows.one(SignIn).stepped_up_at

    assert staff.posts("/step-up", {"code": wrong_code()}).status_code == 403
    assert rows.one(SignIn).stepped_up_at == before
    assert rows.one(ThrottleHit).action == ThrottledAction.STEP_UP


def invite(staff, **headers):
    data = {
        "csrf_token": csrf_token(staff.browser, "/dashboard/recipients"),
        "email": "burak@example.com",
        "role": "agent",
    }
    return staff.browser.post("/dashboard/people/invite", data=data, headers=headers)


def held_fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_a_form_that_a_factor_was_missing_for_is_sent_after_the_code(app, ayse, rows):
    staff = signed_in(app)
    reset_used_codes(app)
    with time_machine.travel(clock.now() + WINDOW, tick=False):
        refused = invite(staff)
        assert (refused.status_code, refused.location) == (307, "/step-up?form=/dashboard/people/invite")
        data = {"csrf_token": csrf_token(staff.browser, "/step-up"), "email": "burak@example.com", "role": "agent"}
        asked = staff.browser.post(refused.location, data=data)
        assert "kendiliğinden gönderilir" in asked.text and "burak@" not in asked.text
        wrong = staff.browser.post("/step-up", data=held_fields(asked.text) | {"code": wrong_code()})

        kept = held_fields(wrong.text) | {"code": code_now()}
        onward = staff.browser.post("/step-up", data=kept)
        assert (onward.status_code, onward.location) == (307, "/dashboard/people/invite")
        assert rows.count(OneTimeLink) == 0
        assert staff.browser.post(onward.location, data=kept).status_code == 303

    ((to, _),) = mailbox.found(app, MailKind.INVITATION)
    assert to == "burak@example.com"


def test_a_held_form_is_good_for_its_session_its_page_and_a_quarter_of_an_hour(app, ayse, rows):
    staff, other = signed_in(app), signed_in(app)
    data = {"csrf_token": csrf_token(staff.browser, "/step-up"), "email": "burak@example.com", "role": "agent"}
    asked = staff.browser.post("/step-up?form=/dashboard/people/invite", data=data)
    held = {"held": held_fields(asked.text)["held"]}

    assert other.posts("/dashboard/people/invite", held).status_code == 400
    assert staff.posts("/dashboard/networks", held).status_code == 400
    assert staff.posts("/step-up?form=//evil.example", data).status_code == 404
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        complete_sign_in(staff.browser)
        assert staff.posts("/dashboard/people/invite", held).status_code == 400
    assert rows.count(OneTimeLink) == 0


def test_a_file_is_not_held_and_the_page_says_so(app, ayse):
    staff = signed_in(app)
    with time_machine.travel(clock.now() + WINDOW, tick=False):
        data = {"csrf_token": csrf_token(staff.browser, "/dashboard/recipients"), "file": (io.BytesIO(b"x"), "a.txt")}
        refused = staff.browser.post("/dashboard/people/invite", data=data)

        assert (refused.status_code, refused.location) == (303, "/step-up")
        assert "dosyayı yeniden seçip gönderin" in staff.opens("/step-up").text
