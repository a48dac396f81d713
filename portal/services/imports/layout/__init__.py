"""How a file is read: which column holds which field, and what holds for lines that do not say."""

from portal.services.imports.layout.completeness import ADDRESSES, missing, problems_of
from portal.services.imports.layout.detection import address_columns, guess
from portal.services.imports.layout.headers import find_header, signature
from portal.services.imports.layout.layout import Field, Fix, Layout

__all__ = [
    "ADDRESSES",
    "Field",
    "Fix",
    "Layout",
    "address_columns",
    "find_header",
    "guess",
    "missing",
    "problems_of",
    "signature",
]  # fmt: skip
