"""Who may import whom. The path says the layer; a module imports only from layers below its own, packages of one layer
leave each other alone but for the table of exceptions, and no two files import each other, directly or in a circle."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

import shortlinks
from tests.architecture import product

# The first two parts of a dotted name say the layer; what blueprints share lies below the blueprints.
LAYERS = {
    "portal.core": 0,
    "portal.migrations": 1,
    "portal.domain": 1,
    "portal.services": 2,
    "portal.web.shared": 3,
    "portal.web": 4,
    "portal.api": 4,
    "portal.cli": 4,
    "portal.jobs": 4,
    "portal.app": 5,
    "portal.__main__": 6,
}
# In these, each package is one of its layer; the others are one package as a whole.
LAYERS_OF_PACKAGES = ("portal.domain", "portal.services", "portal.web")
# (who, whom): why a package may import another of its layer.
EXCEPTIONS = {
    ("portal.domain.address_proofs", "portal.domain.notifications"): "a code goes to its address as a message",
    ("portal.domain.complaints", "portal.domain.notifications"): "who complained is told of the answer",
    ("portal.domain.consent_points", "portal.domain.address_proofs"): "a point's budget is counted in codes",
    ("portal.domain.consent_points", "portal.domain.campaigns"): "a point is a campaign that people come to",
    ("portal.domain.consent_points", "portal.domain.consents"): "whoever proves an address becomes a recipient",
    ("portal.domain.consents", "portal.domain.notifications"): "who grants gets a confirmation the same day",
    ("portal.domain.consents", "portal.domain.providers"): "decisions of the sandbox mode are not sent to İYS",
    ("portal.domain.identity", "portal.domain.notifications"): "invitations and warnings are mailed",
    ("portal.domain.providers", "portal.domain.identity"): "who opens an account for a firm becomes its owner",
    ("portal.domain.receipts", "portal.domain.providers"): "a receipt says whether İYS or its sandbox is told",
    ("portal.services.messaging", "portal.services.launches"): "a campaign's message is written when it leaves",
    ("portal.web.consent_points", "portal.web.recipient"): "a point's form is that of a link, with the same receipt",
    ("portal.web.desk", "portal.web.dashboard"): "the desk stands in the dashboard's layout",
}
# Subpackages of services/iys know the package, which runs them, but not each other.
LANES = tuple(f"portal.services.iys.{lane}" for lane in ("forwarding", "inflow", "reconciliation"))
# The sandbox proves nothing where it shares the portal's thinking: it knows İYS's wire texts and the time.
SANDBOX_MAY_IMPORT = ("portal.core.clock", "portal.core.iys_protocol", "portal.core.paths")
SANDBOX_STARTED_BY = ("portal.cli",)
SHORTLINKS_USED_BY = ("portal.app", "portal.migrations", "portal.domain", "portal.services", "portal.web", "portal.cli")
WEB_FRAMEWORKS = ("flask", "werkzeug", "flask_login", "flask_wtf", "flask_babel", "flask_limiter")
# What the domain and most of what lies below it never import.
WITHOUT_FRAMEWORK = ("portal.core", "portal.domain", "shortlinks")
BINDS_EXTENSIONS = "portal.core.extensions"


def layer_of(name: str) -> str | None:
    """The longest entry of LAYERS that a module belongs to."""
    own = [layer for layer in LAYERS if f"{name}.".startswith(f"{layer}.")]
    return max(own, key=len, default=None)


def package_of(name: str) -> str:
    """The package that a module counts for."""
    layer = layer_of(name) or name
    if layer not in LAYERS_OF_PACKAGES:
        return layer
    return ".".join(name.split(".")[: layer.count(".") + 2])


def imports(tree: ast.AST, name: str, is_package: bool) -> Iterator[str]:
    """Every dotted name that a module imports, also inside functions and under TYPE_CHECKING."""
    for node in product.nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = name.split(".")
            base = parts[: len(parts) - node.level + (1 if is_package else 0)] if node.level else []
            base = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def violations(name: str, tree: ast.Module, *, is_package: bool = False) -> list[str]:
    """What one module's imports break, in sentences; `name` is dotted."""
    if name.startswith("portal.") and layer_of(name) is None:
        return [f"{name} lies in no layer"]
    told = [violation(name, whom) for whom in imports(tree, name, is_package)]
    told += [f"{whom} is not a public name of shortlinks" for whom in private_uses(tree) if head(name) != "shortlinks"]
    return [sentence for sentence in told if sentence]


