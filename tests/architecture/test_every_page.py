"""Every page of the URL map, as each kind of person opens it, with one of each thing there is.

The test client looks at each page: nothing on it leads to where this person may not go (tests/page_checks.py).
"""
# ruff: noqa: F811 - a fixture of another file is asked for by its name.

import re

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import OperatorRole, Provider, Role
from portal.web.shared.access import ACCESS_RULES
from tests import make
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.dashboard.test_strangers import things  # noqa: F401 - a fixture: one of each thing

pytestmark = [pytest.mark.slow, pytest.mark.alike]

CEM, DERYA = "cem@example.com", "derya@example.com"
FOR_ANYBODY = ("open to all", "without cookies")
# What depends on more than the role is seen by who may most and who may least; by the others in the long tests.
BETWEEN = (Role.MANAGER, Role.AGENT, Role.DEVELOPER)
MOST_AND_LEAST = (Role.OWNER, Role.AUDITOR)
SUSPENDED = [pytest.param(role, True, marks=pytest.mark.long) for role in BETWEEN]
NEW = [*MOST_AND_LEAST, *(pytest.param(role, marks=pytest.mark.long) for role in BETWEEN)]
NO_PAGES = ("static", "signin.sign_out", "public.readyz")  # Readiness is 503 where no program of the app runs.


def page_addresses(app, things: dict, *rules: str) -> list[str]:
    """One address of each page behind one of these access rules."""
    return sorted(
        re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda gap: str(things.get(gap[1], 1)), rule.rule)
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint not in NO_PAGES
        if ACCESS_RULES[rule.endpoint.partition(".")[0]] in rules
    )


def open_pages(browser, addresses: list[str], language: str = "tr") -> dict[str, str]:
    """The text of each page that opens; files, refusals and ways to other pages are left out."""
    answers = {address: browser.get(address, query_string={"lang": language}) for address in addresses}
    assert all(answer.status_code < 500 for answer in answers.values())
    return {
        address: answer.text
        for address, answer in answers.items()
        if answer.status_code == 200 and answer.mimetype == "text/html"
    }


@pytest.mark.parametrize(
    ("role", "is_suspended"),
    [*((role, False) for role in Role), *((role, True) for role in MOST_AND_LEAST), *SUSPENDED],
)
def test_each_role_of_a_provider_sees_only_links_it_may_follow(app, things, role, is_suspended):
    with app.app_context():
        provider = db.session.get_one(Provider, things["provider_id"])
        make.person(provider, CEM, role)
        provider.suspended_at = clock.now() if is_suspended else None
        db.session.commit()

    pages = open_pages(signed_in(app, CEM).browser, page_addresses(app, things, "of a provider", "signed in"))

    assert len(pages) >= 20


@pytest.mark.parametrize("role", OperatorRole)
def test_each_role_of_the_operator_sees_only_links_it_may_follow(app, things, role):
    with app.app_context():
        make.staff(DERYA, role)

    pages = open_pages(signed_in(app, DERYA).browser, page_addresses(app, things, "of the operator"))

    assert len(pages) >= 2


def test_each_page_speaks_english(app, things, browser):
    with app.app_context():
        make.staff(DERYA, OperatorRole.ADMIN)
    pages = open_pages(browser, page_addresses(app, things, *FOR_ANYBODY), "en")
    pages |= open_pages(signed_in(app).browser, page_addresses(app, things, "of a provider", "signed in"), "en")
    pages |= open_pages(signed_in(app, DERYA).browser, page_addresses(app, things, "of the operator"), "en")

    documents = {address: page for address, page in pages.items() if "<html" in page}
    assert len(documents) >= 60
    assert [address for address, page in documents.items() if '<html lang="en">' not in page] == []


@pytest.mark.parametrize("role", NEW)
def test_each_role_sees_only_links_it_may_follow_in_practice_where_there_is_nothing_yet(app, role):
    with app.app_context():
        provider = make.provider()
        make.person(provider, CEM, role)
        provider.admitted_at = None
        db.session.commit()

    pages = open_pages(signed_in(app, CEM).browser, page_addresses(app, {}, "of a provider", "signed in"))

    assert len(pages) >= 15
