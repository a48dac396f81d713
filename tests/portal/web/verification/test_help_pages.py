"""Help, accessibility and privacy can be read by anybody, from every page, without a trace."""

import pytest

pytestmark = pytest.mark.alike

PAGES = ["/yardim", "/erisilebilirlik", "/gizlilik", "/kontrol", "/izinlerim"]


@pytest.mark.parametrize("language", ["tr", "en"])
def test_they_open_in_both_languages_and_leave_no_cookie(browser, language):
    answers = {path: browser.get(path, query_string={"lang": language}) for path in PAGES}

    assert {path for path, answer in answers.items() if answer.status_code != 200} == set()
    assert {path for path, answer in answers.items() if f'<html lang="{language}"' not in answer.text} == set()
    assert {path for path, answer in answers.items() if "Set-Cookie" in answer.headers} == set()


def test_each_leads_to_all_of_them(browser):
    pages = {path: browser.get(path).text for path in ("/", *PAGES)}

    assert [(path, each) for path, text in pages.items() for each in PAGES if f'href="{each}"' not in text] == []


def test_a_page_of_a_short_host_leads_to_the_main_one(app, browser):
    text = browser.get("/nothing", base_url="http://kisa.example").text

    assert f'href="{app.config["MAIN_BASE"]}/yardim"' in text


def test_they_promise_no_term_that_no_law_sets_and_no_deletion_that_nobody_does(browser):
    told, privacy = browser.get("/yardim").text, browser.get("/gizlilik").text

    assert "Bu süreyi yasa değil, biz koyduk" in told and "en geç on beş gün" not in told
    assert "kayıtlar süre dolunca kendiliğinden silinmez" in privacy
    assert "saklamak zorunda olduğu kayıtları bu sürede silmez" in privacy


def test_privacy_names_who_runs_the_portal(app, browser):
    app.config.update(OPERATOR_TITLE="Deneme İş Ortağı A.Ş.", OPERATOR_NOTICE_URL="https://www.example.com/kvkk")

    text = browser.get("/gizlilik").text

    assert "Deneme İş Ortağı A.Ş." in text
    assert 'href="https://www.example.com/kvkk"' in text
