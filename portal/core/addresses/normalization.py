"""A spelling freed of what is invisible or only dress: odd spaces, direction marks, full-width forms, quotes."""

import unicodedata

EDGES = " \t\r\n\v\f\"'=`´‘’“”,;"  # Excel keeps a number's zeros by a leading ' or as ="0532…".
FULL_WIDTH = range(0xFF01, 0xFF5F)


def normalize_spelling(text: str) -> str:
    """The same address with plain spaces and digits, nothing invisible in it and no quotes around it."""
    return (text if text.isascii() else text.translate(_REPLACEMENTS)).strip(EDGES)


class _Replacements(dict):
    """What str.translate looks up, learnt as characters turn up; an unknown one stays as it is."""

    def __missing__(self, code: int) -> str:
        self[code] = _replacement(code)  # Raises KeyError for all others, so this stays small whatever is sent.
        return self[code]


def _replacement(code: int) -> str:
    if code in FULL_WIDTH:
        return chr(code - 0xFEE0)
    category = unicodedata.category(chr(code))
    if category == "Cf":
        return ""
    if category == "Zs":
        return " "
    if category == "Nd":  # ² and ½ are no such digits: read as 2 they would make another address.
        return str(unicodedata.decimal(chr(code)))
    raise KeyError(code)


_REPLACEMENTS = _Replacements()
