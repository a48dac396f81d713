"""Who may open what: every route of the URL map, as every kind of person, against the tables of permissions."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Network, OperatorRole, Provider, Role
from portal.domain.identity.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, Permission
from portal.web.shared.access import ACCESS_RULES
from tests import make
from tests.architecture.test_access_rules import filled
from tests.portal.web.dashboard.staff import chosen_id, csrf_token, skip_sign_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

METHODS = ("GET", "HEAD", "POST")
ACTS = ("GET", "POST")  # HEAD is let in as GET is, which one role of each kind shows.
FOR_PEOPLE = ("signed in", "of a provider", "of the operator")
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


def routes(app, access_rule: str, methods: tuple[str, ...] = METHODS) -> list[tuple[str, str, Permission]]:
    """(method, path, permission) of each route behind an access rule; ids lead nowhere."""
    found = []
    for rule in app.url_map.iter_rules():
        if ACCESS_RULES.get(rule.endpoint.partition(".")[0]) != access_rule:
            continue
        view = app.view_functions[rule.endpoint]
        path = filled(rule)
        found += [(method, path, view.needs) for method in methods if method in rule.methods]
    return found


class Visitor:
    """Somebody who opens every route, and signs in again where a page ended the session."""

    def __init__(self, app, email: str, network_address: str = "127.0.0.1"):
        self.browser, self.email = app.test_client(), email
        self.browser.environ_base["REMOTE_ADDR"] = network_address
        self._sign_in()

    def opens(self, method: str, path: str):
        answer = self._open(method, path)
        if (answer.location or "").startswith("/sign-in"):
            self._sign_in()
            answer = self._open(method, path)
        return answer

    def _sign_in(self) -> None:
        skip_sign_in(self.browser, self.email)
        self._token = csrf_token(self.browser, "/account/providers")
        self._provider_id = chosen_id(self.browser)

    def _open(self, method: str, path: str):
        data = {"csrf_token": self._token} if method == "POST" else None
        with self.browser.open(path, method=method, data=data, query_string={"provider": self._provider_id}) as answer:
            return answer

    def is_refused(self, method: str, path: str) -> bool:
        """Whether the access rule refuses; what comes after it (404, 422, …) is for the page to say."""
        answer = self.opens(method, path)
        assert answer.status_code < 500, (method, path)
        return answer.status_code == 403


def differences(app, visitor: Visitor, rule: str, permissions: frozenset[Permission], methods=ACTS) -> list[tuple]:
    """Routes that answer otherwise than the table of permissions says."""
    return [
        (method, path, permission)
        for method, path, permission in routes(app, rule, methods)
        if visitor.is_refused(method, path) == (permission in permissions)
    ]


@pytest.mark.parametrize("role", Role)
def test_each_role_of_a_provider_opens_what_its_permissions_say(app, provider, role):
    joins(app, provider, "burak@example.com", role)
    burak, methods = Visitor(app, "burak@example.com"), METHODS if role == Role.AUDITOR else ACTS

    assert differences(app, burak, "of a provider", ROLE_PERMISSIONS[role], methods) == []
    assert differences(app, burak, "of the operator", frozenset()) == []
    assert differences(app, burak, "signed in", frozenset({Permission.SELF})) == []


@pytest.mark.parametrize("role", OperatorRole)
def test_each_role_of_the_operator_opens_what_its_permissions_say(app, provider, role):
    is_of_the_operator(app, role)
    derya, methods = Visitor(app, DERYA), METHODS if role == OperatorRole.SUPPORT else ACTS

    assert differences(app, derya, "of the operator", OPERATOR_PERMISSIONS[role], methods) == []
    assert differences(app, derya, "signed in", frozenset({Permission.SELF})) == []


def test_the_operators_people_open_no_providers_pages(app, provider):
    is_of_the_operator(app, OperatorRole.ADMIN)
    derya = Visitor(app, DERYA)

    answers = {derya.opens(method, path).status_code for method, path, *_ in routes(app, "of a provider")}

    assert answers == {303}  # To the page on which a provider is chosen, of which there is none.


def test_from_outside_its_networks_nobody_opens_a_providers_pages(app, provider):
    owner = Visitor(app, make.AYSE)
    with app.app_context():
        db.session.add(Network(provider_id=provider, cidr=OUTSIDE, note="", created_at=clock.now()))
        db.session.commit()

    opened = [each for each in routes(app, "of a provider") if not owner.is_refused(*each[:2])]

    assert opened == []
    assert not Visitor(app, make.AYSE, "203.0.113.7").is_refused("GET", "/dashboard/")


def test_every_private_route_names_its_permission(app):
    unnamed = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if ACCESS_RULES.get(rule.endpoint.partition(".")[0]) in FOR_PEOPLE
        and not isinstance(getattr(app.view_functions[rule.endpoint], "needs", None), Permission)
    ]

    assert unnamed == []


def test_each_permission_is_needed_by_a_page_and_held_by_somebody(app):
    used = {permission for rule in FOR_PEOPLE for _, _, permission in routes(app, rule)}
    held = frozenset.union(*ROLE_PERMISSIONS.values(), *OPERATOR_PERMISSIONS.values(), {Permission.SELF})

    assert used == held == set(Permission)


CHANGES_KEYS = {
    "dashboard.connect",
    "dashboard.connect_by_partner",
    "dashboard.register_push",
    "dashboard.remove_push",
} | {f"{place}.{act}_gateway" for place in ("dashboard", "operator") for act in ("new", "change", "remove")}


def test_what_changes_keys_or_people_and_files_with_addresses_ask_for_a_factor(app):
    asks, at_stake = set(), set(CHANGES_KEYS)
    for rule in app.url_map.iter_rules():
        view, name = app.view_functions[rule.endpoint], rule.endpoint
        needed, is_act = getattr(view, "needs", None), "POST" in rule.methods
        asks |= {name} if getattr(view, "needs_fresh", False) else set()
        at_stake |= {name} if needed in (Permission.PEOPLE, Permission.STAFF, Permission.KEYS) and is_act else set()
        at_stake |= {name} if needed == Permission.EXPORT and name != "dashboard.exports" else set()
        at_stake |= {name} if rule.rule.startswith(("/account/factors/", "/account/password")) else set()
        at_stake |= (
            {name}
            if rule.rule.endswith(("/audit.csv", "/audit.xlsx", "/links.csv", "/codes.pdf", "/papers/<id:paper_id>"))
            else set()
        )

    assert len(at_stake) > 30
    assert at_stake - asks == set()
