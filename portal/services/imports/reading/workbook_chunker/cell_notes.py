"""Comments of cells, and what is struck through, of an xlsx: refusals are often noted so, and the reader of cells does
not tell."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO, Any

from defusedxml.ElementTree import ParseError, iterparse

from .chunks import Line
from .hidden_rows import attributes_of, holds, sheet_paths, tags_in
from .xlsx_parts import PART, Parts

Element = Any  # xml.etree.ElementTree.Element
COMMENT, STRUCK = "Hücre notu:\n", "Üstü çizili"
LONGEST = 10_000  # Characters of a line's notes.
STRINGS, STYLES = "sharedStrings", "styles"  # Parts of the workbook.
MOST_COVERED = 1000  # Lines of one comment.
LONGEST_CELL, LONGEST_VALUE = 1000, 50  # Bytes of a cell's tag, and of the number of a string.
_STRING, _IS_OFF = re.compile(rb"<(?:si|strike)\b[^>]*>"), re.compile(rb'\bval="(?:0|false)"')
# With content: its tag, its line, and its value where that is a number.
_CELL = re.compile(rb'<c\b((?=[^<>]*\br="[A-Z]+(\d+)")[^<>]*(?<!/))>(?:<v>(\d+)<)?')
_REFERENCE = re.compile(r"\$?[A-Z]{1,3}\$?(\d{1,7})(?::\$?[A-Z]{1,3}\$?(\d{1,7}))?", re.I)
_RELATION = re.compile(rb"<Relationship\b[^>]*>")

Notes = dict[int, list[str]]  # By the number of the line; 0 of what has none.


def with_notes(lines: Iterable[Line], notes: Notes) -> Iterator[Line]:
    """The same lines; one with notes has a cell more, beside all columns. In `notes` those of other lines are left."""
    for number, cells in lines:
        if number in notes:
            cells.append("\n".join(dict.fromkeys(notes.pop(number)))[:LONGEST])
        yield number, cells


def find_notes(packed: Parts) -> dict[str, Notes]:
    """Notes by sheet, of xlsx."""
    formats, strings = _struck_formats(packed), _struck_strings(packed)
    paths = [(sheet, path) for sheet, path in sheet_paths(packed) if path in packed]
    return {sheet: _notes_of_sheet(packed, path, formats, strings) for sheet, path in paths}


def _notes_of_sheet(packed: Parts, path: str, formats: set[str], strings: set[bytes]) -> Notes:
    notes: Notes = defaultdict(list)
    for target in related(packed, path, "/comments"):
        for comment in elements_of(packed, target, "comment"):
            text = COMMENT + "".join(comment.itertext()).strip()
            for line in _lines_of(comment.get("ref", "")):
                notes[line].append(text)
    for line in _struck_lines(packed, path, formats, strings) if formats or strings else ():
        notes[line].append(STRUCK)
    return notes


def related(packed: Parts, path: str, kind: str) -> Iterator[str]:
    """The parts that belong to a sheet, of a kind."""
    folder, name = posixpath.split(path)
    relations = f"{folder}/_rels/{name}.rels"
    for facts in map(attributes_of, _RELATION.findall(packed.read(relations)) if relations in packed else ()):
        if facts.get("Type", kind).endswith(kind):
            yield posixpath.normpath(posixpath.join("/", folder, facts["Target"])).lstrip("/")


def part_of_workbook(packed: Parts, kind: str) -> str:
    """The part of a kind, or "" where there is none."""
    usual = f"xl/{kind}.xml"
    return next(related(packed, "xl/workbook.xml", f"/{kind}"), usual if usual in packed else "")


def _struck_formats(packed: Parts) -> set[str]:
    """The numbers of cell formats with a font that is struck through."""
    styles = part_of_workbook(packed, STYLES)
    if not styles or not holds(packed, styles, b"strike"):
        return set()
    fonts, formats = (next(elements_of(packed, styles, each), ()) for each in ("fonts", "cellXfs"))
    struck = {str(place) for place, font in enumerate(fonts) if is_struck(font)}
    return {str(place) for place, each in enumerate(formats) if each.get("fontId") in struck}


def _struck_strings(packed: Parts) -> set[bytes]:
    """The numbers of shared strings of which a part is struck through."""
    strings, struck, number = part_of_workbook(packed, STRINGS), set[bytes](), -1
    for tag in tags_in(packed, strings, _STRING) if strings else ():
        if b"strike" not in tag.group():
            number += 1
        elif not _IS_OFF.search(tag.group()):
            struck.add(b"%d" % number)
    return struck


def _struck_lines(packed: Parts, path: str, formats: set[str], strings: set[bytes]) -> Iterator[int]:
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


def elements(part: IO[bytes], *names: str) -> Iterator[Element]:
    """The elements of these names, each when it is complete; it is emptied afterwards."""
    for _, element in iterparse(part):
        if name_of(element) in names:
            yield element
            element.clear()


def elements_of(packed: Parts, path: str, *names: str) -> Iterator[Element]:
    """Those of a part; of one that is broken as far as it goes."""
    with packed.open(path) as part, suppress(ParseError):
        yield from elements(part, *names)


def name_of(element: Element) -> str:
    tag: str = element.tag
    return tag.rpartition("}")[2]


def _lines_of(reference: str) -> Iterable[int]:
    """The lines of a cell, or of a range: a comment may belong to a merged one. 0 of what is neither, or too large."""
    found = _REFERENCE.fullmatch(reference.strip())
    lines = range(int(found[1]), int(found[2] or found[1]) + 1) if found else ()
    return lines if 0 < len(lines) <= MOST_COVERED else (0,)
