"""Whether a table has its names in its first column, and its people beside or below each other."""

from collections.abc import Sequence

from portal.core.addresses import Address
from portal.services.imports.layout.consent_names import refusal_named
from portal.services.imports.layout.headers import CLEAR, announced, is_clear
from portal.services.imports.layout.layout import ADDRESSES
from portal.services.imports.layout.normalization import address_or_problem
from portal.services.imports.reading.workbook_chunker.chunks import Line


def is_transposed(lines: Sequence[Line]) -> bool:
    """Whether each line with an address begins with a name of addresses, and has several ("Telefon;0532…;0533…" beside
    "Durum;ONAY;RET"), or one above a line with another name ("Telefon;0532…" above "SMS izni;0")."""
    labels: list[str] = []  # Of lines with addresses.
    runs, has_others, has_below = False, False, False
    for _, cells in lines:
        label, *values = [*filter(str.strip, cells)] or [""]
        count = sum(isinstance(address_or_problem(cell), Address) for cell in values)
        if isinstance(address_or_problem(label), Address) or (count and not _names_addresses(label)):
            return False
        if count:
            labels.append(label)
            runs = runs or count > 1
        elif values and not any(map(is_clear, values)):  # No header.
            has_others = True
            is_named = is_clear(label) or refusal_named(label) is not None
            has_below = has_below or (bool(labels) and is_named and not _names_addresses(label))
    return bool(labels) and (has_below or (runs and has_others and len({*labels}) == len(labels)))


def _names_addresses(label: str) -> bool:
    fields = announced(label) or {}
    return any(fields.get(each, 0) >= CLEAR for each in ADDRESSES)
