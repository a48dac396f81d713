"""A lease has one definition: core/leases says when a row is free, claims it and renews it."""

import ast

from tests.architecture import product

LEASES = "portal.core.leases"
BORN_LEASED = {
    "portal.services.iys.forwarding.bulk_lists": "a new list is inserted with the lease of whoever sends it",
    "portal.services.imports.uploads": "a file being uploaded is held by its upload, part by part",
    "portal.services.imports.intake": "a file being read is guarded by its state",
}


def test_only_core_leases_sets_a_lease():
    found = {name for name, path in product.modules() if any(map(is_set, ast.walk(product.tree(path))))}

    assert found == {LEASES, *BORN_LEASED}


def test_only_core_leases_says_when_a_row_is_free():
    found = {name for name, path in product.modules() if any(map(is_compared, ast.walk(product.tree(path))))}

    assert found == {LEASES}


def is_set(node: ast.AST) -> bool:
    """Whether a value is given to `lease_until`: as a keyword, a dict's key or an attribute. None ends a lease."""
    if isinstance(node, ast.keyword):
        return node.arg == "lease_until" and may_lease(node.value)
    if isinstance(node, ast.Dict):
        return any(
            isinstance(key, ast.Constant) and key.value == "lease_until" and may_lease(value)
            for key, value in zip(node.keys, node.values, strict=True)
        )
    if isinstance(node, ast.Assign):
        return any(is_lease_of_row(target) for target in node.targets) and may_lease(node.value)
    return False


def is_lease_of_row(target: ast.AST) -> bool:
    of_self = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    return isinstance(target, ast.Attribute) and target.attr == "lease_until" and not of_self


def may_lease(value: ast.AST) -> bool:
    is_none = isinstance(value, ast.Constant) and value.value is None
    is_renewed = any(call.func.value.id == "leases" for call in product.calls(value, "renew"))
    return not is_none and not is_renewed


def is_compared(node: ast.AST) -> bool:
    """Whether `lease_until` is compared with a time."""
    return isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr == "lease_until"
