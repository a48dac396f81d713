"""Comments, strikes, looks, hidden lines and merged cells of an ods. A cell has its own style, or that of its row or
column; each has parents."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from xml.etree.ElementTree import Element  # nosec B405: as a type

from .chunks import CannotChunk
from .column_looks import ColumnLooks
from .marks import COMMENT, CONDITION, FORMULA, SHAPE, STRUCK, UNTYPED, Marks, Range, SheetLooks, name_tabs
from .shown import is_harmless, line_of_rule, shows_another
from .workbook_parts import WorkbookParts, local_name
from .xlsx_styles import has_signs, writes_words

MOST_PARENTS = 20  # Of a style.
MOST_REPEATED = 1000  # Times that a line with a note or merged cells may be repeated.
MOST_HIDDEN = 100_000  # Times that a hidden one may be.
VALUES = ("value", "string-value", "date-value", "time-value", "boolean-value")  # A text has none.
COMPUTING = ("office", "calligra", "gnumeric")  # In names of programs.
HIDING = ("collapse", "filter")
MOST_COLUMNS = 60  # Of a line that are compared; one that is painted as a whole has 16,384.
_SPANNED = [f"number-{each}-spanned" for each in ("rows", "columns")]
_PLAIN = {"none", "transparent", "normal", "#000000", "0% 100%"}
_GROUND = ("color", "background-color", "diagonal-bl-tr", "diagonal-tl-br")
_LETTERS = ("font-weight", "font-style", "text-underline-style", "text-position")
_GRID = re.compile(r"(?:[01](?:\.\d+)?pt|0\.\d+(?:cm|in)) (?!double)[\w-]+ #000000")
_STYLES = (
    "style",
    "font-face",
    *(f"{each}-style" for each in ["number", "text", "date", "time", "currency", "percentage", "boolean"]),
)
_WRITTEN = ("text", "embedded-text", "currency-symbol", "fill-character")  # By a format of numbers.
_FIELDS = ("sheet-name", "page-number", "page-count", "title", "date", "time", "file-name")  # Of what is printed.
_SHAPES = (
    *("custom-shape", "line", "connector", "rect", "ellipse", "path", "polyline", "polygon", "text-box", "control"),
    *("caption", "measure", "regular-polygon", "circle", "object", "object-ole"),
)
_PRINTED = ("header", "footer", "help-message")  # Of a page, and beside a cell.
_PARTS = ("styles.xml", "content.xml")
_RULES = ("condition", "icon-set", "conditional-format")
_READ = (*_STYLES, *_SHAPES, "table-column", "table-row", "table", *_PRINTED, *_RULES)


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
            if each.tag == "map":
                facts |= {} if is_harmless(found.get("condition", "")) else {"formula": ""}
                facts[f"map {len(facts)}"] = found.get("apply-style-name", "")
            elif each.tag in _WRITTEN:
                facts |= {"words": ""} if writes_words(f'"{each.text or ""}"') else {}
            elif each.tag != "paragraph-properties":
                facts |= found
        family = "font" if style.tag == "font-face" else facts.get("family", "")
        self._facts[family + facts.get("name", "")] = facts

    def of(self, family: str, name: str) -> Style:
        key = family + name
        if key not in self._known:
            facts = self._with_parents(family, key)
            font = self._facts.get("font" + facts.get("font-name", ""), {})
            facts = font | facts | self._facts.get(facts.get("data-style-name", ""), {})
            rules = [value for name, value in facts.items() if name.startswith("map ")]
            self._known[key] = _style(facts | ({"formula": ""} if any(map(self.tell, rules)) else {}))
        return self._known[key]

    def tell(self, name: str) -> bool:
        """Whether a rule's style strikes through, or writes words."""
        facts = self._with_parents("table-cell", f"table-cell{name}") | self._facts.get(name, {})
        style = _style(facts | self._facts.get(facts.get("data-style-name", ""), {}))
        return style.is_struck or style.is_wordy

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
    """One sheet while it is read."""

    def __init__(self, styles: Styles):
        self._styles, self._columns, self._number = styles, list[str](), 0
        self._compared, self.marks = ColumnLooks(), Marks()
        self._groups: list[tuple[Element, bool]] = []  # That are open, and whether their lines are hidden.

    def add(self, part: Element) -> None:
        """A column, a row, or a group of rows, where it starts and where it ends."""
        match part.tag:
            case "table-column":
                self._add_column(part)
            case "table-row":
                self._add_row(part)
            case _ if self._groups and self._groups[-1][0] is part:
                self._groups.pop()
            case _:
                self._groups.append((part, self._is_in_hidden_group() or _attributes(part).get("display") == "false"))

    def finish(self, table: Element) -> str:
        """Its name."""
        facts, looks = _attributes(table), self.marks.looks
        looks.colours = max(looks.colours, self._compared.last_difference())
        looks.tab = self._styles.of("table", facts.get("style-name", "")).tab
        return facts.get("name", "")

    def _add_column(self, column: Element) -> None:
        facts = _attributes(column)
        times = min(int(facts.get("number-columns-repeated", 1)), MOST_COLUMNS)
        self._columns += [facts.get("default-cell-style-name", "")] * times

    def _add_row(self, row: Element) -> None:
        facts, kinds = _attributes(row), {part.tag for part in row.iter()}
        repeated, first = int(facts.get("number-rows-repeated", 1)), self._number + 1
        self._number += repeated
        lines = range(first, first + min(repeated, MOST_REPEATED))
        if facts.get("visibility") in HIDING or self._is_in_hidden_group():
            self.marks.hidden.update(range(first, first + min(repeated, MOST_HIDDEN)))
        for line in lines:
            self.marks.merged += _merged_cells(row, line)
        notes = row.iter("annotation") if "annotation" in kinds else ()
        found = [COMMENT + "\n".join(note.itertext()) for note in notes]
        found += [UNTYPED + text for text in map(_untyped_text, row) if text]
        styles = self._compare_cells(row, facts.get("default-cell-style-name", ""), has_parts="span" in kinds)
        found += [STRUCK] if any(style.is_struck for style in styles) else []
        for line in lines if found and styles else ():
            self.marks.notes[line] += found

    def _compare_cells(self, row: Element, of_row: str, *, has_parts: bool) -> list[Style]:
        """The styles of those with content, and of their parts."""
        dressed, filled, place, looks = dict[str, str](), list[Style](), 0, self.marks.looks
        for cell in row:
            facts = _attributes(cell)
            default = of_row or "".join(self._columns[place : place + 1])
            style = self._styles.of("table-cell", facts.get("style-name") or default)
            if "formula" in facts:
                looks.texts += [] if _is_read(cell) else [FORMULA]
                result = next((facts[each] for each in VALUES if each in facts), "")
                self.marks.add_result(str(place), result or "".join(cell.itertext()))
            after = min(place + int(facts.get("number-columns-repeated", 1)), MOST_COLUMNS)
            if style.look:
                dressed |= dict.fromkeys(map(str, range(place, after)), style.look)
            place = after
            if len(cell) or "value-type" in facts:
                looks.formats = self._number if shows_another(cell, facts) else looks.formats
                parts = map(_attributes, cell.iter("span") if has_parts else ())
                spans = [self._styles.of("text", part.get("style-name", "")) for part in parts]
                filled += [style, *spans]
                looks.colours = self._number if any(part.look for part in spans) else looks.colours
        if filled:
            looks.line = self._number
            self._compared.add_line(self._number, dressed, len(filled))
            looks.formats = self._number if any(style.is_wordy for style in filled) else looks.formats
            has_rule = any(style.has_formula for style in filled) and CONDITION not in looks.texts
            looks.texts += [CONDITION] if has_rule else []
        return filled

    def _is_in_hidden_group(self) -> bool:
        return bool(self._groups) and self._groups[-1][1]


