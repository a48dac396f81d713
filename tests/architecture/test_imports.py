"""Who may import whom: the floors of the house as a table, and the check that reads every import of the product."""

import ast

import pytest

import shortlinks
from tests.architecture import product

# Each room of the ground may use the ones that stand before it.
GROUND = (
    "portal.core.lazy_text",
    "portal.core.clock",
    "portal.core.tax_ids",
    "portal.core.transliteration",
    "portal.core.word_pairs",
    "portal.core.iys_protocol.enums",
    "portal.core.business_days",
    "portal.core.images",
    "portal.services.documents.pdf",
    "portal.core.addresses",
    "portal.core.iys_protocol",
    "portal.core.vault",
    "portal.core.models",
    "portal.core.extensions",
    "portal.core.database",
    "portal.migrations",
)
# Rooms of one floor leave each other alone.
RULES = (
    "portal.domain.identity.accounts",
    "portal.domain.audit",
    "portal.domain.audit.queries",
    "portal.domain.providers.brands",
    "portal.core.business_days.holiday_calendar",
    "portal.domain.campaigns",
    "portal.domain.campaigns.closures",
    "portal.domain.providers.brand_colours",
    "portal.domain.complaints",
    "portal.domain.consents",
    "portal.domain.identity.factors",
    "portal.domain.providers.inquiries",
    "portal.domain.providers.delegations",
    "portal.web.shared.limits",
    "portal.domain.providers.logos",
    "portal.domain.notifications.mails",
    "portal.domain.notifications.messages",
    "portal.domain.providers.networks",
    "portal.domain.identity.members",
    "portal.domain.providers.onboarding",
    "portal.domain.packages",
    "portal.domain.identity.passkeys",
    "portal.domain.identity.passwords",
    "portal.domain.consent_points",
    "portal.domain.identity.permissions",
    "portal.domain.providers.sandbox_mode",
    "portal.domain.identity.sessions",
    "portal.domain.address_proofs",
    "portal.domain.receipts",
    "portal.domain.consents.recipients",
    "portal.domain.identity.operator_staff",
    "portal.domain.identity.one_time_links",
    "portal.domain.identity.login_throttle",
    "portal.domain.campaigns.default_texts",
)
MACHINES = (
    "portal.services.domains",
    "portal.evidence",
    "portal.services.exports",
    "portal.services.imports",
    "portal.services.iys",
    "portal.services.iys.reconciliation",
    "portal.services.iys.forwarding",
    "portal.services.iys.inflow",
    "iys_sandbox",
    "portal.services.launches",
    "portal.services.documents",
    "portal.services.messaging",
    "portal.services.key_rotation",
)
DOORS = (
    "portal.web.account",
    "portal.web.verification",
    "portal.cli",
    "portal.web.consent_points",
    "portal.web.dashboard",
    "portal.web.desk",
    "portal.web.callbacks",
    "portal.jobs",
    "portal.web.my_consents",
    "portal.web.operator",
    "portal.web.recipient",
    "portal.web.signin",
    "portal.web.shared.views",
    "portal.web.shared",
)
FLOORS = (GROUND, RULES, MACHINES, DOORS)

NEXT_DOOR, SETTINGS, CONTENTS = "shortlinks", "config", "portal"
ROOMS = {room: height for height, floor in enumerate(FLOORS) for room in floor}

