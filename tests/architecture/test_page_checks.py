"""The checks of tests/page_checks.py find what they are for."""

import pytest
from flask import render_template_string

from portal.domain.identity.permissions import Permission
from tests.page_checks import (
    FRAGMENTS,
    SIGNED_IN,
    Page,
    PageCheckingClient,
    Rendering,
    check_page,
    link_faults,
    page_faults,
)

pytestmark = pytest.mark.alike

PAGE = """<!doctype html><html lang="tr"><head><title>Giriş</title><link rel="icon" href="/static/icon.svg"></head>
<body><h1>Giriş</h1><h2>Şifreniz</h2>
<form method="post" action="/sign-in"><input type="hidden" name="csrf_token" value="a">
<label for="email">E-posta</label><input id="email" name="email" aria-describedby="hint"><p id="hint">Yazın</p>
<label>Şifre <input type="password" name="password" autocomplete="current-password"></label><button>Gir</button></form>
<a href="/sign-up?next=%2F#form">Hesap açın</a></body></html>"""
PASSWORD = 'type="password" name="password" autocomplete="current-password"'
# What is wrong: (on the good page, in its place).
WRONG = {
    "title and heading: [['Giriş'], ['Çıkış']]": ("<h1>Giriş", "<h1>Çıkış"),
    "title and heading: [['Giriş'], ['Giriş', 'Giriş']]": ("<h2>", "<h1>Giriş</h1><h2>"),
    "title and heading: [[], ['Giriş']]": ("<title>Giriş</title>", ""),
    "heading levels": ("<h2>Şifreniz</h2>", "<h3>Şifreniz</h3>"),
    "language": ('lang="tr"', ""),
    "controls without a label": ('<label for="email">', "<label>"),
    "forms without a token": ('name="csrf_token"', 'name="other"'),
    "ids used twice": ('<p id="hint">', '<p id="email"></p><p id="hint">'),
    "ids that nothing has": ('id="hint"', 'id="other"'),
    "leftovers of a template": ("Yazın", "%(name)s"),
    "leftovers of a template: ['{{": ("Yazın", "{{ name }}"),
    "None in a page": ("Yazın", "None"),
    "inline code: ['<style": ("<h2>", "<style>"),
    "inline code: ['<a href=": ('<a href="/sign-up', '<a href="/sign-up" onclick="x'),
    "inline code: ['<script": ("<h2>", "<script>x</script><h2>"),
    "inline code: ['javascript": ('href="/sign-up', 'href="javascript:x'),
    "from elsewhere": ("<h2>", '<img src="https://elsewhere.example/a.png" alt=""><h2>'),
}
PASSWORDS = (
    'type="text" name="password" autocomplete="off"',
    'type="password" name="password"',
    'type="password" name="password" autocomplete="current-password" value="secret"',
    'type="password" name="password" autocomplete="current-password" onpaste="return false"',
)


def test_a_good_page_has_no_fault(app):
    page = Page(PAGE)

    assert page_faults(page) + link_faults(page, app, "localhost", None) == []


def test_each_fault_of_a_page_is_found():
    found = {fault: page_faults(Page(PAGE.replace(*change))) for fault, change in WRONG.items()}

    assert all(PAGE.replace(*change) != PAGE for change in WRONG.values())
    assert {fault: each for fault, each in found.items() if not any(one.startswith(fault) for one in each)} == {}


def test_a_password_is_masked_and_left_to_the_browsers_keeper():
    """Every page is held to it; here, that one which is not would be found."""
    assert [each for each in PASSWORDS if not page_faults(Page(PAGE.replace(PASSWORD, each)))] == []


def test_links_and_forms_that_lead_nowhere_are_found(app):
    changes = [("/sign-up?", "/sign-ups?"), ('action="/sign-in"', 'action="/"'), ("icon.svg", "icons.svg")]

    assert [each for each in changes if not link_faults(Page(PAGE.replace(*each)), app, "localhost", None)] == []


def test_links_to_what_a_person_may_not_open_are_found(app):
    page = Page(PAGE.replace("/sign-up?", "/dashboard/audit?"))

    assert link_faults(page, app, "localhost", {Permission.AUDIT}) == []
    assert len(link_faults(page, app, "localhost", {Permission.LOOK})) == 1


def test_whoever_is_signed_in_goes_out_from_any_page(app, browser):
    """Every page is held to it; here, that one without the way out would be found."""
    answer = browser.get("/sign-in")

    with pytest.raises(AssertionError, match="no way to sign out"):
        check_page(answer, app, Rendering(f"{SIGNED_IN[0]}page.html", None))


@pytest.mark.skipif(not PageCheckingClient.checks_pages, reason="pages are checked on SQLite")
def test_the_client_of_each_test_checks_the_pages_it_opens(app, browser):
    app.add_url_rule("/faulty", "faulty", lambda: render_template_string("<h1>No title</h1>"))

    with pytest.raises(AssertionError, match="title and heading"):
        browser.get("/faulty")


def test_a_fragment_is_no_whole_page(app, browser):
    answer = browser.get("/health")

    assert page_faults(Page(answer.text))
    assert check_page(answer, app, Rendering(FRAGMENTS[0], None)) is None
