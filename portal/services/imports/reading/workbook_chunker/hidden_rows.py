"""Rows of a workbook that its author hid or a filter hides; the reader of its cells does not tell."""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from html import unescape

from .chunks import Line

PART = 1024 * 1024  # Bytes of a sheet looked through at once.
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_ODS_TABLE = re.compile(rb"<table:(table-row|table)(?=[\s/>])[^>]*>")
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_COLLAPSED = re.compile(rb'\btable:visibility="(?:collapse|filter)"')
_ATTRIBUTE = re.compile(rb'(?<![\w:])([\w:]++)="([^"]*)"')
_SHEET, _RELATION = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>"), re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")


class HiddenLines:
    """Counts the hidden ones of a sheet's lines as they pass."""

    def __init__(self, rows: set[int]):
        self._rows, self.total = rows, 0

    def count(self, lines: Iterator[Line]) -> Iterator[Line]:
        """The same lines."""
        for number, cells in lines:
            self.total += number in self._rows
            yield number, cells


def find_hidden_rows(data: bytes) -> dict[str, set[int]]:
    """Numbers of hidden rows by sheet, of xlsx and ods; of what cannot be told, none."""
    with suppress(zipfile.BadZipFile, KeyError, ValueError, OSError), zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = set(packed.namelist())
        if "xl/workbook.xml" in names:
            return {sheet: _hidden_rows(packed, path) for sheet, path in sheet_paths(packed) if path in names}
        if "content.xml" in names:
            return _hidden_rows_of_ods(packed)
    return {}


def sheet_paths(packed: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """The name of each sheet of an xlsx and the part that holds it."""
    relations = {
        facts["Id"]: facts["Target"]
        for facts in map(attributes_of, _RELATION.findall(packed.read("xl/_rels/workbook.xml.rels")))
    }
    for facts in map(attributes_of, _SHEET.findall(packed.read("xl/workbook.xml"))):
        target = relations.get(next((facts[each] for each in facts if each.endswith(":id")), ""), "")
        yield facts["name"], posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _hidden_rows(packed: zipfile.ZipFile, path: str) -> set[int]:
    hidden, number = set[int](), 0
    if not holds(packed, path, b"hidden="):  # Nearly all: found faster than by looking at each row.
        return hidden
    for tag in tags_in(packed, path, _ROW):
        number = int(attributes_of(tag.group()).get("r", number + 1))
        if _HIDDEN.search(tag.group()):
            hidden.add(number)
    return hidden


def _hidden_rows_of_ods(packed: zipfile.ZipFile) -> dict[str, set[int]]:
    hidden: dict[str, set[int]] = {}
    name, number = "", 0
    for tag in tags_in(packed, "content.xml", _ODS_TABLE):
        facts = attributes_of(tag.group())
        if tag.group(1) == b"table":
            name, number = facts.get("table:name", ""), 0
            continue
        repeated = int(facts.get("table:number-rows-repeated", "1"))
        if _COLLAPSED.search(tag.group()):
            hidden.setdefault(name, set()).update(range(number + 1, number + 1 + min(repeated, 100_000)))
        number += repeated
    return hidden


def tags_in(packed: zipfile.ZipFile, path: str, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """The tags of a part, which is not held in memory whole."""
    rest = b""
    with packed.open(path) as part:
        while block := part.read(PART):
            text, end = rest + block, 0
            for tag in pattern.finditer(text):
                end = tag.end()
                yield tag
            rest = text[max(end, text.rfind(b"<")) :][:PART]  # No tag is longer.


def holds(packed: zipfile.ZipFile, path: str, text: bytes) -> bool:
    """Whether a part holds a short text, which is looked for without parsing."""
    end = b""
    with packed.open(path) as part:
        while block := part.read(PART):
            if text in end + block:
                return True
            end = block[-len(text) :]
    return False


def attributes_of(tag: bytes) -> dict[str, str]:
    """The attributes of a tag by their names as they are written, with a prefix."""
    return {name.decode(): unescape(value.decode()) for name, value in _ATTRIBUTE.findall(tag)}
