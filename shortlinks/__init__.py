"""Short links: unguessable codes, their resolution and visit statistics. Independent of the portal."""

from shortlinks.base import Base
from shortlinks.codes import ALPHABET, Codes
from shortlinks.links import (
    NO_LINK,
    RESOLVED,
    Link,
    LinkState,
    Resolution,
    code_of,
    create,
    create_many,
    reserve_ids,
    resolve,
    resolve_row,
    restore,
    revoke,
)
from shortlinks.visits import Opening, Visit, VisitKind, classify, record

__all__ = [
    "ALPHABET",
    "NO_LINK",
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
    "reserve_ids",
    "resolve",
    "resolve_row",
    "restore",
    "revoke",
]
