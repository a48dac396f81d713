"""What an xlsx says beside the values of its cells."""

import re
from collections.abc import Iterable, Iterator

from .marks import COMMENT, SHAPE, Marks, Notes, name_tabs
from .package import Package
from .xlsx_sheet import read_sheet
from .xlsx_styles import read_shared_strings, read_styles

MOST_COVERED = 1000  # Lines of one comment.
_REFERENCE = re.compile(r"\$?[A-Z]{1,3}\$?(\d{1,7})(?::\$?[A-Z]{1,3}\$?(\d{1,7}))?", re.I)
_SHAPES = ("sp", "cxnSp", "contentPart")  # Perhaps a line through cells; a part of ink is a pen's.


def find_xlsx_marks(package: Package) -> dict[str, Marks]:
    """By sheet. Raises KeyError and ValueError for a package that lacks parts."""
    styles, strings = read_styles(package), read_shared_strings(package)
    marks = dict[str, Marks]()
    for sheet, path in package.sheets():
        if path in package:
            marks[sheet] = its = read_sheet(package, path, styles, strings)
            its.looks.texts += texts_of_drawings(package, path)
            its.looks.formats = its.looks.line if strings.has_signs else its.looks.formats
            _add_comments(its.notes, package, path)
    name_tabs(each.looks for each in marks.values())
    return marks


def texts_of_drawings(package: Package, sheet: str) -> Iterator[str]:
    """Of boxes, and of any shape."""
    for drawing in package.related(sheet, "/drawing"):
        for each in package.elements(drawing, "t", *_SHAPES):
            yield SHAPE if each.tag in _SHAPES else each.text or ""


def _add_comments(notes: Notes, package: Package, sheet: str) -> None:
    for target in package.related(sheet, "/comments"):
        for comment in package.elements(target, "comment"):
            text = COMMENT + "".join(comment.itertext()).strip()
            for line in _lines_of(comment.get("ref", "")):
                notes[line].append(text)


def _lines_of(reference: str) -> Iterable[int]:
    """The lines of a cell, or of a range: a comment may belong to a merged one. 0 of what is neither, or too large."""
    found = _REFERENCE.fullmatch(reference.strip())
    lines = range(int(found[1]), int(found[2] or found[1]) + 1) if found else ()
    return lines if 0 < len(lines) <= MOST_COVERED else (0,)
