"""Comments of cells, and what is struck through, of an xlsx: refusals are often noted so, and the reader of cells does
not tell."""

import io
import posixpath
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from defusedxml.ElementTree import ParseError, iterparse

from .chunks import Line
from .hidden_rows import PART, attributes_of, holds, sheet_paths, tags_in

Element = Any  # xml.etree.ElementTree.Element
COMMENT, STRUCK = "Hücre notu:\n", "Üstü çizili"
LONGEST = 10_000  # Characters of a line's notes.
STRINGS, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
LONGEST_CELL, LONGEST_VALUE = 1000, 50  # Bytes of a cell's tag, and of the number of a string.
_STRING, _IS_OFF = re.compile(rb"<(?:\w+:)?(?:si|strike)\b[^>]*>"), re.compile(rb'\bval="(?:0|false)"')
# With content: its tag, its line, and its value where that is a number.
_CELL = re.compile(rb'<(?:\w+:)?c\b((?=[^<>]*\br="[A-Z]+(\d+)")[^<>]*(?<!/))>(?:<(?:\w+:)?v>(\d+)<)?')
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")

Notes = dict[int, list[str]]  # By the number of the line.


def with_notes(lines: Iterable[Line], notes: Notes) -> Iterator[Line]:
    """The same lines; one with notes has a cell more, beside all columns. In `notes` those of other lines are left."""
    for number, cells in lines:
        if number in notes:
            cells.append("\n".join(dict.fromkeys(notes.pop(number)))[:LONGEST])
        yield number, cells


def find_notes(data: bytes) -> dict[str, Notes]:
    """Notes by sheet, of xlsx; of what cannot be told, none."""
    with (
        suppress(zipfile.BadZipFile, KeyError, ValueError, OSError, ParseError),
        zipfile.ZipFile(io.BytesIO(data)) as packed,
    ):
        names = set(packed.namelist())
        if "xl/workbook.xml" in names:
            formats, strings = _struck_formats(packed), _struck_strings(packed)
            paths = [(sheet, path) for sheet, path in sheet_paths(packed) if path in names]
            return {sheet: _notes_of_sheet(packed, path, formats, strings) for sheet, path in paths}
    return {}


def _notes_of_sheet(packed: zipfile.ZipFile, path: str, formats: set[str], strings: set[bytes]) -> Notes:
    notes: Notes = defaultdict(list)
    for target in related(packed, path, "/comments"):
        for comment in elements(packed, target, "comment"):
            notes[_line_of(comment.get("ref", ""))].append(COMMENT + "".join(comment.itertext()).strip())
    for line in _struck_lines(packed, path, formats, strings) if formats or strings else ():
        notes[line].append(STRUCK)
    return notes


def related(packed: zipfile.ZipFile, path: str, kind: str) -> Iterator[str]:
    """The parts that belong to a sheet, of a kind."""
    folder, name = posixpath.split(path)
    with suppress(KeyError):  # A sheet without relations.
        for facts in map(attributes_of, _RELATION.findall(packed.read(f"{folder}/_rels/{name}.rels"))):
            if facts["Type"].endswith(kind):
                yield posixpath.normpath(posixpath.join("/", folder, facts["Target"])).lstrip("/")


def _struck_formats(packed: zipfile.ZipFile) -> set[str]:
    """The numbers of cell formats with a font that is struck through."""
    if STYLES not in packed.namelist() or not holds(packed, STYLES, b"strike"):
        return set()
    fonts, formats = (next(elements(packed, STYLES, each), ()) for each in ("fonts", "cellXfs"))
    struck = {str(place) for place, font in enumerate(fonts) if is_struck(font)}
    return {str(place) for place, each in enumerate(formats) if each.get("fontId") in struck}


def _struck_strings(packed: zipfile.ZipFile) -> set[bytes]:
    """The numbers of shared strings of which a part is struck through."""
    struck, number = set[bytes](), -1
    for tag in tags_in(packed, STRINGS, _STRING) if STRINGS in packed.namelist() else ():
        if b"strike" not in tag.group():
            number += 1
        elif not _IS_OFF.search(tag.group()):
            struck.add(b"%d" % number)
    return struck


def _struck_lines(packed: zipfile.ZipFile, path: str, formats: set[str], strings: set[bytes]) -> Iterator[int]:
    """Without parsing: a sheet may have millions of cells."""
    formatted = re.compile(rb'\bs="(?:%s)"' % "|".join(formats or "-").encode())
    rest = b""
    with packed.open(path) as part:
        while block := part.read(PART):
            text, end = rest + block, 0
            for cell in _CELL.finditer(text) if strings or formatted.search(text) else ():
                if len(block) == PART and len(text) - cell.end() < LONGEST_VALUE:
                    break  # Its value may come with the next block.
                end = cell.end()
                line, tag, string = cell.group(2), cell.group(1), cell.group(3)
                if formatted.search(tag) or (string in strings and b't="s"' in tag):
                    yield int(line)
            rest = text[max(end, len(text) - LONGEST_CELL) :]


def is_struck(element: Element) -> bool:
    strikes = (each for each in element.iter() if name_of(each) == "strike")
    return any(each.get("val") not in ("0", "false") for each in strikes)


def elements(packed: zipfile.ZipFile, path: str, *names: str) -> Iterator[Element]:
    """The elements of these names, each when it is complete; it is emptied afterwards."""
    with packed.open(path) as part:
        for _, element in iterparse(part):
            if name_of(element) in names:
                yield element
                element.clear()


def name_of(element: Element) -> str:
    tag: str = element.tag
    return tag.rpartition("}")[2]


def _line_of(reference: str) -> int:
    return int(reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ$"))