LANES = ("portal.services.iys.reconciliation", "portal.services.iys.forwarding", "portal.services.iys.inflow")
# (who, whom): why the two need not leave each other alone.
LAWFUL = {
    (
        "portal.domain.providers.onboarding",
        "portal.domain.identity.accounts",
    ): "who opens an account for a firm becomes its owner",
    (
        "portal.domain.providers.onboarding",
        "portal.domain.providers.sandbox_mode",
    ): "a new firm practises, and being admitted ends it",
    (
        "portal.domain.campaigns.default_texts",
        "portal.domain.campaigns",
    ): "a usual text is a campaign's Wording, filled in",
    (
        "portal.domain.providers.brands",
        "portal.domain.providers.sandbox_mode",
    ): "a brand that practises bears a code of practice",
    ("portal.domain.identity.passkeys", "portal.domain.identity.factors"): "a passkey is one of a person's factors",
    ("portal.domain.identity.members", "portal.domain.identity.accounts"): "who accepts an invitation joins",
    (
        "portal.domain.identity.members",
        "portal.domain.notifications.mails",
    ): "an invitation is mailed, and owners hear of another",
    (
        "portal.domain.identity.members",
        "portal.domain.identity.permissions",
    ): "nobody gives a role that may do more than their own",
    ("portal.domain.identity.members", "portal.domain.identity.one_time_links"): "an invitation is a ticket",
    (
        "portal.domain.identity.sessions",
        "portal.domain.identity.permissions",
    ): "what a person may do is asked of who is in",
    (
        "portal.domain.consents",
        "portal.core.business_days.holiday_calendar",
    ): "until when a decision may be told depends on the operator's days",
    ("portal.domain.consents", "portal.domain.notifications.messages"): "who grants is told so on the same day",
    (
        "portal.domain.consents",
        "portal.domain.providers.sandbox_mode",
    ): "what is decided at a brand that practised is obeyed, and not told",
    (
        "portal.domain.receipts",
        "portal.domain.providers.sandbox_mode",
    ): "a receipt says whether İYS, its sandbox or nobody hears of a decision",
    ("portal.domain.address_proofs", "portal.domain.notifications.messages"): "a code goes to its address as a message",
    ("portal.domain.address_proofs", "portal.domain.identity.login_throttle"): "both count by the same networks",
    (
        "portal.domain.consents",
        "portal.domain.consents.recipients",
    ): "what İYS tells of somebody unknown here makes the recipient",
    ("portal.domain.complaints", "portal.domain.notifications.messages"): "who complained is told when it is settled",
    ("portal.domain.consent_points", "portal.domain.campaigns"): "a point asks as a campaign does, of whoever comes",
    ("portal.domain.consent_points", "portal.domain.address_proofs"): "a point's budget is counted in codes",
    (
        "portal.domain.consent_points",
        "portal.domain.consents.recipients",
    ): "whoever proves an address at a point is found or made",
    (
        "portal.web.consent_points",
        "portal.web.recipient",
    ): "a point's form is that of a link, and leads to the same receipt",
    (
        "portal.web.desk",
        "portal.web.dashboard",
    ): "the desk stands in the dashboard's frame, with its notes and its refusals",
    **{(door, "portal.web.shared"): "web/ is what the doors share" for door in DOORS},
    **{(lane, "portal.services.iys"): "all ask İYS by one client, at one pace" for lane in LANES},
    **{("portal.services.iys", lane): "running starts each lane's steps" for lane in LANES},
}
# Who knows the house next door, by the names on its door plate only.
KNOW_NEXT_DOOR = {
    CONTENTS: "sets it up",
    "portal.migrations": "migrates its tables, too",
    "portal.services.launches": "reads the links of a campaign back, for the CSV",
    "portal.services.messaging": "messages name links and receipts",
    **{room: "rules make links" for room in RULES},
    **{room: "doors resolve codes" for room in DOORS},
}
# An İYS in a box proves nothing when it shares the portal's own thinking: it knows İYS's wire texts and the time.
THE_BOX, THE_BOX_KNOWS = (
    "iys_sandbox",
    ("portal.core.clock", "portal.core.iys_protocol", "portal.core.iys_protocol.enums"),
)
# Neither rules nor what lies below them know of a request; extensions bind themselves to the app.
KNOW_FLASK = ("portal.core.extensions", "portal.migrations", *MACHINES, *DOORS, CONTENTS)
WEB_FRAMEWORKS = ("flask", "werkzeug", "flask_login", "flask_wtf", "flask_babel", "flask_limiter", "huey")


