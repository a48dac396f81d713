"""Every door has its lock, and behind the dashboard's nobody comes in who has not signed in."""

import ast
import re

import pytest

from portal.web.shared.access import ACCESS_RULES
from tests.architecture import product

FOR_ANYBODY = ("open to all", "without cookies")
FOR_WHO_HOLDS_IT = ("by code", "by password", "by a proven address")
FOR_PEOPLE = ("signed in", "of a provider", "of the operator")
UNLOCKED = {"static"}  # Flask's own route: stylesheets and the icon.


def test_every_door_has_a_named_lock(app):
    assert set(app.blueprints) <= set(ACCESS_RULES)
    assert {ACCESS_RULES[door] for door in app.blueprints} <= {*FOR_ANYBODY, *FOR_WHO_HOLDS_IT, *FOR_PEOPLE}


def test_every_door_is_registered_beside_its_lock(app):
    registered = list(product.calls(product.tree(product.ROOT / "portal" / "app.py"), "register_blueprint"))

    assert len(registered) == len(app.blueprints)
    assert [ast.unparse(call) for call in registered if not is_locked(call)] == []


def test_no_door_is_registered_anywhere_else():
    elsewhere = [
        name
        for name, path in product.modules()
        if name != "portal.app"
        and not name.startswith("iys_sandbox")
        and name != "portal.services.messaging.demo_gateway"
        if list(product.calls(product.tree(path), "register_blueprint", "add_url_rule"))
    ]

    assert elsewhere == []


def is_locked(call: ast.Call) -> bool:
    (argument,) = call.args
    return isinstance(argument, ast.Call) and ast.unparse(argument.func).startswith("access.")


def test_a_door_without_its_lock_is_caught():
    (bare,) = product.calls(ast.parse("app.register_blueprint(dashboard.door)"), "register_blueprint")

    assert not is_locked(bare)


def test_every_route_belongs_to_a_locked_door(app):
    bare = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] not in ACCESS_RULES]

    assert bare == [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in UNLOCKED]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_nobody_gets_past_the_dashboards_lock(app, browser, method):
    answers = {}
    token = form_token(browser)
    for rule in behind_the_lock(app):
        if method in rule.methods:
            answers[rule.rule] = browser.open(filled(rule), method=method, data=token if method == "POST" else None)

    assert len(answers) >= 3
    assert {rule: answer.status_code for rule, answer in answers.items() if answer.status_code != 302} == {}
    assert all(answer.location.startswith("/sign-in?next=") for answer in answers.values())


def test_nobody_posts_to_the_dashboard_without_a_form(app, browser):
    posted = [rule for rule in behind_the_lock(app) if "POST" in rule.methods]
    answers = {rule.endpoint: browser.post(filled(rule)).status_code for rule in posted}

    takes_files = {name for name in answers if hasattr(app.view_functions[name], "takes")}
    assert {answers.pop(name) for name in takes_files} == {302}  # Sent away before a form is looked for in the file.
    assert set(answers.values()) == {400}


def behind_the_lock(app):
    return [
        rule for rule in app.url_map.iter_rules() if ACCESS_RULES.get(rule.endpoint.partition(".")[0]) in FOR_PEOPLE
    ]


def filled(rule) -> str:
    """The rule's path, with something in its gaps."""
    return re.sub(r"<(\w+:)?\w+>", "1", rule.rule)


def form_token(browser) -> dict:
    """The token of the sign-in form: so that the lock answers, and not the check for forged forms before it."""
    page = browser.get("/sign-in").text
    return {"csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]}
