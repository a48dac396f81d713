"""The text of a vendor's push, in whatever encoding it came. No byte that is odd hides what stands beside it."""

import codecs
import re
from collections.abc import Iterator
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
        is_declared = name not in NOT_DECLARED and (0 in text[:HEAD] or not is_wide)  # Much UTF-8 says UTF-16.
        if is_declared and (text.isascii() or name.startswith("utf") or not _is_utf_8(text)):
            return text.decode(name, "strict" if name in DECLARED or name.startswith("utf") else "replace")
    return text.removeprefix(codecs.BOM_UTF8).decode("utf-8", TURKISH)


def read_fields(query: bytes) -> dict[str, str]:
    """The fields of a query by name, without empty ones; the first of each name."""
    fields = dict[str, str]()
    for name, value in _pairs(query):
        if value:
            fields.setdefault(name, value)
    return fields


def read_rows(form: bytes) -> list[dict[str, str]]:
    """The fields of a form by name, without empty ones; a name that comes again begins another row. Raises ValueError
    where a row has other names than the first one: nobody knows whose field is whose."""
    rows = [dict[str, str]()]
    for name, value in _pairs(form):
        if name in rows[-1]:
            rows.append({})
        rows[-1][name] = value
    if any([*row] != [*rows[0]] for row in rows):
        raise ValueError("rows differ")
    return [{name: value for name, value in row.items() if value} for row in rows]


def _pairs(fields: bytes) -> Iterator[tuple[str, str]]:
    for name, _, value in (pair.replace(b"+", b" ").partition(b"=") for pair in fields.split(b"&") if pair):
        yield decode(unquote_to_bytes(name)), decode(unquote_to_bytes(value)).strip()


def _is_utf_8(text: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        text.decode("utf-8")
        return True
    return False


def _as_turkish(failure: UnicodeError) -> tuple[str, int]:
    assert isinstance(failure, UnicodeDecodeError)
    return failure.object[failure.start : failure.end].decode(TURKISH, "replace"), failure.end


codecs.register_error(TURKISH, _as_turkish)