def violations(name: str, source: str, *, is_package: bool = False) -> list[str]:
    """What one module's imports break, in sentences; `name` is dotted."""
    here = room_of(name)
    if here is None:
        return [f"{name} belongs to no room: give it a place in the table"]
    tree = ast.parse(source)
    told = [broken(here, whom) for whom in imported(tree, name, is_package)]
    told += [f"{whom} is not on the door plate of shortlinks" for whom in behind_the_plate(tree) if here != NEXT_DOOR]
    return [f"{name}: {sentence}" for sentence in told if sentence]


def room_of(name: str) -> str | None:
    """The room that a dotted name belongs to; anything else outside the product, too, is None."""
    if name in (CONTENTS, SETTINGS, "wsgi"):
        return name
    if name.partition(".")[0] == NEXT_DOOR:
        return NEXT_DOOR
    return max((room for room in ROOMS if f"{name}.".startswith(f"{room}.")), key=len, default=None)


def imported(tree: ast.AST, name: str, is_package: bool) -> list[str]:
    """Every dotted name that a module imports, at its top or inside a function."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = name.split(".")
            package = package[: len(package) - node.level + (1 if is_package else 0)] if node.level else []
            base = ".".join([*package, *filter(None, [node.module])])
            found += [f"{base}.{alias.name}" for alias in node.names]
    return found


def broken(here: str, whom: str) -> str | None:
    """The rule that an import breaks, if it does."""
    head = whom.partition(".")[0]
    if head in WEB_FRAMEWORKS and here not in KNOW_FLASK:
        return f"{whom}: only doors and machines know of requests and tasks"
    if head == SETTINGS:
        return None if here == CONTENTS else "settings are read once, by create_app"
    if head == NEXT_DOOR:
        return broken_next_door(here, whom)
    if head != "portal":
        return None
    if here == "wsgi":
        return None if whom == "portal.create_app" else "wsgi only makes the app"
    if here in (NEXT_DOOR, SETTINGS):
        return f"{here} knows nothing of the portal"
    return broken_floor(here, room_of(whom) or CONTENTS)


def broken_next_door(here: str, whom: str) -> str | None:
    if here == NEXT_DOOR or whom == NEXT_DOOR and here in KNOW_NEXT_DOOR:
        return None
    if here not in KNOW_NEXT_DOOR:
        return f"{here} has no business with shortlinks"
    name = whom.partition(".")[2]
    return None if name in shortlinks.__all__ else f"{whom} is not on the door plate of shortlinks"


def broken_floor(here: str, there: str) -> str | None:
    if here in (there, CONTENTS) or (here, there) in LAWFUL:
        return None
    if there == CONTENTS:
        return "create_app stands above everything"
    if here == THE_BOX:
        return None if there in THE_BOX_KNOWS else f"the sandbox does not think with {there}"
    if ROOMS[there] > ROOMS[here]:
        return f"{there} is on a floor above"
    if ROOMS[there] < ROOMS[here]:
        return None
    if here in GROUND:
        return None if GROUND.index(there) < GROUND.index(here) else f"{there} stands on {here}, not under it"
    return f"{there} is another room of the same floor"


def behind_the_plate(tree: ast.AST) -> list[str]:
    """Uses such as shortlinks.links.Link after a lawful `import shortlinks`."""
    return [
        f"shortlinks.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == NEXT_DOOR
        and node.attr not in shortlinks.__all__
    ]


def test_every_import_of_the_product_is_in_the_table():
    told = []
    for name, path in product.modules():
        told += violations(name, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py")

    assert told == []


def test_every_exception_is_still_needed():
    used = set()
    for name, path in product.modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = imported(tree, name, path.name == "__init__.py")
        used |= {(room_of(name), room_of(whom)) for whom in found}

    assert {pair for pair in LAWFUL if pair not in used and "portal.web.shared" not in pair} == set()


def test_every_room_of_the_table_stands():
    standing = {name for name, _ in product.modules()} | {"portal.migrations"}  # Alembic's folder is no package.

    assert set(ROOMS) <= standing


PLANTED = {
    "upwards: a rule calls a machine": ("portal.domain.campaigns", "from portal.services.iys import forward"),
    "upwards: a model asks a rule": ("portal.core.models.decision", "import portal.domain.consents"),
    "upwards: a machine opens a door": (
        "portal.services.messaging.outbox",
        "from portal.web.shared.labels import label",
    ),
    "upwards: inside a function": (
        "portal.domain.identity.accounts",
        "def f():\n    from portal.web.signin import door",
    ),
    "upwards: relatively": ("portal.core.iys_protocol.codes", "from ..consents import decide"),
    "upwards: a room makes the app": ("portal.jobs", "from portal import create_app"),
    "sideways: one door through another": (
        "portal.web.dashboard.campaigns.campaigns",
        "from portal.web.recipient import pages",
    ),
    "sideways: one machine calls another": ("portal.services.imports.audience", "from portal import launches"),
    "sideways: proof leans on forwarding": (
        "portal.services.iys.reconciliation.own_movements",
        "from portal.services.iys.forwarding import outcomes",
    ),
    "sideways: forwarding leans on inflow": (
        "portal.services.iys.forwarding.single_dispatch",
        "from portal.services.iys.inflow import feeds",
    ),
    "sideways: one rule asks another": (
        "portal.domain.consents.recipients",
        "from portal.domain.campaigns import Contact",
    ),
    "sideways: what doors share opens one": ("portal.web.shared.error_pages", "from portal.web.signin import door"),
    "the ground: out of order": ("portal.core.business_days", "from portal.core.models import Decision"),
    "the ground: words lie below addresses": (
        "portal.core.addresses.phones",
        "from portal.core.iys_protocol import CODES",
    ),
    "the sandbox thinks with the forwarder": (
        "iys_sandbox.state_rules",
        "from portal.services.iys.client import Answer",
    ),
    "the forwarder thinks with the sandbox": (
        "portal.services.iys.forwarding.single_dispatch",
        "from iys_sandbox import rules",
    ),
    "next door looks into the portal": ("shortlinks.links", "from portal import clock"),
    "next door reads settings": ("shortlinks.codes", "import config"),
    "next door knows the web": ("shortlinks.agents", "from flask import request"),
    "the portal goes behind the door plate": ("portal.domain.campaigns", "from shortlinks.codes import Codes"),
    "the portal takes a module next door": ("portal.web.recipient", "from shortlinks import links"),
    "the portal reaches through": ("portal.domain.campaigns", "import shortlinks\nshortlinks.links.Link"),
    "a machine without business next door": ("portal.services.iys.forwarding.claims", "import shortlinks"),
    "a rule knows the request": ("portal.domain.consents", "from flask import request"),
    "a room reads settings": ("portal.web.signin", "import config"),
    "settings look into the portal": ("config", "from portal import clock"),
    "no room at all": ("portal.shed", ""),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_violation_is_caught(planted):
    name, source = PLANTED[planted]

    assert len(violations(name, source)) == 1


LAWFUL_IMPORTS = [
    (
        "portal.web.dashboard.campaigns.campaigns",
        "from portal import campaigns, launches, clock\nfrom portal.web.shared.labels import label",
    ),
    ("portal.web.dashboard.campaigns.campaigns", "from portal.web.dashboard.forms import CampaignForm"),
    ("portal.services.key_rotation", "from portal.domain.identity.accounts import EVERYBODY"),
    ("portal.domain.campaigns", "import shortlinks\nfrom shortlinks import Link\nshortlinks.create_many"),
    ("portal.core.iys_protocol.validation", "from portal.core.addresses import is_email"),
    ("portal", "import config\nfrom portal import cli, database"),
]


@pytest.mark.parametrize(("name", "source"), LAWFUL_IMPORTS)
def test_what_the_table_allows_is_left_alone(name, source):
    assert violations(name, source) == []
