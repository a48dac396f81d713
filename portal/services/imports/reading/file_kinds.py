"""The kind of a file by its first bytes (magic numbers): a workbook, a text, or a format we refuse by name."""

from codecs import BOM_UTF8
from enum import StrEnum

from portal.services.imports.reading.file_problems import FileProblem, Unreadable

START = 4096  # Bytes that are enough to tell.

WORKBOOKS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")  # A zip, an empty zip, the container of xls.
REFUSED = {
    b"<html": FileProblem.HTML,  # What web panels like to call xls.
    b"<!doctype": FileProblem.HTML,
    b"<table": FileProblem.HTML,
    b"<?xml": FileProblem.HTML,
    b"<meta": FileProblem.HTML,
    b"<style": FileProblem.HTML,
    b"mime-version:": FileProblem.HTML,
    b"%pdf": FileProblem.PDF,
    b"\x89png": FileProblem.IMAGE,
    b"\xff\xd8\xff": FileProblem.IMAGE,
    b"gif8": FileProblem.IMAGE,
    b"ii*\0": FileProblem.IMAGE,
    b"mm\0*": FileProblem.IMAGE,
    b"\x1f\x8b": FileProblem.ARCHIVE,
    b"rar!": FileProblem.ARCHIVE,
    b"7z\xbc\xaf": FileProblem.ARCHIVE,
    b"{\\rtf": FileProblem.NO_WORKBOOK,
}


class FileKind(StrEnum):
    WORKBOOK = "workbook"
    TEXT = "text"


def detect_kind(start: bytes) -> FileKind:
    """Whether a file that begins so is a workbook or a text. Raises Unreadable for known other formats."""
    if start.startswith(WORKBOOKS):
        return FileKind.WORKBOOK
    plain = start[:256].removeprefix(BOM_UTF8).lstrip().lower()
    for signature, problem in REFUSED.items():
        if plain.startswith(signature):
            raise Unreadable(problem)
    return FileKind.TEXT
