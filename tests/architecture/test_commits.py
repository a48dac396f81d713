"""Only web, commands, jobs and services end transactions."""

import ast

from tests.architecture import product
from tests.architecture.test_imports import LAYERS, layer_of

LOWEST_THAT_COMMITS = LAYERS["portal.services"]
ENDS = ("commit", "begin", "rollback")
# (module, call): why it may end a transaction all the same.
LAWFUL = {
    ("portal.core.extensions", "super().commit"): "the session's own: whoever calls it ends the transaction",
    ("portal.core.extensions", "super().rollback"): "the same",
    ("portal.core.ids", "_claimer.begin"): "a process claims its node apart from any transaction of the portal",
    ("portal.core.journal", "engine.begin"): "a commit that was not journalled is over when that is noted",
    ("portal.migrations.env", "context.begin_transaction"): "a migration is one transaction",
    ("portal.migrations.env", "connection.begin"): "how long they wait is said before they begin",
    ("portal.migrations.env", "engine.begin"): "SQLite's checks are rewritten in one, after all migrations",
}


def transaction_ends(name: str, tree: ast.AST) -> list[str]:
    """Where a module that may not end transactions does so."""
    layer = layer_of(name)
    if name.startswith("iys_sandbox") or (layer != "portal.app" and LAYERS.get(layer, 0) >= LOWEST_THAT_COMMITS):
        return []
    found = {ast.unparse(call.func) for call in product.calls(tree, *ENDS, "begin_transaction")}
    return [f"{name}: {call}" for call in sorted(found) if (name, call) not in LAWFUL]


def test_transactions_end_in_services_and_above_only():
    found = [sentence for name, path in product.modules() for sentence in transaction_ends(name, product.tree(path))]

    assert found == []


PLANTED = [
    ("portal.domain.campaigns", "session.commit()"),
    ("portal.core.models.decision", "db.session.commit()"),
    ("portal.domain.consents.writer", "with session.begin():\n    pass"),
    ("shortlinks.visits", "def record(session):\n    session.commit()"),
]


def test_a_commit_below_the_services_is_found():
    assert [name for name, source in PLANTED if len(transaction_ends(name, ast.parse(source))) != 1] == []


def test_views_and_services_do_commit():
    committing = {name for name, path in product.modules() if list(product.calls(product.tree(path), "commit"))}

    assert {
        "portal.web.recipient.decisions",
        "portal.services.iys.forwarding.outcomes",
        "portal.services.launches.worker",
    } <= committing