def violation(name: str, whom: str) -> str | None:
    """The rule that an import breaks, if it does."""
    top = head(whom)
    if top in WEB_FRAMEWORKS:
        is_banned = name.startswith(WITHOUT_FRAMEWORK) and name != BINDS_EXTENSIONS
        return f"{name} knows nothing of {top}" if is_banned else None
    if top == "config":
        return None if name == "portal.app" else "settings are read once, by create_app"
    if top == "shortlinks":
        return violation_of_shortlinks(name, whom)
    if top == "iys_sandbox":
        return None if head(name) == top or package_of(name) in SANDBOX_STARTED_BY else "the sandbox is a program apart"
    if top != "portal":
        return None
    if name == "wsgi":
        return None if whom == "portal.app.create_app" else "wsgi only makes the app"
    if head(name) == "iys_sandbox":
        return None if f"{whom}.".startswith(tuple(f"{one}." for one in SANDBOX_MAY_IMPORT)) else "the sandbox is apart"
    if head(name) != "portal":
        return f"{name} knows nothing of the portal"
    return violation_of_layers(name, whom)


def violation_of_shortlinks(name: str, whom: str) -> str | None:
    if head(name) == "shortlinks":
        return None
    if (layer_of(name) or name) not in (*SHORTLINKS_USED_BY, "portal.web.shared"):
        return f"{name} has no business with shortlinks"
    is_public = whom == "shortlinks" or whom.partition(".")[2] in shortlinks.__all__
    return None if is_public else f"{whom} is not a public name of shortlinks"


def violation_of_layers(name: str, whom: str) -> str | None:
    here, there = layer_of(name), layer_of(whom) or "portal.app"
    own, others = package_of(name), package_of(whom)
    if own == others:
        lane = next((lane for lane in LANES if f"{name}.".startswith(f"{lane}.")), None)
        crossed = [other for other in LANES if other != lane and f"{whom}.".startswith(f"{other}.")]
        return f"{name} and {crossed[0]} leave each other alone" if lane and crossed else None
    if LAYERS[there] > LAYERS[here]:
        return f"{whom} lies in a layer above"
    if LAYERS[there] == LAYERS[here] and (own, others) not in EXCEPTIONS:
        return f"{own} and {others} are of one layer"
    return None


