"""What goes wrong is a page that says what to do."""

import psycopg
import pytest
from sqlalchemy import text

from portal.app import create_app
from portal.core.extensions import db
from portal.core.models import Provider
from tests import make
from tests.make import Person
from tests.portal.api.programs import Program, make_key
from tests.portal.web.dashboard.staff import signed_in
from tests.processes import free_ports

pytestmark = pytest.mark.alike


def is_page(answer) -> bool:
    return answer.mimetype == "text/html" and answer.text.count("<h1>") == 1 and "<title>" in answer.text


def breaks(app) -> None:
    app.add_url_rule("/a/break", view_func=lambda: 1 / 0)
    app.config["PROPAGATE_EXCEPTIONS"] = False


@pytest.mark.parametrize("path", ["/nowhere/at/all", "/k/", "/static/nothing.css", "/favicon.ico", "/%00", "/k/a/b"])
def test_what_is_not_there_is_a_page(browser, path):
    answer = browser.get(path)

    assert answer.status_code == 404 and is_page(answer)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/"), ("DELETE", "/k/x"), ("PATCH", "/m/x")])
def test_a_method_that_is_not_taken_is_a_page_that_names_those_that_are(browser, method, path):
    answer = browser.open(path, method=method)

    assert answer.status_code == 405 and is_page(answer)
    assert answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", "/k/x", "/m/x", "/sign-in", "/dashboard/"])
def test_options_are_told(browser, path):
    answer = browser.options(path)

    assert answer.status_code == 200
    assert "GET" in answer.headers["Allow"]


def test_a_breakdown_is_a_page_without_a_trace(app):
    breaks(app)

    answer = app.test_client().get("/a/break")

    assert answer.status_code == 500 and is_page(answer)
    assert "ZeroDivisionError" not in answer.text and "Traceback" not in answer.text


def test_a_breakdown_of_the_database_is_a_page_too(app, browser):
    person = Person(browser, make.codes(app)[make.PHONE])
    ayse = signed_in(app)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    rename(app, "consent_text", "away_text")
    rename(app, "provider", "away_provider")
    try:
        answers = [person.opens(), ayse.opens("/dashboard/"), ayse.opens("/dashboard/nothing")]
    finally:
        rename(app, "away_provider", "provider")
        rename(app, "away_text", "consent_text")

    assert [answer.status_code for answer in answers] == [500, 500, 404]
    assert all(is_page(answer) for answer in answers)


def rename(app, old: str, new: str) -> None:
    with app.app_context():
        db.session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
        db.session.commit()


def test_while_the_database_is_away_people_and_programs_are_asked_to_come_again(app, environ):
    codes = make.codes(app)
    with app.app_context():
        key = make_key(db.session.query(Provider).one())
    (nobody,) = free_ports(1)
    away = create_app({**environ, "DATABASE_URL": f"postgresql://izinlink@127.0.0.1:{nobody}/izinlink"})

    page, answer = away.test_client().get(f"/k/{codes[make.PHONE]}"), Program(away, key).get("/api/v1/me")

    assert page.status_code == answer.status_code == 503 and is_page(page) and answer.json["status"] == 503
    assert page.headers["Retry-After"] == answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("failure", [TimeoutError, psycopg.OperationalError])
def test_what_the_drivers_say_themselves_asks_to_come_again_too(app, failure):
    def fail():
        raise failure

    app.add_url_rule("/a/wait", view_func=fail)

    assert app.test_client().get("/a/wait").status_code == 503


def test_an_error_keeps_its_headers(browser):
    answer = browser.get("/nowhere/at/all")

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.getlist("Set-Cookie") == []


def test_a_form_without_its_token_is_a_page(browser):
    answer = browser.post("/sign-in", data={"email": "x"})

    assert answer.status_code == 400 and is_page(answer)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/k/x"])
def test_far_too_much_is_a_page(browser, path):
    answer = browser.post(path, data=b"x" * 7_000_000, content_type="application/x-www-form-urlencoded")

    assert answer.status_code in (404, 413) and is_page(answer)
    assert answer.status_code == 413 or path == "/k/x"


def test_errors_speak_english_too(browser):
    assert '<html lang="en">' in browser.get("/nowhere/at/all?lang=en").text
