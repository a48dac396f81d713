"""How a file is read: which column holds which field, and what holds for lines that do not say."""

from portal.services.imports.layout.detection import address_columns, guess
from portal.services.imports.layout.headers import find_header, signature
from portal.services.imports.layout.headings import (
    begins_table,
    holds_address,
    is_of_data,
    names_over_answers,
    refusal_spoken,
)
from portal.services.imports.layout.layout import OF_GRANTS, Field, Fix, Layout, missing, problems_of
from portal.services.imports.layout.orientation import is_transposed
from portal.services.imports.layout.plain_words import is_plain

__all__ = [
    "OF_GRANTS", "Field", "Fix", "Layout", "address_columns", "begins_table", "find_header", "guess", "holds_address",
    "is_of_data", "is_plain", "is_transposed", "missing", "names_over_answers", "problems_of", "refusal_spoken",
    "signature",
]  # fmt: skip
