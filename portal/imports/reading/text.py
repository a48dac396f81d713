"""Bytes as they came, told apart from other kinds of files and decoded."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from .unreadable import FileProblem, Unreadable

SIGNATURES = {
    b"PK\x03\x04": FileProblem.EXCEL,  # xlsx, ods
    b"\xd0\xcf\x11\xe0": FileProblem.EXCEL,  # xls
    b"<html": FileProblem.EXCEL,  # What web panels like to call xls.
    b"<table": FileProblem.EXCEL,
    b"<?xml": FileProblem.EXCEL,
    b"%pdf": FileProblem.PDF,
}
FIRST_PART = 4096
_CONTROL = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f]")  # 0x1A is how DOS ended a text.


def decode(data: bytes | str, limit: int) -> tuple[str, str]:
    """The text and the name of its encoding; raises Unreadable for other kinds of files and beyond the limit."""
    if isinstance(data, bytes):
        _refuse_other_kinds(data)
    if len(data) > limit:
        raise Unreadable(FileProblem.TOO_LARGE)
    text, encoding = (data.removeprefix("\ufeff"), "utf-8") if isinstance(data, str) else _decode(data)
    if "\0" in text or _CONTROL.search(text, 0, FIRST_PART):
        raise Unreadable(FileProblem.BINARY)
    return text.rstrip("\x1a"), encoding


def _refuse_other_kinds(data: bytes) -> None:
    start = data[:64].lstrip().removeprefix(BOM_UTF8).lower()
    for signature, problem in SIGNATURES.items():
        if start.startswith(signature.lower()):
            raise Unreadable(problem)


def _decode(data: bytes) -> tuple[str, str]:
    try:
        if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):  # Excel's "Unicode text"
            return data.decode("utf-16"), "utf-16"
        if data.startswith(BOM_UTF8):
            return data.decode("utf-8-sig"), "utf-8-sig"
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_windows(data)


def _decode_windows(data: bytes) -> tuple[str, str]:
    try:
        return data.decode("windows-1254"), "windows-1254"
    except UnicodeDecodeError:
        raise Unreadable(FileProblem.BINARY) from None
