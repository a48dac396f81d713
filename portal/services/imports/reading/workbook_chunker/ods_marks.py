"""Comments, strikes, looks, hidden lines and merged cells of an ods. A cell has its own style, or that of its row or
column; each has parents."""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from defusedxml.ElementTree import ParseError

from .beside_cells import CONDITION, FORMULA, SHAPE, has_signs
from .cell_looks import LONGEST, ColumnLooks, SheetLooks, is_wordy, name_tabs
from .cell_notes import COMMENT, STRUCK, Element, elements, name_of
from .merged_cells import Range

MOST_PARENTS = 20  # Of a style.
MOST_REPEATED = 1000  # Times that a line with a note or merged cells may be repeated.
MOST_HIDDEN = 100_000  # Times that a hidden one may be.
HIDING = ("collapse", "filter")
MOST_COLUMNS = 60  # Of a line that are compared; one that is painted as a whole has 16,384.
_SPANNED = [f"{{urn:oasis:names:tc:opendocument:xmlns:table:1.0}}number-{each}-spanned" for each in ("rows", "columns")]
_PLAIN = {"none", "transparent", "normal", "#000000", "0% 100%"}
_GROUND = ("color", "background-color", "diagonal-bl-tr", "diagonal-tl-br")
_LETTERS = ("font-weight", "font-style", "text-underline-style", "text-position")
_GRID = re.compile(r"(?:[01](?:\.\d+)?pt|0\.\d+(?:cm|in)) (?!double)[\w-]+ #000000")
_STYLES = (
    "style",
    "font-face",
    *(f"{each}-style" for each in ["number", "text", "date", "time", "currency", "percentage", "boolean"]),
)
_FIELDS = ("sheet-name", "page-number", "page-count", "title", "date", "time", "file-name")  # Of what is printed.
_SHAPES = ("custom-shape", "line", "connector", "rect", "ellipse", "path", "polyline", "polygon", "text-box", "control")
_READ = (*_STYLES, *_SHAPES, "table-column", "table-row", "table", "header", "footer", "condition", "icon-set")


@dataclass(frozen=True)
class Style:
    """How a style looks, as ColumnLooks takes it; whether it strikes through, writes words as a format of numbers or
    signs by its font, and depends on a formula; the colour of a sheet's tab."""

    look: str = ""
    is_struck: bool = False
    is_wordy: bool = False
    has_formula: bool = False
    tab: str = ""


class Styles:
    """The styles of a file by family and name."""

    def __init__(self) -> None:
        self._facts: dict[str, dict[str, str]] = {}
        self._known: dict[str, Style] = {}

    def add(self, style: Element) -> None:
        facts: dict[str, str] = {}
        for each in style.iter():
            found = _attributes(each)
            if name_of(each) == "map":
                facts |= {"formula": ""} if "formula" in found.get("condition", "") else {}
                facts |= {"words": ""} if "words" in self._facts.get(found.get("apply-style-name", ""), {}) else {}
            elif name_of(each) == "text":
                facts |= {"words": ""} if is_wordy(f'"{each.text or ""}"') else {}
            elif name_of(each) != "paragraph-properties":
                facts |= found
        family = "font" if name_of(style) == "font-face" else facts.get("family", "")
        self._facts[family + facts.get("name", "")] = facts

    def of(self, family: str, name: str) -> Style:
        key = family + name
        if key not in self._known:
            facts = self._with_parents(family, key)
            font = self._facts.get("font" + facts.get("font-name", ""), {})
            self._known[key] = _style(font | facts | self._facts.get(facts.get("data-style-name", ""), {}))
        return self._known[key]

    def _with_parents(self, family: str, key: str) -> dict[str, str]:
        found: list[dict[str, str]] = []
        while key in self._facts and len(found) < MOST_PARENTS:
            found.insert(0, self._facts[key])
            key = family + found[0].get("parent-style-name", "")
        return {name: value for facts in found for name, value in facts.items()}


def _style(facts: dict[str, str]) -> Style:
    seen = {name: value for name, value in sorted(facts.items()) if value not in _PLAIN}
    lines = [name for name, value in seen.items() if name.startswith("border") and not _GRID.fullmatch(value)]
    look, letters = ("".join(f"/{each} {seen[each]}" for each in names if each in seen) for names in (
        (*_GROUND, *lines), _LETTERS,
    ))  # fmt: skip
    return Style(
        f"{look}*{letters}" if letters else look,
        any(name.startswith("text-line-through-") for name in seen),
        "words" in facts or has_signs(facts), "formula" in facts, seen.get("tab-color", ""),
    )  # fmt: skip