def private_uses(tree: ast.AST) -> list[str]:
    """Uses such as shortlinks.links.Link after a lawful `import shortlinks`."""
    return [
        f"shortlinks.{node.attr}"
        for node in product.nodes(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "shortlinks"
        and node.attr not in shortlinks.__all__
    ]


def head(name: str) -> str:
    return name.partition(".")[0]


@cache
def graph() -> dict[str, set[str]]:
    """Which modules each module of the product imports; a name of a package counts as its __init__."""
    paths = dict(product.modules())
    found = {}
    for name, path in paths.items():
        whole = set(imports(product.tree(path), name, path.name == "__init__.py"))
        files = {whom if whom in paths else whom.rpartition(".")[0] for whom in whole}
        found[name] = {whom for whom in files if whom in paths and whom != name}
    return found


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """What is left after modules that import nothing more, or are imported by nothing more, are taken away."""
    left = {name: set(whom) for name, whom in edges.items()}
    while True:
        imported = set().union(*left.values())
        ends = {name for name, whom in left.items() if not whom or name not in imported}
        if not ends:
            return [sorted(left)] if left else []
        left = {name: whom - ends for name, whom in left.items() if name not in ends}


def test_every_import_of_the_product_is_allowed():
    told = []
    for name, path in product.modules():
        told += violations(name, product.tree(path), is_package=path.name == "__init__.py")

    assert told == []


def test_no_files_import_each_other_in_a_circle():
    assert circles(graph()) == []


def test_exceptions_are_few_and_still_needed():
    used = {(package_of(name), package_of(whom)) for name, imported in graph().items() for whom in imported}

    assert set(EXCEPTIONS) - used == set()
    assert len(EXCEPTIONS) <= 13


PLANTED = {
    "upwards: the domain calls a service": ("portal.domain.campaigns.audience", "from portal.services import iys"),
    "upwards: a model asks a rule": ("portal.core.models.decision", "import portal.domain.consents"),
    "upwards: a service opens a page": (
        "portal.services.messaging.outbox",
        "from portal.web.shared.labels import label",
    ),
    "upwards: inside a function": ("portal.domain.identity.accounts", "def f():\n    from portal.web.signin import x"),
    "upwards: relatively": ("portal.core.iys_protocol.codes", "from ...domain.consents import decide"),
    "upwards: a job makes the app": ("portal.jobs", "from portal.app import create_app"),
    "upwards: what is shared uses a blueprint": ("portal.web.shared.error_pages", "from portal.web.signin import x"),
    "sideways: one blueprint through another": ("portal.web.account.factors", "from portal.web.recipient import x"),
    "sideways: one service calls another": ("portal.services.imports.audience", "from portal.services import launches"),
    "sideways: reconciliation uses forwarding": (
        "portal.services.iys.reconciliation.schedule",
        "from portal.services.iys.forwarding import outcomes",
    ),
    "sideways: one rule asks another": ("portal.domain.receipts.lookup", "from portal.domain.campaigns import Contact"),
    "sideways: a command wakes jobs": ("portal.cli.campaign", "from portal.jobs import init_app"),
    "the sandbox thinks with the forwarder": (
        "iys_sandbox.state_rules",
        "from portal.services.iys.client import IysAnswer",
    ),
    "the forwarder thinks with the sandbox": ("portal.services.iys.client", "from iys_sandbox import state_rules"),
    "shortlinks looks into the portal": ("shortlinks.links", "from portal.core import clock"),
    "shortlinks reads settings": ("shortlinks.codes", "import config"),
    "shortlinks knows the web": ("shortlinks.visits", "from flask import request"),
    "the portal takes a private class": ("portal.domain.campaigns", "from shortlinks.codes import Codes"),
    "the portal takes a private module": ("portal.web.recipient.x", "from shortlinks import links"),
    "the portal reaches through": ("portal.domain.campaigns", "import shortlinks\nshortlinks.links.Link"),
    "the core uses short links": ("portal.core.models.campaign", "import shortlinks"),
    "a rule knows the request": ("portal.domain.consents.writer", "from flask import request"),
    "a page reads settings": ("portal.web.signin.sign_in", "import config"),
    "settings look into the portal": ("config", "from portal.core import clock"),
    "in no layer at all": ("portal.shed", ""),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_violation_is_caught(planted):
    name, source = PLANTED[planted]

    assert len(violations(name, ast.parse(source))) == 1


@pytest.mark.parametrize(
    "edges", [{"a": {"b"}, "b": {"a"}, "c": {"a"}}, {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}]
)
def test_a_planted_circle_is_found(edges):
    assert circles(edges)


ALLOWED = [
    (
        "portal.web.dashboard.campaigns.campaigns",
        "from portal.domain import campaigns\nfrom portal.services import launches\nfrom portal.core import clock\n"
        "from portal.web.shared.labels import label",
    ),
    ("portal.web.dashboard.campaigns.campaigns", "from portal.web.dashboard.blueprint import blueprint"),
    ("portal.services.key_rotation", "from portal.domain.identity.accounts import EVERYBODY"),
    ("portal.services.iys.forwarding.claims", "from portal.services.iys import rate_limit"),
    ("portal.services.iys.forwarder", "from portal.services.iys.forwarding import claims"),
    ("portal.domain.campaigns", "import shortlinks\nfrom shortlinks import Link\nshortlinks.create_many"),
    ("portal.core.iys_protocol.validation", "from portal.core.addresses import is_email"),
    ("portal.app", "import config\nfrom portal import cli"),
]


@pytest.mark.parametrize(("name", "source"), ALLOWED)
def test_what_the_layers_allow_is_left_alone(name, source):
    assert violations(name, ast.parse(source)) == []
