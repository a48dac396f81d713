"""The wire format between chunker and portal: frames of one letter, a length, and a body."""

import struct
from enum import StrEnum

HEAD = struct.Struct(">cI")
CHUNK_HEADER = struct.Struct(">IIII")  # Sheet, first line, lines, width; the packed lines follow.
LARGEST = 64 * 1024 * 1024  # Bytes; a longer frame is not ours.


class FrameKind(StrEnum):
    """What a frame's body holds."""

    FORMAT = "F"  # "xlsx", "xlsb", "xls" or "ods"
    SHEET = "S"  # The name of the sheet that the following chunks belong to.
    CHUNK = "P"
    PROBLEM = "X"  # The value of a FileProblem; the last frame.
    END = "E"  # The file is complete.


def frame(kind: FrameKind, body: bytes = b"") -> bytes:
    return HEAD.pack(kind.encode(), len(body)) + body