class Table:
    """One sheet while it is read: its notes, looks, hidden lines and merged cells so far."""

    def __init__(self, styles: Styles):
        self._styles, self._columns, self._number = styles, list[str](), 0
        self._compared = ColumnLooks()
        self.notes, self.looks = defaultdict[int, list[str]](list), SheetLooks()
        self.hidden, self.merged = set[int](), list[Range]()

    def add_column(self, column: Element) -> None:
        facts = _attributes(column)
        times = min(int(facts.get("number-columns-repeated", 1)), MOST_COLUMNS)
        self._columns += [facts.get("default-cell-style-name", "")] * times

    def add_row(self, row: Element) -> None:
        facts = _attributes(row)
        repeated, of_row = int(facts.get("number-rows-repeated", 1)), facts.get("default-cell-style-name", "")
        kinds = {
            name_of(part): part for part in row.iter()
        }  # Few rows have a comment, or a part of a cell with a style.
        notes = row.iter(kinds["annotation"].tag) if "annotation" in kinds else ()
        found = [COMMENT + "\n".join(note.itertext()) for note in notes]
        first, self._number = self._number + 1, self._number + repeated
        if facts.get("visibility") in HIDING:
            self.hidden.update(range(first, first + min(repeated, MOST_HIDDEN)))
        for line in range(first, first + min(repeated, MOST_REPEATED)):
            self.merged += _merged_cells(row, line)
        looks, filled, place = dict[str, str](), list[Style](), 0
        for cell in row:
            each = _attributes(cell)
            default = of_row or "".join(self._columns[place : place + 1])
            style = self._styles.of("table-cell", each.get("style-name") or default)
            self.looks.texts += [FORMULA] if "formula" in each and "value-type" not in each else []
            after = min(place + int(each.get("number-columns-repeated", 1)), MOST_COLUMNS)
            if style.look:
                looks |= dict.fromkeys(map(str, range(place, after)), style.look)
            place = after
            if len(cell):
                filled.append(style)
                parts = map(_attributes, cell.iter(kinds["span"].tag) if "span" in kinds else ())
                spans = [self._styles.of("text", part.get("style-name", "")) for part in parts]
                filled += spans
                self.looks.colours = self._number if any(part.look for part in spans) else self.looks.colours
        if not filled:
            return
        self.looks.line = self._number
        self._compared.add_line(self._number, looks, len(filled))
        self.looks.formats = self._number if any(style.is_wordy for style in filled) else self.looks.formats
        if any(style.has_formula for style in filled) and CONDITION not in self.looks.texts:
            self.looks.texts.append(CONDITION)
        found += [STRUCK] if any(style.is_struck for style in filled) else []
        for line in range(first, first + min(repeated, MOST_REPEATED)) if found else ():
            self.notes[line] += found

    def finish(self, table: Element) -> str:
        """Its name."""
        facts = _attributes(table)
        self.looks.colours = max(self.looks.colours, self._compared.last_difference())
        self.looks.tab = self._styles.of("table", facts.get("style-name", "")).tab
        return facts.get("name", "")


def find_ods_marks(data: bytes) -> dict[str, Table]:
    """By sheet; of what cannot be told, none."""
    tables: dict[str, Table] = {}
    with (
        suppress(zipfile.BadZipFile, KeyError, ValueError, OSError, ParseError),
        zipfile.ZipFile(io.BytesIO(data)) as packed,
        packed.open("styles.xml") as styles,
        packed.open("content.xml") as content,
    ):
        _read_tables(chain(elements(styles, *_READ), elements(content, *_READ)), tables)
    name_tabs([each.looks for each in tables.values()])
    return tables


def _read_tables(found: Iterable[Element], tables: dict[str, Table]) -> None:
    styles = Styles()
    table = Table(styles)
    for each in found:
        match name_of(each):
            case "table-column":
                table.add_column(each)
            case "table-row":
                table.add_row(each)
            case "table":
                tables[table.finish(each)], table = table, Table(styles)
            case "header" | "footer":  # Of the page; which sheet has it is not looked for.
                table.looks.texts.append(_printed(each))
            case "condition" | "icon-set" if "formula" in _attributes(each).get("value", "formula"):
                table.looks.texts.append(CONDITION)
            case kind if kind in _SHAPES:
                table.looks.texts.append(SHAPE)
            case kind if kind in _STYLES:
                styles.add(each)


def _merged_cells(row: Element, line: int) -> Iterator[Range]:
    place = 0
    for cell in row if any(cell.get(each) for cell in row for each in _SPANNED) else ():
        rows, columns = (int(cell.get(each, 1)) for each in _SPANNED)
        if rows > 1 or columns > 1:
            yield (line - 1, place), (line + rows - 2, place + columns - 1)
        place += int(_attributes(cell).get("number-columns-repeated", 1))


def _attributes(element: Element) -> dict[str, str]:
    """By their names without a namespace."""
    return {name.rpartition("}")[2]: value for name, value in element.items()}


def _printed(element: Element) -> str:
    parts = ((each.text or "") * (name_of(each) not in _FIELDS) + (each.tail or "") for each in element.iter())
    return "".join(parts).strip(" ().,/")[:LONGEST]
