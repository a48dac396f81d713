"""What the chunker says, frame by frame: one letter, a length, and a body."""

import struct
from enum import StrEnum

HEAD = struct.Struct(">cI")
PIECE = struct.Struct(">IIII")  # Sheet, first line, lines, width; the packed lines follow.
LARGEST = 64 * 1024 * 1024  # No frame of ours comes near it: more is no frame.


class Kind(StrEnum):
    """What a frame's body holds."""

    FORMAT = "F"  # "xlsx", "xlsb", "xls" or "ods"
    SHEET = "S"  # The name of a sheet; pieces that follow are its.
    PIECE = "P"
    PROBLEM = "X"  # A word of FileProblem; the end.
    END = "E"  # Nothing is missing.


def frame(kind: Kind, body: bytes = b"") -> bytes:
    """One frame as it travels."""
    return HEAD.pack(kind.encode(), len(body)) + body
