"""Detect a text's encoding in a first pass over its parts, and decode them in a second."""

import codecs
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from portal.services.imports.reading.file_problems import FileProblem, Unreadable

Parts = Callable[[], Iterator[bytes]]  # Opens the bytes of a file from their beginning; may be called again.

UTF_16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}  # Excel's "Unicode text"
WINDOWS = "windows-1254"  # ISO-8859-9 is the same wherever it has letters.
FEW = 20  # One broken letter among so many good ones is still UTF-8: a file put together from several.
FIRST_PART = 4096
_CONTROL = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f]")  # 0x1A is how DOS ended a text.


def find_encoding(parts: Parts) -> str:
    """The encoding of a text: UTF-16, UTF-8, or else Windows-1254 (Turkish)."""
    start = start_of(parts(), FIRST_PART)
    if encoding := UTF_16.get(start[:2]) or _unmarked_utf_16(start):
        return encoding
    utf_8 = "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
    return utf_8 if _is_utf_8(parts) or _is_nearly_utf_8(parts) else WINDOWS


def decoded(parts: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Decode a text part by part. Raises Unreadable for binary data."""
    errors = "strict" if encoding == WINDOWS else "replace"
    try:
        yield from _refuse_binary(codecs.iterdecode(parts, encoding, errors))
    except UnicodeDecodeError:
        raise Unreadable(FileProblem.BINARY) from None


def start_of(parts: Iterator[bytes], length: int) -> bytes:
    """The first bytes, however small the parts are."""
    start = b""
    for part in parts:
        start += part[:length]
        if len(start) >= length:
            break
    return start[:length]


def _refuse_binary(texts: Iterable[str]) -> Iterator[str]:
    behind = 0
    for text in texts:
        if "\0" in text or (behind < FIRST_PART and _CONTROL.search(text, 0, FIRST_PART - behind)):
            raise Unreadable(FileProblem.BINARY)
        behind += len(text)
        yield text


def _unmarked_utf_16(start: bytes) -> str | None:
    """UTF-16 without a byte order mark: in most texts at least three of four second bytes are null."""
    pairs, firsts, seconds = len(start) // 2, start[::2], start[1::2]
    for encoding, letters, nulls in (("utf-16-le", firsts, seconds), ("utf-16-be", seconds, firsts)):
        if pairs and nulls.count(0) > pairs * 3 / 4 and not letters.count(0):
            return encoding
    return None


def _is_utf_8(parts: Parts) -> bool:
    try:
        deque(codecs.iterdecode(parts(), "utf-8"), maxlen=0)
    except UnicodeDecodeError:
        return False
    return True


def _is_nearly_utf_8(parts: Parts) -> bool:
    decoder, broken, extra = codecs.getincrementaldecoder("utf-8")("replace"), 0, 0
    for part in parts():
        text = decoder.decode(part)
        broken += text.count("\ufffd")
        extra += len(part) - len(text)  # Bytes that letters outside ASCII take beyond their first.
    return broken * FEW < extra
