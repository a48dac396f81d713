"""What an xlsx says beside the values of its cells."""

import re
from collections.abc import Iterable, Iterator

from .marks import COMMENT, SHAPE, Marks, Notes, name_tabs
from .workbook_parts import Attributes, WorkbookParts
from .xlsx_sheet import read_sheet
from .xlsx_styles import read_shared_strings, read_styles

MOST_COVERED = 1000  # Lines of one comment.
_REFERENCE = re.compile(r"\$?[A-Z]{1,3}\$?(\d{1,7})(?::\$?[A-Z]{1,3}\$?(\d{1,7}))?", re.I)
_PLAIN_CONTROLS = (None, "Note", "Pict")  # A comment's box, a picture.
# Perhaps a line through cells; a part of ink is a pen's, and a frame holds a chart, diagram or slicer.
_SHAPES = ("sp", "cxnSp", "contentPart", "graphicFrame")


def find_xlsx_marks(parts: WorkbookParts) -> dict[str, Marks]:
    """By sheet. Raises KeyError and ValueError where some lack."""
    styles, strings = read_styles(parts), read_shared_strings(parts)
    marks, calculation = dict[str, Marks](), parts.calculation()
    for sheet, path in parts.sheets():
        if path in parts:
            marks[sheet] = its = read_sheet(parts, path, styles, strings)
            its.looks.texts += texts_of_drawings(parts, path)
            its.name_formulas(are_computed=_are_computed(calculation))
            its.looks.formats = its.looks.line if strings.has_signs else its.looks.formats
            _add_comments(its.notes, parts, path)
    name_tabs(each.looks for each in marks.values())
    return marks


def _are_computed(calculation: Attributes | None) -> bool:
    """Programs that do not compute write 0 or nothing, and tell others to; some do not even tell."""
    facts = calculation or {}
    tells = facts.get("fullCalcOnLoad") in ("1", "true") or facts.get("calcCompleted") in ("0", "false")
    return calculation is not None and not tells


def texts_of_drawings(parts: WorkbookParts, sheet: str) -> Iterator[str]:
    """Of boxes, and of any shape, chart, diagram, or control of a form."""
    for drawing in parts.related(sheet, "/drawing"):
        for each in parts.elements(drawing, "t", *_SHAPES):
            yield each.text or "" if each.tag == "t" else SHAPE
    for drawing in parts.related(sheet, "/vmlDrawing"):
        for each in parts.elements(drawing, "ClientData"):
            yield "" if each.get("ObjectType") in _PLAIN_CONTROLS else SHAPE


def _add_comments(notes: Notes, parts: WorkbookParts, sheet: str) -> None:
    targets = (target for kind in ("/comments", "/threadedComment") for target in parts.related(sheet, kind))
    for target in targets:
        for comment in parts.elements(target, "comment", "threadedComment"):
            text = COMMENT + "".join(comment.itertext()).strip()
            for line in _lines_of(comment.get("ref", "")):
                notes[line].append(text)


def _lines_of(reference: str) -> Iterable[int]:
    """The lines of a cell, or of a range: a comment may belong to a merged one. 0 of what is neither, or too large."""
    found = _REFERENCE.fullmatch(reference.strip())
    lines = range(int(found[1]), int(found[2] or found[1]) + 1) if found else ()
    return lines if 0 < len(lines) <= MOST_COVERED else (0,)
