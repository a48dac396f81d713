"""Rows of an xlsx that its author hid or a filter hides; the reader of its cells does not tell."""

import posixpath
import re
from collections.abc import Iterator
from html import unescape

from .chunks import Line
from .xlsx_parts import PART, Parts

_ROW = re.compile(rb"<row\b[^>]*>")
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_ATTRIBUTE = re.compile(rb'(?<![\w:])([\w:]++)="([^"]*)"')
_SHEET, _RELATION = re.compile(rb"<sheet\b[^>]*>"), re.compile(rb"<Relationship\b[^>]*>")


class HiddenLines:
    """Counts the hidden ones of a sheet's lines as they pass."""

    def __init__(self, rows: set[int]):
        self._rows, self.total = rows, 0

    def count(self, lines: Iterator[Line]) -> Iterator[Line]:
        """The same lines."""
        for number, cells in lines:
            self.total += number in self._rows
            yield number, cells


def find_hidden_rows(packed: Parts) -> dict[str, set[int]]:
    """Numbers of hidden rows by sheet."""
    return {sheet: _hidden_rows(packed, path) for sheet, path in sheet_paths(packed) if path in packed}


def sheet_paths(packed: Parts) -> Iterator[tuple[str, str]]:
    """The name of each sheet of an xlsx and the part that holds it."""
    relations = {
        facts["Id"]: facts["Target"]
        for facts in map(attributes_of, _RELATION.findall(packed.read("xl/_rels/workbook.xml.rels")))
    }
    for facts in map(attributes_of, _SHEET.findall(packed.read("xl/workbook.xml"))):
        target = relations.get(next((facts[each] for each in facts if each.endswith(":id")), ""), "")
        yield facts["name"], posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _hidden_rows(packed: Parts, path: str) -> set[int]:
    hidden, number = set[int](), 0
    if not holds(packed, path, b"hidden="):  # Nearly all: found faster than by looking at each row.
        return hidden
    for tag in tags_in(packed, path, _ROW):
        number = int(attributes_of(tag.group()).get("r", number + 1))
        if _HIDDEN.search(tag.group()):
            hidden.add(number)
    return hidden


def tags_in(packed: Parts, path: str, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """The tags of a part, which is not held in memory whole."""
    rest = b""
    with packed.open(path) as part:
        while block := part.read(PART):
            text, end = rest + block, 0
            for tag in pattern.finditer(text):
                end = tag.end()
                yield tag
            rest = text[max(end, text.rfind(b"<")) :][:PART]  # No tag is longer.


def holds(packed: Parts, path: str, text: bytes) -> bool:
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
