"""Who comes through which door: every route of the URL map, as every kind of person, against the tables of powers."""

import re

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Network, OperatorRole, Provider, Role
from portal.domain.identity.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, Permission
from portal.web.shared.access import ACCESS_RULES
from tests import make
from tests.portal.web.dashboard.staff import come_in, token

pytestmark = [pytest.mark.slow, pytest.mark.alike]

METHODS = ("GET", "HEAD", "POST")
DERYA = "derya@example.com"
OUTSIDE = "203.0.113.0/24"  # Tests come from 127.0.0.1.


@pytest.fixture
def provider(app) -> int:
    """Ayşe's, by its id."""
    with app.app_context():
        return make.provider().id


def joins(app, provider_id: int, email: str, role: Role) -> None:
    with app.app_context():
        make.person(db.session.get_one(Provider, provider_id), email, role)


def is_of_the_operator(app, role: OperatorRole) -> None:
    with app.app_context():
        make.staff(DERYA, role)


def routes(app, lock: str) -> list[tuple[str, str, Permission, bool]]:
    """(method, path, power, whether a fresh factor is asked) of each route behind a lock; ids lead nowhere."""
    found = []
    for rule in app.url_map.iter_rules():
        if ACCESS_RULES.get(rule.endpoint.partition(".")[0]) != lock:
            continue
        view = app.view_functions[rule.endpoint]
        path = re.sub(r"<(\w+:)?\w+>", "1", rule.rule)
        found += [(method, path, view.needs, view.needs_fresh) for method in METHODS if method in rule.methods]
    return found


class Visitor:
    """Somebody who tries every route, and signs in anew where a page ended the session."""

    def __init__(self, app, email: str, network_address: str = "127.0.0.1"):
        self.browser, self.email = app.test_client(), email
        self.browser.environ_base["REMOTE_ADDR"] = network_address
        self._comes_in()

    def tries(self, method: str, path: str):
        answer = self._asks(method, path)
        if (answer.location or "").startswith("/sign-in"):
            self._comes_in()
            answer = self._asks(method, path)
        return answer

    def _comes_in(self) -> None:
        come_in(self.browser, self.email)
        self._token = token(self.browser, "/account/providers")

    def _asks(self, method: str, path: str):
        data = {"csrf_token": self._token} if method == "POST" else None
        with self.browser.open(path, method=method, data=data) as answer:
            return answer

    def is_kept_out(self, method: str, path: str) -> bool:
        """Whether the lock says no; whatever comes after the lock (404, 422, …) is for the page to say."""
        answer = self.tries(method, path)
        assert answer.status_code < 500, (method, path)
        return answer.status_code == 403


def differs(app, visitor: Visitor, lock: str, powers: frozenset[Permission]) -> list[tuple]:
    """Where the answer is another one than the table's."""
    return [
        (method, path, power)
        for method, path, power, _ in routes(app, lock)
        if visitor.is_kept_out(method, path) == (power in powers)
    ]


@pytest.mark.parametrize("role", Role)
def test_each_role_of_a_provider_comes_in_where_the_table_says(app, provider, role):
    joins(app, provider, "burak@example.com", role)
    burak = Visitor(app, "burak@example.com")

    assert differs(app, burak, "of a provider", ROLE_PERMISSIONS[role]) == []
    assert differs(app, burak, "of the operator", frozenset()) == []
    assert differs(app, burak, "signed in", frozenset({Permission.SELF})) == []


@pytest.mark.parametrize("role", OperatorRole)
def test_each_role_of_the_operator_comes_in_where_the_table_says(app, provider, role):
    is_of_the_operator(app, role)
    derya = Visitor(app, DERYA)

    assert differs(app, derya, "of the operator", OPERATOR_PERMISSIONS[role]) == []
    assert differs(app, derya, "signed in", frozenset({Permission.SELF})) == []


def test_the_operators_people_are_no_providers_people(app, provider):
    is_of_the_operator(app, OperatorRole.ADMIN)
    derya = Visitor(app, DERYA)

    answers = {derya.tries(method, path).status_code for method, path, *_ in routes(app, "of a provider")}

    assert answers == {303}  # To the page on which a provider is chosen, of which there is none.


def test_from_outside_its_networks_nobody_comes_in_to_a_provider(app, provider):
    owner = Visitor(app, make.AYSE)
    with app.app_context():
        db.session.add(Network(provider_id=provider, cidr=OUTSIDE, note="", created_at=clock.now()))
        db.session.commit()

    let_in = [each for each in routes(app, "of a provider") if not owner.is_kept_out(*each[:2])]

    assert let_in == []
    assert not Visitor(app, make.AYSE, "203.0.113.7").is_kept_out("GET", "/dashboard/")


def test_every_route_behind_a_lock_of_people_names_its_power(app):
    unnamed = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if ACCESS_RULES.get(rule.endpoint.partition(".")[0]) in ("signed in", "of a provider", "of the operator")
        and not isinstance(getattr(app.view_functions[rule.endpoint], "needs", None), Permission)
    ]

    assert unnamed == []


def test_each_power_is_used_by_a_page_and_held_by_somebody(app):
    used = {power for lock in set(ACCESS_RULES.values()) & FOR_PEOPLE for _, _, power, _ in routes(app, lock)}
    held = frozenset.union(*ROLE_PERMISSIONS.values(), *OPERATOR_PERMISSIONS.values(), {Permission.SELF})

    assert used == held == set(Permission)


FOR_PEOPLE = {"signed in", "of a provider", "of the operator"}
