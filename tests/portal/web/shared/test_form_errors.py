"""A form that is wrong says so first: in the title, in a summary that takes the focus, with a link to each field."""

import re

import pytest

from tests import make
from tests.portal.web.dashboard.staff import csrf_token, signed_in, submit_password

pytestmark = pytest.mark.alike

SUMMARY = re.compile(r'<div class="notice bad" role="alert" tabindex="-1" autofocus>(.*?)</div>', re.DOTALL)


def summaries(page: str) -> list[str]:
    return SUMMARY.findall(page)


@pytest.mark.parametrize(
    ("path", "data", "field"),
    [
        ("/sign-in", {"email": ""}, "email"),
        ("/sign-up", {"name": "", "email": "x"}, "name"),
        ("/sign-up", {"name": "Nil", "email": "no address"}, "email"),  # Found by the view, not by the form.
        ("/sign-in/forgotten", {}, "email"),
    ],
)
def test_a_public_form_leads_to_what_is_wrong(browser, path, data, field):
    page = browser.post(path, data={"csrf_token": csrf_token(browser, path), **data}).text

    (summary,) = summaries(page)
    assert f'<a href="#{field}">' in summary and f'id="{field}"' in page
    assert "<title>Hata: " in page and "<h1>Hata" not in page


def test_a_wrong_password_is_said_first_too(app, browser):
    with app.app_context():
        make.provider()

    page = submit_password(browser, password="wrong").text

    assert len(summaries(page)) == 1 and "<title>Hata: " in page


def test_a_form_of_the_dashboard_has_one_summary_in_the_readers_language(app):
    with app.app_context():
        make.provider()
    ayse = signed_in(app)
    ayse.posts("/language", {"language": "en"})

    page = ayse.posts("/dashboard/people/invite", {"email": "x", "role": "king"}).text

    (summary,) = summaries(page)
    assert '<a href="#email">' in summary and '<a href="#role-0">' in summary
    assert "<title>Error: " in page


def test_a_page_without_errors_says_nothing_of_any(browser):
    page = browser.get("/sign-in").text

    assert summaries(page) == [] and "Hata:" not in page
