"""Short links: unguessable codes, their resolution and visit statistics. Independent of the portal."""

from shortlinks.base import Base
from shortlinks.codes import ALPHABET, Codes
from shortlinks.links import (
    RESOLVED,
    Link,
    LinkState,
    Resolution,
    code_of,
    create,
    create_many,
    resolve,
    resolve_row,
    restore,
    revoke,
)
from shortlinks.visits import Opening, Visit, VisitKind, classify, record

__all__ = [
    "ALPHABET",
    "RESOLVED",
    "Base",
    "Codes",
    "Link",
    "LinkState",
    "Opening",
    "Resolution",
    "Visit",
    "VisitKind",
    "classify",
    "code_of",
    "create",
    "create_many",
    "record",
    "resolve",
    "resolve_row",
    "restore",
    "revoke",
]
