"""Who may do what: a table for a provider's people, one for the operator's staff, and one for a provider's programs."""

from collections.abc import Collection
from enum import StrEnum

from portal.core.models import OperatorRole, Role


class Permission(StrEnum):
    """One kind of act. Each page needs exactly one."""

    SELF = "self"  # Of everybody who is signed in: pages about themselves.
    # At a provider.
    LOOK = "look"
    SEARCH = "search"  # Find a recipient by address; the address stays masked.
    UNMASK = "unmask"  # See an address in full, with a reason.
    REFUSE = "refuse"  # Record a refusal for somebody who asked for it. Nobody grants.
    COMPLAINTS = "complaints"  # Read, answer and close cases.
    PREPARE = "prepare"  # Campaigns and their audiences, as drafts.
    LAUNCH = "launch"  # Also take the links, which are messages in waiting.
    CLOSE = "close"  # A campaign: it asks nobody any more.
    IMPORT = "import"  # Import a file of consents, and undo the import.
    EXPORT = "export"  # Download files.
    SETTLE = "settle"  # Resolve differences to İYS and submissions that wait for a person.
    BRANDS = "brands"
    CONNECT = "connect"  # İYS accounts, pushes, and accounts at vendors of messages; at the operator, too.
    ONBOARD = "onboard"  # The company's data, papers and package.
    PEOPLE = "people"  # Invitations, roles, networks.
    AUDIT = "audit"
    KEYS = "keys"  # Keys of the provider's programs.
    # At the operator.
    CONSOLE = "console"  # See providers, those assigned at least.
    ANSWER = "answer"  # Questions of providers.
    ASSIST = "assist"  # Search a provider's recipients, with a reason each time.
    BEHALF = "behalf"  # Import a file for a provider that delegated it.
    REVIEW = "review"  # Admit, send back, suspend; confirm orders.
    TARIFF = "tariff"  # Packages and their prices.
    CALENDAR = "calendar"
    HEALTH = "health"
    STAFF = "staff"  # The operator's staff and their assignments.


P = Permission

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(
        {P.LOOK, P.SEARCH, P.UNMASK, P.REFUSE, P.PREPARE, P.LAUNCH, P.IMPORT, P.EXPORT, P.SETTLE, P.BRANDS, P.CONNECT}
        | {P.CLOSE, P.ONBOARD, P.PEOPLE, P.AUDIT, P.COMPLAINTS, P.KEYS}
    ),
    Role.MANAGER: frozenset(
        {P.LOOK, P.SEARCH, P.UNMASK, P.REFUSE, P.PREPARE, P.LAUNCH, P.IMPORT, P.EXPORT, P.SETTLE, P.BRANDS}
        | {P.CLOSE, P.ONBOARD, P.AUDIT, P.COMPLAINTS}
    ),
    Role.AGENT: frozenset({P.LOOK, P.SEARCH, P.UNMASK, P.REFUSE, P.COMPLAINTS}),
    Role.DEVELOPER: frozenset({P.LOOK, P.CONNECT}),
    Role.AUDITOR: frozenset({P.LOOK, P.SEARCH, P.AUDIT}),
}
OPERATOR_PERMISSIONS: dict[OperatorRole, frozenset[Permission]] = {
    OperatorRole.ADMIN: frozenset(
        {P.CONSOLE, P.ANSWER, P.ASSIST, P.BEHALF, P.REVIEW, P.TARIFF, P.CALENDAR, P.HEALTH, P.STAFF, P.AUDIT}
        | {P.CONNECT}
    ),
    OperatorRole.SUPPORT: frozenset({P.CONSOLE, P.ANSWER, P.ASSIST, P.BEHALF}),
}
# What a suspended provider's people may still do: read, answer recipients, stop asking, bring refusals, correct data.
DURING_SUSPENSION = frozenset(
    {P.LOOK, P.SEARCH, P.UNMASK, P.REFUSE, P.COMPLAINTS, P.CLOSE, P.IMPORT, P.EXPORT, P.SETTLE, P.AUDIT, P.KEYS}
)


class Scope(StrEnum):
    """What a key of the API may do. Each view of the API needs exactly one."""

    SELF = "self"  # Of every key: what it may do itself.
    BRANDS = "brands:read"
    READ = "consents:read"  # One address at a time, with its history, and what came of its own requests.
    CHECK = "consents:check"  # Ask of many addresses whether they may be messaged.
    REFUSE = "consents:refuse"  # Bring refusals.
    GRANT = "consents:grant"  # Bring grants, too; of no use without REFUSE.
    EVENTS = "events:read"  # All consents, and whatever happens to them.
    SENDS = "sends:write"  # Report messages that were sent by other systems.
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"  # Open drafts and bring people into them.
    CAMPAIGNS_LAUNCH = "campaigns:launch"  # Also take the links, which are messages in waiting.
    LINKS = "links:write"  # One person's link at a consent point, and links that only refuse.
    IMPORTS = "imports:write"  # Bring files; to start them with their grants needs GRANT, too. Holds IMPORTS_REFUSE.
    IMPORTS_REFUSE = "imports:refuse"  # Bring files for their refusals, of which no results are shown.
    EXPORTS = "exports:read"  # Take files of everything a brand has.
    RETAILERS_READ = "retailers:read"  # At İYS, as all of retailers is.
    RETAILERS_WRITE = "retailers:write"  # Also give and take their access to consents.
    WEBHOOKS = "webhooks:write"  # Endpoints of single brands; to show addresses in full they need EVENTS, too.


# Held by every key.
COMMON_SCOPES = frozenset({Scope.SELF})
# What a suspended provider's programs may still do; its people, see above.
SCOPES_DURING_SUSPENSION = frozenset(Scope) - {
    Scope.GRANT, Scope.CAMPAIGNS_WRITE, Scope.CAMPAIGNS_LAUNCH, Scope.RETAILERS_WRITE,
}  # fmt: skip

# What brings refusals and, without GRANT, nothing else. By a link that LINKS takes its holder can also consent; by
# IMPORTS a dry run tells of anybody whether they consented.
REFUSING_SCOPES = frozenset({Scope.REFUSE, Scope.IMPORTS_REFUSE})


def key_scopes(given: Collection[str], *, suspended: bool = False) -> frozenset[Scope]:
    """What a key may do that was given these scopes; less while its provider is suspended."""
    held = frozenset(map(Scope, given)) | COMMON_SCOPES
    if Scope.IMPORTS in held:
        held |= {Scope.IMPORTS_REFUSE}
    return held & SCOPES_DURING_SUSPENSION if suspended else held


def provider_permissions(role: Role, *, suspended: bool = False) -> frozenset[Permission]:
    """What a role may do at its provider; less while the provider is suspended."""
    return ROLE_PERMISSIONS[role] & DURING_SUSPENSION if suspended else ROLE_PERMISSIONS[role]


def operator_permissions(role: OperatorRole | None) -> frozenset[Permission]:
    """What a role may do at the operator; nothing without one."""
    return OPERATOR_PERMISSIONS[role] if role else frozenset()
