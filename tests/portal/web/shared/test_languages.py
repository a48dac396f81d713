"""Turkish first, English one tap away; nothing a visitor writes into an address bends a link."""

import re

import pytest
import time_machine

from tests import make
from tests.portal.web.dashboard.staff import csrf_token, skip_sign_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def language_of(answer) -> str:
    return re.search(r'<html lang="(\w+)">', answer.text)[1]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/k/x", "/nowhere/at/all"])
def test_every_page_is_turkish_first(browser, path):
    assert language_of(browser.get(path, headers={"Accept-Language": "en,de"})) == "tr"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/k/x", "/nowhere/at/all"])
def test_every_page_speaks_english_when_asked(browser, path):
    assert language_of(browser.get(f"{path}?lang=en")) == "en"


@pytest.mark.parametrize("asked", ["de", "EN", "", "en'", "../en", "en-GB"])
def test_another_language_is_turkish(browser, asked):
    assert language_of(browser.get("/", query_string={"lang": asked})) == "tr"


@pytest.mark.parametrize(
    "query", ["endpoint=x", "_scheme=javascript&_external=1", "_anchor=x", "_method=POST", "filename=x", "values=1"]
)
def test_nothing_in_an_address_bends_or_breaks_its_links(browser, query):
    answer = browser.get(f"/?{query}")

    assert answer.status_code == 200
    assert 'href="/?lang=en"' in answer.text and "javascript:" not in answer.text


def test_whoever_is_signed_in_is_remembered(app, browser):
    with app.app_context():
        make.provider()
    skip_sign_in(browser)
    held = csrf_token(browser, "/dashboard/recipients")

    browser.post("/language", data={"csrf_token": held, "language": "en"})

    assert language_of(browser.get("/dashboard/")) == language_of(browser.get("/dashboard/campaigns")) == "en"


def test_a_session_does_not_choose_for_a_recipient(app, browser):
    code = make.codes(app)[make.PHONE]
    browser.post("/language", data={"csrf_token": csrf_token(browser), "language": "en"})

    assert language_of(browser.get(f"/k/{code}")) == "tr"


def test_times_are_turkeys(app, browser, rows):
    code = make.codes(app)[make.PHONE]
    with time_machine.travel("2026-11-25T22:30:15+00:00", tick=False):
        location = browser.post(f"/k/{code}", data={"MESAJ": "RET"}).location

    assert "26 Kasım 2026 01:30:15" in browser.get(location).text
    assert "26 November 2026 01:30:15" in browser.get(f"{location}?lang=en").text


ENGLISH = "Read this page in English"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/kontrol", "/yardim"])
def test_a_browser_that_prefers_english_is_offered_it_and_stays_turkish(browser, path):
    page = browser.get(path, headers={"Accept-Language": "en-GB,en;q=0.9,tr;q=0.5"}).text

    assert ENGLISH in page and '<html lang="tr">' in page


@pytest.mark.parametrize("said", ["", "tr-TR,tr;q=0.9,en;q=0.5", "de", "*", "\xfc;;q=x"])
def test_others_are_offered_it_by_its_name_alone(browser, said):
    page = browser.get("/", headers={"Accept-Language": said}).text

    assert ENGLISH not in page and ">English</a>" in page


def test_nobody_is_offered_what_they_have_chosen_against(browser):
    assert ENGLISH not in browser.get("/?lang=tr", headers={"Accept-Language": "en"}).text
