"""Whether an address has an account here is told neither by words nor by work: each page asks the database as many
questions about a known address as about an unknown one."""

import re
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from portal.core.extensions import db
from tests import make
from tests.portal.web.dashboard.staff import csrf_token, signed_in

pytestmark = pytest.mark.alike

UNKNOWN, WRONG = "nobody@example.com", "wrong horse battery staple"


@pytest.fixture(autouse=True)
def known(app):
    """Ayşe has an account, and so has Burak."""
    with app.app_context():
        make.person(make.provider(), "burak@example.com")


@contextmanager
def counted(app):
    """The kinds of statements that run meanwhile, on every connection."""
    asked = []

    def note(_connection, _cursor, statement, *_more):
        asked.append(statement.split(None, 1)[0])

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def answer_to(app, browser, path: str, **data) -> tuple:
    """What somebody is told of a form they sent: status, where to, words; and the work that was done for it."""
    held = csrf_token(browser, path)
    with counted(app) as asked:
        answer = browser.post(path, data={"csrf_token": held, **data})
    words = re.sub(r'value="[^"]*"', "", answer.text)
    return answer.status_code, answer.location, words, sorted(asked)


def signs_in(app, email: str) -> tuple:
    return answer_to(app, app.test_client(), "/sign-in", email=email, password=WRONG)


def signs_up(app, email: str) -> tuple:
    return answer_to(app, app.test_client(), "/sign-up", email=email, name="Nil Yeni")


def forgets(app, email: str) -> tuple:
    return answer_to(app, app.test_client(), "/sign-in/forgotten", email=email)


def is_invited(app, email: str) -> tuple:
    return answer_to(app, signed_in(app).browser, "/dashboard/people/invite", email=email, role="agent")


@pytest.mark.parametrize("visit", [signs_in, signs_up, forgets, is_invited])
def test_a_known_address_is_told_and_worked_for_like_an_unknown_one(app, visit):
    visit(app, "warm@example.com")  # What a process does once only it has done now.

    known, unknown = (visit(app, email) for email in ("burak@example.com", UNKNOWN))

    assert known[:2] == unknown[:2]
    assert known[2].replace("burak@example.com", UNKNOWN) == unknown[2]
    assert known[3] == unknown[3]
