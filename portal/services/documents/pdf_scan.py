"""Find what runs, unpacks or hides in a PDF, without rendering it.

Names are found in every spelling ("/J#61vaScript"), in the file as it lies and in each stream that may hold objects,
decompressed. A file whose objects cannot be read (encrypted, other compressions, too much of it) is told as such.
"""

import base64
import binascii
import re
import zlib
from enum import StrEnum

MOST_STREAMS = 5000
MOST_UNPACKED = 64 * 1024 * 1024  # Bytes of all streams together.
# Each action of these kinds needs its name, so the first ones are looked for everywhere; the short ones of the second
# kind also occur in pictures by chance, and are looked for where objects are.
ACTIVE = ("JavaScript", "Launch", "EmbeddedFile", "RichMedia", "OpenAction", "SubmitForm", "ImportData", "GoToE")
SHORT = ("JS", "AA", "XFA")
DELIMITER = rb"(?=[\x00\t\n\f\r ()<>\[\]{}/%]|\Z)"
STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
DICTIONARY = 4096  # Bytes before the stream's keyword.
IMAGE_ONLY = ("Image",)
HOLDS_OBJECTS = ("ObjStm", "First")
OTHER_FILTERS = ("LZWDecode", "LZW", "Crypt", "RunLengthDecode", "RL")


class Finding(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"  # Its objects cannot be read.
    TOO_LARGE = "too_large"


def _spelled(name: str) -> bytes:
    """A pattern of a name, each of whose letters may be written as its code."""
    letters = (f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in name)
    return "".join(letters).encode()


def _pattern(names: tuple[str, ...], after: bytes = b"") -> re.Pattern[bytes]:
    return re.compile(rb"/(?:" + b"|".join(map(_spelled, names)) + rb")" + after)


EVERYWHERE, IN_OBJECTS = _pattern(ACTIVE), _pattern(SHORT, DELIMITER)
IS_ENCRYPTED = _pattern(("Encrypt",), DELIMITER)
IS_IMAGE, MAY_HOLD_OBJECTS = _pattern(IMAGE_ONLY, DELIMITER), _pattern(HOLDS_OBJECTS, DELIMITER)
IS_CLOSED = _pattern(OTHER_FILTERS, DELIMITER)
ASCII_HEX, ASCII_85 = _pattern(("ASCIIHexDecode", "AHx"), DELIMITER), _pattern(("ASCII85Decode", "A85"), DELIMITER)


def scan(content: bytes) -> Finding | None:
    """What is wrong with a PDF; None where nothing was found. Takes linear time in the file and in what it unpacks."""
    if EVERYWHERE.search(content):
        return Finding.ACTIVE
    starts = [found.end() for found in STREAM.finditer(content)]
    if len(starts) > MOST_STREAMS:
        return Finding.TOO_LARGE
    outside = _without_streams(content, starts)
    if IS_ENCRYPTED.search(outside):
        return Finding.CLOSED
    if IN_OBJECTS.search(outside):
        return Finding.ACTIVE
    left = MOST_UNPACKED
    for start in starts:
        head = content[max(0, start - DICTIONARY) : start]
        head = head[head.rfind(b"obj") + 1 :]
        is_of_objects = MAY_HOLD_OBJECTS.search(head) is not None
        if IS_IMAGE.search(head) and not is_of_objects:
            continue
        if is_of_objects and IS_CLOSED.search(head):
            return Finding.CLOSED
        unpacked = _unpack(content, start, head, left)
        left -= len(unpacked)
        if left <= 0:
            return Finding.TOO_LARGE
        if EVERYWHERE.search(unpacked) or (is_of_objects and IN_OBJECTS.search(unpacked)):
            return Finding.ACTIVE
    return None


def _without_streams(content: bytes, starts: list[int]) -> bytes:
    parts, end = [], 0
    for start in starts:
        if start < end:
            continue
        parts.append(content[end:start])
        found = content.find(b"endstream", start)
        end = found if found >= 0 else start
    return b" ".join([*parts, content[end:]])


def _unpack(content: bytes, start: int, head: bytes, most: int) -> bytes:
    """A stream's bytes, decompressed as far as they can be. The data says where they end, not a length."""
    data: bytes | memoryview = memoryview(content)[start:]
    try:
        if ASCII_85.search(head):
            data = base64.a85decode(bytes(data[: max(content.find(b"~>", start) - start, 0)]))
        elif ASCII_HEX.search(head):
            digits = bytes(data[: max(content.find(b">", start) - start, 0)])
            data = binascii.unhexlify(b"".join(digits.split()) + b"0" * (len(b"".join(digits.split())) % 2))
    except ValueError:
        return b""
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        end = content.find(b"endstream", start)
        return bytes(data if not isinstance(data, memoryview) else data[: max(end - start, 0)])
