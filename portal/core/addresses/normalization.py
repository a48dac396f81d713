"""Normalize Unicode in typed addresses: spaces, direction marks, full-width forms, digits, quotes."""

import unicodedata

EDGES = " \t\r\n\v\f\"'=`´‘’“”,;"  # Excel keeps leading zeros by a leading ' or as ="0532…".
FULL_WIDTH = range(0xFF01, 0xFF5F)


def normalize_spelling(text: str) -> str:
    """Replace odd spaces and digits by ASCII ones; remove invisible characters and surrounding quotes."""
    return (text if text.isascii() else text.translate(_REPLACEMENTS)).strip(EDGES)


class _Replacements(dict[int, str]):
    """The table for str.translate, filled as characters occur. A KeyError leaves a character as it is."""

    def __missing__(self, code: int) -> str:
        self[code] = _replacement(code)  # Raises KeyError for all others, so the table stays small.
        return self[code]


def _replacement(code: int) -> str:
    if code in FULL_WIDTH:
        return chr(code - 0xFEE0)
    category = unicodedata.category(chr(code))
    if category == "Cf":
        return ""
    if category == "Zs":
        return " "
    if category == "Nd":  # Not ² and ½, which are no decimal digits.
        return str(unicodedata.decimal(chr(code)))
    raise KeyError(code)


_REPLACEMENTS = _Replacements()
