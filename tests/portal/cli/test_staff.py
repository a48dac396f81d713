"""`flask staff add`: the operator's first admin comes in by a link that was printed, not mailed."""

import re

import pytest

from portal.core.models import AuditEntry, Mail, OneTimeLink, OperatorRole, User
from tests.portal.web.dashboard.staff import csrf_token
from tests.portal.web.signin.enrolling import enrol

DERYA = "derya@operator.example"


@pytest.fixture
def add(app):
    def run(email=DERYA, name="Derya Er", role="admin"):
        return app.test_cli_runner().invoke(args=["staff", "add", "--email", email, "--name", name, "--role", role])

    return run


def path_in(result) -> str:
    return re.search(r"https?://[^/]+(/\S+)", result.stdout)[1]


def test_the_link_makes_the_first_admin(add, browser, rows):
    path = path_in(add())
    answer = browser.post(
        path,
        data={
            "csrf_token": csrf_token(browser, path),
            "name": "Derya Er",
            "password": "yagmur altinda kirmizi bisiklet",
        },
    )

    assert answer.status_code == 303, answer.text
    enrol(browser)
    assert rows.one(User).operator_role == OperatorRole.ADMIN


def test_the_link_opens_once(add, browser):
    path = path_in(add())
    data = {"csrf_token": csrf_token(browser, path), "name": "Derya Er", "password": "yagmur altinda kirmizi bisiklet"}
    browser.post(path, data=data)
    enrol(browser)

    assert browser.get(path).status_code in (404, 410)


def test_nothing_is_mailed_and_the_token_is_kept_nowhere(add, rows):
    path = path_in(add())

    assert rows(Mail) == []
    assert path.rsplit("/", 1)[1].encode() not in rows.one(OneTimeLink).token_digest
    assert rows.one(AuditEntry).act == "staff.added"
    assert DERYA not in str(rows.one(AuditEntry).facts)


@pytest.mark.parametrize("wrong", ["", "derya", "derya@", "a b@example.com"])
def test_what_is_no_address_is_refused(add, rows, wrong):
    result = add(email=wrong)

    assert result.exit_code == 2
    assert rows(OneTimeLink) == []


def test_a_role_that_is_none_is_refused(add, rows):
    assert add(role="owner").exit_code == 2
    assert rows(OneTimeLink) == []
