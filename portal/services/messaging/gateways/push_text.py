"""The text of a vendor's push, in whatever encoding it came. No byte that is odd hides what stands beside it."""

import codecs
import re
from collections import Counter
from contextlib import suppress
from urllib.parse import unquote_to_bytes

TURKISH = "windows-1254"  # ISO-8859-9 is the same wherever it has letters.
CHARSET = re.compile(r"""(?:charset|encoding)\s{0,9}=\s{0,9}["']?([A-Za-z0-9_-]{1,20})""")
DECLARED = ("cp1252", "cp1254", "iso8859-1", "iso8859-9", "cp857", "mac-turkish", "utf-16", "utf-16-le", "utf-16-be")
# A label alone says little, and these codecs take quadratic time, or are none of texts.
NOT_DECLARED = ("ascii", "utf-8", "idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
HEAD = 200  # Bytes in which an XML declaration stands.


def decode(text: bytes, content_type: str = "") -> str:
    """UTF-16 by its mark or UTF-8; else as declared, by the type or in XML; else UTF-8 in which whatever is none is
    Windows-1254."""
    if text[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return text.decode("utf-16", "replace")
    head = text[:HEAD].decode("ascii", "replace") if text.lstrip()[:1] == b"<" else ""
    declared = CHARSET.search(content_type) or CHARSET.search(head)
    with suppress(LookupError, ValueError):
        name = codecs.lookup(declared[1]).name if declared else "utf-8"
        is_wide = name.startswith(("utf-16", "utf-32"))
        is_so = name not in NOT_DECLARED and (0 in text[:HEAD] or not is_wide)  # UTF-8 is often declared as UTF-16.
        if is_so and (text.isascii() or name.startswith("utf") or not _is_utf_8(text)):
            return text.decode(name, "strict" if name in DECLARED or name.startswith("utf") else "replace")
    return text.removeprefix(codecs.BOM_UTF8).decode("utf-8", TURKISH)


def read_fields(query: bytes) -> dict[str, str]:
    """The fields of a form or a query by name, without empty ones."""
    return read_rows(query)[0]


def read_rows(query: bytes) -> list[dict[str, str]]:
    """The same; fields whose names stood there before are rows of their own."""
    rows, counts = [dict[str, str]()], Counter[str]()
    for name, _, value in (pair.replace(b"+", b" ").partition(b"=") for pair in query.split(b"&")):
        if value:
            field = decode(unquote_to_bytes(name))
            rows += [{}] if counts[field] == len(rows) else []
            rows[counts[field]][field] = decode(unquote_to_bytes(value)).strip()
            counts[field] += 1
    return rows


def _is_utf_8(text: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        text.decode("utf-8")
        return True
    return False


def _as_turkish(failure: UnicodeError) -> tuple[str, int]:
    assert isinstance(failure, UnicodeDecodeError)
    return failure.object[failure.start : failure.end].decode(TURKISH, "replace"), failure.end


codecs.register_error(TURKISH, _as_turkish)
