"""Who may do what: a table for a provider's people, one for the operator's. Doors name the power of each page."""

from enum import StrEnum

from portal.core.models import OperatorRole, Role


class Permission(StrEnum):
    """One kind of act. A page needs exactly one."""

    # Anybody's who is signed in, about themselves.
    SELF = "self"
    # At a provider.
    LOOK = "look"
    SEARCH = "search"  # Find a recipient by address; the address stays masked.
    UNMASK = "unmask"  # See an address in full, with a reason.
    REFUSE = "refuse"  # Record a refusal for somebody who asked for it. Nobody grants.
    COMPLAINTS = "complaints"  # The desk: read cases, answer them, close them.
    PREPARE = "prepare"  # Campaigns and their audiences, as drafts.
    LAUNCH = "launch"
    IMPORT = "import"  # Bring a file of consents, and take back what it brought.
    EXPORT = "export"  # Files that leave the house.
    SETTLE = "settle"  # What İYS and we see differently, and what waits for a person.
    BRANDS = "brands"
    CONNECT = "connect"  # İYS accounts, pushes, and later keys.
    ONBOARD = "onboard"  # The firm's data, its papers, its package.
    PEOPLE = "people"  # Invitations, roles, networks.
    AUDIT = "audit"
    # At the operator.
    CONSOLE = "console"  # See providers, those assigned at least.
    ANSWER = "answer"  # Questions of providers.
    ASSIST = "assist"  # Search a provider's recipients, with a reason each time.
    BEHALF = "behalf"  # Bring a file for a provider that gave its leave.
    REVIEW = "review"  # Admit, send back, suspend; confirm orders.
    TARIFF = "tariff"  # Packages and their prices.
    CALENDAR = "calendar"
    HEALTH = "health"
    STAFF = "staff"  # The operator's own people and whom they answer for.


P = Permission

OF_ROLE: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(
        {P.LOOK, P.SEARCH, P.UNMASK, P.REFUSE, P.PREPARE, P.LAUNCH, P.IMPORT, P.EXPORT, P.SETTLE, P.BRANDS, P.CONNECT}
        | {P.ONBOARD, P.PEOPLE, P.AUDIT, P.COMPLAINTS}
    ),
    Role.MANAGER: frozenset(
        {P.LOOK, P.SEARCH, P.UNMASK, P.REFUSE, P.PREPARE, P.LAUNCH, P.IMPORT, P.EXPORT, P.SETTLE, P.BRANDS}
        | {P.ONBOARD, P.AUDIT, P.COMPLAINTS}
    ),
    Role.AGENT: frozenset({P.LOOK, P.SEARCH, P.UNMASK, P.REFUSE, P.COMPLAINTS}),
    Role.DEVELOPER: frozenset({P.LOOK, P.CONNECT}),
    Role.AUDITOR: frozenset({P.LOOK, P.SEARCH, P.AUDIT}),
}
OF_OPERATOR_ROLE: dict[OperatorRole, frozenset[Permission]] = {
    OperatorRole.ADMIN: frozenset(
        {P.CONSOLE, P.ANSWER, P.ASSIST, P.BEHALF, P.REVIEW, P.TARIFF, P.CALENDAR, P.HEALTH, P.STAFF, P.AUDIT}
    ),
    OperatorRole.SUPPORT: frozenset({P.CONSOLE, P.ANSWER, P.ASSIST, P.BEHALF}),
}
# What a suspended provider's people go on doing: reading, answering people, and setting things right.
DURING_SUSPENSION = frozenset({P.LOOK, P.SEARCH, P.UNMASK, P.REFUSE, P.COMPLAINTS, P.EXPORT, P.SETTLE, P.AUDIT})


def provider_permissions(role: Role, *, suspended: bool = False) -> frozenset[Permission]:
    """What a role may do at its provider; less while the provider is suspended."""
    return OF_ROLE[role] & DURING_SUSPENSION if suspended else OF_ROLE[role]


def operator_permissions(role: OperatorRole | None) -> frozenset[Permission]:
    """What a role may do at the operator; nothing without one."""
    return OF_OPERATOR_ROLE[role] if role else frozenset()