def find_ods_marks(parts: WorkbookParts) -> dict[str, Marks]:
    """By sheet. Raises KeyError and ValueError where parts lack, CannotChunk for a table in a cell."""
    tables, styles = dict[str, Marks](), Styles()
    table = Table(styles)
    for each in chain(*(parts.elements(part, *_READ, group="table-row-group") for part in _PARTS)):
        match each.tag:
            case "table-column" | "table-row" | "table-row-group":
                table.add(each)
            case "table" if "is-sub-table" in _attributes(each):  # The reader of cells ends there.
                raise CannotChunk("file_damaged")
            case "table":
                tables[table.finish(each)], table = table.marks, Table(styles)
            case kind if kind in _PRINTED:  # Which sheet has it is not looked for.
                table.marks.looks.texts.append(_printed(each))
            case kind if kind in _RULES:
                _see_rule(_attributes(each), table.marks.looks, styles)
            case kind if kind in _SHAPES:
                table.marks.looks.texts.append(SHAPE)
            case kind if kind in _STYLES:
                styles.add(each)
    generators = parts.elements("meta.xml", "generator") if "meta.xml" in parts else ()
    is_computed = any(name in (each.text or "").lower() for each in generators for name in COMPUTING)
    for its in tables.values():
        its.name_formulas(are_computed=is_computed)
    name_tabs([each.looks for each in tables.values()])
    return tables


def _see_rule(facts: dict[str, str], looks: SheetLooks, styles: Styles) -> None:
    """A condition, a set of icons, or the lines of such."""
    looks.colours = max(looks.colours, line_of_rule(facts.get("target-range-address", "")))
    if "target-range-address" not in facts:
        is_plain = is_harmless(facts.get("value", "")) and not styles.tell(facts.get("apply-style-name", ""))
        looks.texts += [] if is_plain else [CONDITION]


def _merged_cells(row: Element, line: int) -> Iterator[Range]:
    place = 0
    for facts in map(_attributes, row):
        rows, columns = (int(facts.get(each, 1)) for each in _SPANNED)
        if rows > 1 or columns > 1:
            yield (line - 1, place), (line + rows - 2, place + columns - 1)
        place += int(facts.get("number-columns-repeated", 1))


def _is_read(cell: Element) -> bool:
    """By the reader of cells."""
    return cell.get("office:value-type") == "string" or any(f"office:{each}" in cell.attrib for each in VALUES)


def _untyped_text(cell: Element) -> str:
    """What a cell says that has no type or value, and so is empty for the reader of cells."""
    if _is_read(cell) or "table:formula" in cell.attrib:
        return ""
    parts = (each for each in cell if each.tag not in ("annotation", *_SHAPES))
    return "\n".join("".join(each.itertext()) for each in parts).strip()


def _attributes(element: Element) -> dict[str, str]:
    """By their names without a prefix."""
    return {local_name(name): value for name, value in element.items()}


def _printed(element: Element) -> str:
    parts = ((each.text or "") * (each.tag not in _FIELDS) + (each.tail or "") for each in element.iter())
    return "".join(parts).strip(" ().,/")
