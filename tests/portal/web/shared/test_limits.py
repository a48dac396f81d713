"""Limits of the public pages: wrong codes and repeated decisions are slowed down, good links never."""

import pytest

from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import Decision
from tests import make
from tests.make import Person
from tests.portal.web.consent_points.visitor import NETWORK, SLUG, Visitor, opened

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture(autouse=True)
def limited(app, monkeypatch):
    """Limits are on, and nothing has been counted."""
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()


def guesses(browser, count: int, path: str = "/k/guess", **options) -> list[int]:
    return [browser.get(f"{path}{number}", **options).status_code for number in range(count)]


@pytest.mark.parametrize("path", ["/k/guess", "/m/guess"])
def test_guessing_codes_is_slowed_down(browser, path):
    assert guesses(browser, 62, path) == [404] * 60 + [429] * 2


def test_too_many_guesses_are_answered_by_a_page(browser):
    guesses(browser, 60)

    answer = browser.get("/k/another")

    assert answer.status_code == 429
    assert "Biraz bekleyin" in answer.text


def test_guesses_by_post_count_too(browser):
    answers = [browser.post(f"/k/guess{number}", data={"MESAJ": "RET"}).status_code for number in range(62)]

    assert answers == [404] * 60 + [429] * 2


def test_a_good_link_opens_and_refuses_from_wherever_codes_are_guessed(fatma, browser, rows):
    guesses(browser, 70)

    assert fatma.opens().status_code == 200
    assert fatma.decides(MESAJ="RET").status_code == 303
    assert rows.count(Decision) == 1


def test_what_others_post_at_a_point_stops_no_refusal_whose_code_is_there(app, browser, rows):
    with app.app_context():
        make.provider().admitted_at = clock.now()
        db.session.commit()
    opened(app)
    fatma = Visitor(app)
    fatma.chooses(MESAJ="RET")
    fatma.writes(make.PHONE)
    environ = {"REMOTE_ADDR": NETWORK}

    told = [browser.post(f"/b/{SLUG}", data={}, environ_base=environ).status_code for _ in range(61)]
    page = browser.post(f"/b/{SLUG}", data={}, environ_base=environ).text
    for number in range(61):
        browser.post(f"/b/{SLUG}/kod/guess{number}", data={}, environ_base=environ)
    fatma.types()

    assert told[-1] == 429 and "Az önce gönderdiğiniz kaydedilmedi" in page and "kararlar kayıtlıdır" not in page
    assert "Kararınız kaydedildi" in fatma.page and rows.one(Decision).status == "RET"


def test_another_place_is_not_slowed_down(browser):
    guesses(browser, 70)

    assert guesses(browser, 1, environ_base={"REMOTE_ADDR": "203.0.113.9"}) == [404]


def test_who_has_a_network_of_ipv6_is_one_place(browser):
    told = [guesses(browser, 1, environ_base={"REMOTE_ADDR": f"2001:db8:1:2::{number:x}"})[0] for number in range(62)]

    assert told == [404] * 60 + [429] * 2
    assert guesses(browser, 1, environ_base={"REMOTE_ADDR": "2001:db8:1:3::1"}) == [404]
    assert guesses(browser, 1, environ_base={"REMOTE_ADDR": "::ffff:203.0.113.9"}) == [404]


def test_a_good_link_may_be_opened_as_often_as_one_likes(fatma):
    assert {fatma.opens().status_code for _ in range(100)} == {200}


def test_deciding_on_one_link_over_and_over_is_slowed_down(fatma):
    answers = [fatma.decides(MESAJ="RET").status_code for _ in range(32)]

    assert answers == [303] * 30 + [429] * 2


def test_deciding_on_another_link_is_not(app, fatma, browser):
    other = make.codes(app, "+905331112233")["+905331112233"]
    for _ in range(31):
        fatma.decides(MESAJ="RET")

    assert Person(browser, other).posts("x", MESAJ="RET").status_code == 303


def test_no_address_and_no_code_is_kept_by_what_counts(fatma, browser):
    fatma.posts("x", MESAJ="RET")
    browser.get("/k/guess")

    kept = str(vars(limiter.storage))
    assert fatma.code not in kept and "guess1" not in kept
