"""Short links: unguessable codes, their resolution and visit statistics. Independent of the portal."""

from shortlinks.agents import classify
from shortlinks.base import Base
from shortlinks.codes import Codes
from shortlinks.links import Link, code_of, create, create_many, revoke
from shortlinks.resolution import LinkState, Resolution, resolve
from shortlinks.visits import Opening, Visit, VisitKind, record

__all__ = [
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
    "revoke",
]
