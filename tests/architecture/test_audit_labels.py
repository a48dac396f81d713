"""Every audited act has a label: a page would show a bare "campaign.opened" otherwise."""

import ast
import re
from functools import lru_cache

import pytest

from portal.web.shared.audit_labels import ACT_LABELS
from tests.architecture import product

PUT_TOGETHER = "put together"
AN_ACT = re.compile(r"[a-z_]+\.[a-z_]+")
NO_ACTS = ("url_for", "absolute_url", "info", "warning")  # They, too, take texts such as "dashboard.overview".
RECORDERS = {"note", "write_audit_entry", "record_audit", "record_operator_audit"}
RECORDERS |= {"record_account_audit", "record_credential_change", "record_gateway_audit"}


def acts_of(tree: ast.AST) -> set[str]:
    """The acts that a module records; PUT_TOGETHER for one that is not a literal.

    Where the act is a variable, every text of the module that looks like an act counts."""
    found, handed_on = set(), calls_in_recorders(tree)
    for node in product.nodes(tree):
        if node in handed_on:
            continue
        if isinstance(node, ast.Call) and named(node.func) in (*RECORDERS, "AuditEntry"):
            found |= texts(act_of(node)) or spelled_out(tree)
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            found |= {text for key, value in pairs if texts(key) == {"act"} for text in texts(value)}
    return found


def calls_in_recorders(tree: ast.AST) -> set[ast.AST]:
    """A recorder itself hands on the act that it is given."""
    own = [node for node in product.nodes(tree) if isinstance(node, ast.FunctionDef) and node.name in RECORDERS]
    return {call for function in own for call in ast.walk(function)}


def act_of(call: ast.Call) -> ast.AST | None:
    """Of record_audit("act", …), of audit.note(session, "act", …), and of AuditEntry(act="act")."""
    if named(call.func) == "AuditEntry":
        return next((word.value for word in call.keywords if word.arg == "act"), None)
    place = 0 if named(call.func).startswith("record_") else 1  # After the session.
    return call.args[place] if len(call.args) > place else None


def named(function: ast.AST) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def texts(node: ast.AST | None) -> set[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return texts(node.body) | texts(node.orelse)
    return {PUT_TOGETHER} if isinstance(node, ast.JoinedStr | ast.BinOp) else set()


def spelled_out(tree: ast.AST) -> set[str]:
    calls = [node for node in product.nodes(tree) if isinstance(node, ast.Call) and named(node.func) in NO_ACTS]
    elsewhere = {text for call in calls for node in ast.walk(call) for text in texts(node)}
    found = {text for node in product.nodes(tree) for text in texts(node) if AN_ACT.fullmatch(text)}
    return found - elsewhere


@lru_cache
def noted() -> set[tuple[str, str]]:
    """(module, act) of the whole product."""
    return {(name, act) for name, path in product.modules() for act in acts_of(product.tree(path))}


def test_every_recorded_act_has_a_label():
    assert sorted((name, act) for name, act in noted() if act not in ACT_LABELS) == []


def test_every_label_is_of_a_recorded_act():
    assert ACT_LABELS.keys() - {act for _, act in noted()} == set()


PLANTED = {
    'record_audit("link.cut", "link", 1)': {"link.cut"},
    'audit.note(session, "link.cut", "link", 1, provider_id=2)': {"link.cut"},
    'record_audit("link.cut" if done else "link.kept", "link", 1)': {"link.cut", "link.kept"},
    'AuditEntry(at=at, act="link.cut")': {"link.cut"},
    '{"at": at, "act": "link.cut"}': {"link.cut"},
    'record_audit(f"link.{how}", "link", 1)': {PUT_TOGETHER},
    'HERE = "signin.page"\ndef record_audit(act): audit.note(session, act, "link", 1)': set(),
    'def done(act): record_audit(act, "link", 1); url_for("signin.page")\ndone("link.cut")': {"link.cut"},
}


@pytest.mark.parametrize("planted", PLANTED)
def test_an_act_is_found_however_it_is_recorded(planted):
    assert acts_of(ast.parse(planted)) == PLANTED[planted]
