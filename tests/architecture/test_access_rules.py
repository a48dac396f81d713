"""Every blueprint has an access rule, and pages for signed-in people open to nobody else."""

import ast
import re

import pytest

from portal.web.shared.access import ACCESS_RULES
from tests.architecture import product

FOR_ANYBODY = ("open to all", "without cookies")
FOR_WHO_HOLDS_IT = ("by code", "by password", "by a proven address", "by key")
FOR_PEOPLE = ("signed in", "of a provider", "of the operator")
WITHOUT_RULE = {"static"}  # Flask's own route: stylesheets and the icon.


def test_every_blueprint_has_a_named_access_rule(app):
    assert set(app.blueprints) <= set(ACCESS_RULES)
    assert {ACCESS_RULES[name] for name in app.blueprints} <= {*FOR_ANYBODY, *FOR_WHO_HOLDS_IT, *FOR_PEOPLE}


def test_every_blueprint_is_registered_with_its_access_rule(app):
    registered = list(product.calls(product.tree(product.ROOT / "portal" / "app.py"), "register_blueprint"))

    assert len(registered) == len(app.blueprints)
    assert [ast.unparse(call) for call in registered if not has_rule(call)] == []


@pytest.mark.slow
def test_no_blueprint_is_registered_anywhere_else():
    elsewhere = [
        name
        for name, path in product.modules()
        if name != "portal.app"
        and not name.startswith("iys_sandbox")
        and not name.startswith("portal.services.messaging.fake_gateway")
        for call in product.calls(product.tree(path), "register_blueprint", "add_url_rule")
        if not ast.unparse(call.func).startswith("super().")
    ]

    assert elsewhere == []


def has_rule(call: ast.Call) -> bool:
    (argument,) = call.args
    return isinstance(argument, ast.Call) and ast.unparse(argument.func).startswith("access.")


def test_a_blueprint_without_an_access_rule_is_caught():
    (bare,) = product.calls(ast.parse("app.register_blueprint(dashboard.blueprint)"), "register_blueprint")

    assert not has_rule(bare)


def test_every_route_has_an_access_rule(app):
    bare = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] not in ACCESS_RULES]

    assert bare == [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in WITHOUT_RULE]


def test_nobody_opens_a_private_page_without_signing_in(app, browser):
    answers = {}
    token = form_token(browser)
    for rule in private_routes(app):
        for method in rule.methods - {"OPTIONS"}:
            data = token if method == "POST" else None
            answers[method, rule.rule] = browser.open(filled(rule), method=method, data=data)

    assert {method for method, _ in answers} == {"GET", "HEAD", "POST"}
    assert {route: answer.status_code for route, answer in answers.items() if answer.status_code != 302} == {}
    assert all(answer.location.startswith("/sign-in?next=") for answer in answers.values())


def test_a_private_page_refuses_a_post_without_a_form_token(app, browser):
    posted = [rule for rule in private_routes(app) if "POST" in rule.methods]
    answers = {rule.endpoint: browser.post(filled(rule)).status_code for rule in posted}

    takes_files = {name for name in answers if hasattr(app.view_functions[name], "max_bytes")}
    assert {answers.pop(name) for name in takes_files} == {302}  # Sent away before a form is looked for in the file.
    assert set(answers.values()) == {400}


def private_routes(app):
    return [
        rule for rule in app.url_map.iter_rules() if ACCESS_RULES.get(rule.endpoint.partition(".")[0]) in FOR_PEOPLE
    ]


def filled(rule) -> str:
    """The rule's path, with something in its gaps: of several choices the first."""
    return re.sub(r"<(?:any\((\w+)[^)]*\):|\w+:)?\w+>", lambda gap: gap[1] or "1", rule.rule)


def form_token(browser) -> dict:
    """The token of the sign-in form, so that the access rule answers and not the CSRF check before it."""
    page = browser.get("/sign-in").text
    return {"csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]}
