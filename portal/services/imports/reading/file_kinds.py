"""Files told apart by their first bytes: a workbook, a text, or what is neither and has a cure of its own."""

from codecs import BOM_UTF8
from enum import StrEnum

from portal.services.imports.reading.file_problems import FileProblem, Unreadable

START = 4096  # Bytes that are enough to tell.

WORKBOOKS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")  # A zip, an empty zip, the container of xls.
OTHERS = {
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


class Kind(StrEnum):
    """How a file is cut."""

    WORKBOOK = "workbook"
    TEXT = "text"


def kind_of(start: bytes) -> Kind:
    """What begins so. Raises Unreadable for what is neither."""
    if start.startswith(WORKBOOKS):
        return Kind.WORKBOOK
    plain = start[:256].removeprefix(BOM_UTF8).lstrip().lower()
    for signature, problem in OTHERS.items():
        if plain.startswith(signature):
            raise Unreadable(problem)
    return Kind.TEXT
