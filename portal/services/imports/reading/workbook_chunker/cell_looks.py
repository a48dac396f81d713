"""How the cells of an xlsx look, where that may mean something that no cell says: colours, crosses and letters that
differ between the lines of a column, formats of numbers that write words, parts that are struck through."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .beside_cells import (
    CONDITION,
    FONT_OF_SIGNS,
    TAB,
    depends_on_formula,
    has_signs,
    tab_of,
    texts_of_drawings,
    texts_of_page,
)
from .cell_notes import STRINGS, STYLES, Element, elements_of, is_struck, name_of, part_of_workbook
from .hidden_rows import attributes_of, holds, sheet_paths, tags_in
from .xlsx_parts import PART, Parts

FEWEST_BANDS = 4  # Lines that look alike by turns are bands, to be read more easily.
MOST_TEXTS, LONGEST = 20, 301  # A text is plain up to 300 characters.
MORE = "Başka yazılar da var"
MOST_ODD = 12  # Formats that are looked for one by one.
MOST_HELD, LONGEST_TAIL = 16 * PART, 10_000  # Bytes of one row, and in which the last cell of a block begins.
LINKS = {"theme 10", "rgb FF0563C1", "rgb FF0000FF"}  # Colours of links, which are underlined.
BLACK = {"", "theme 1", "indexed 8", "indexed 64", "rgb FF000000", "rgb 00000000", "auto 1"}
GRID = {"thin", "hair", "dotted", "medium"}  # Lines of tables, if they are black.
_BUILT_IN = {"38": "[red]", "40": "[red]"}  # Formats of numbers that no file writes down.
# Letters and signs that a format writes, other digits for some number, or nothing at all; units are left out before.
_WORD = re.compile(r'"(?:[^\w"]|[\d_])*[^\W\d_][^"]*"|\\[^\W\d_]|[^\x00-\x7f\xa0\u202f₺€£¥–—’]|\[=|^;;;$')
_UNITS = re.compile(r'"\s*(?:TL|TRY|USD|EUR|adet|kg|g|m|saat|sa|dk|gün|yıl|yaş|T|Z)\s*"|\\[TZ]', re.I)
_COLOUR = re.compile(r"\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+)\]", re.I)
# Its column, line, whether its value is a shared string's number, format, whether it is empty, and a number as value.
_CELL = re.compile(
    rb'<c\b(?=[^<>]*?\br="([A-Z]+)(\d+)")(?=(?:[^<>]*?\bt="(s)")?)(?:[^<>]*?\bs="(\d+)")?[^<>]*?(/?)>'
    rb"(?:<v>(\d+)<)?"
)
_ROW = re.compile(rb'<row\b(?=[^<>]*?\br="(\d+)")[^<>]*?\bs="(\d+)"')  # Dressed as a whole.
_STRIKE = re.compile(rb'<strike\b(?![^>]*\bval="(?:0|false)")')
_RUN = re.compile(rb'<c\b[^<>]*?\br="[A-Z]+(\d+)"|(<color\b[^<>]*>)')
_STRING = re.compile(rb"<(si|color)\b[^<>]*>")
_PLACE, _FORMAT = re.compile(rb'\br="[A-Z]+(\d+)"'), re.compile(rb' s="(\d+)"')
_END = re.compile(rb"</sheetData>")
_MARKS = ("b", "i", "u", "vertAlign")  # Of letters, which lines of totals have, too.


@dataclass
class SheetLooks:
    """The last lines up to which looks differ in some column, and a format writes words; whether anything is struck
    through; texts beside the cells; the colour of the tab, and the last line."""

    colours: int = 0
    formats: int = 0
    struck: int = 0
    texts: list[str] = field(default_factory=list)
    tab: str = ""
    line: int = 0

    def packed(self) -> bytes:
        """As JSON: the three numbers, and the texts."""
        texts = list(dict.fromkeys(filter(None, self.texts)))
        texts[MOST_TEXTS:] = [MORE] if len(texts) > MOST_TEXTS else []
        return json.dumps([[self.colours, self.formats, self.struck], texts]).encode()


@dataclass(frozen=True)
class Styles:
    """How the cells of each format look ("" for nothing but black letters), the numbers of formats that write words or
    have a font of signs, of shared strings with letters of another colour, and of formats by rule that strike."""

    looks: tuple[str, ...] = ()
    wordy: frozenset[str] = frozenset()
    coloured: frozenset[bytes] = frozenset()
    struck_by_rule: frozenset[bytes] = frozenset()

    def at(self, number: bytes) -> str:
        place = int(number)
        return self.looks[place] if place < len(self.looks) else ""

    def is_odd(self, number: bytes) -> bool:
        """Whether a format does not look like that of a cell that nobody touched, or writes words."""
        return self.at(number) != self.at(b"0") or number.decode() in self.wordy


def find_looks(packed: Parts) -> dict[str, SheetLooks]:
    """By sheet, of xlsx."""
    styles = _styles(packed)
    looks = {sheet: _looks_of(packed, path, styles) for sheet, path in sheet_paths(packed) if path in packed}
    name_tabs(looks.values())
    strings = part_of_workbook(packed, STRINGS)
    if strings and any(tags_in(packed, strings, FONT_OF_SIGNS)):
        for each in looks.values():
            each.formats = each.line
    return looks


def name_tabs(sheets: Iterable[SheetLooks]) -> None:
    """Name coloured tabs, where those of sheets with lines differ."""
    filled = [each for each in sheets if each.line]
    for each in filled if len({each.tab for each in filled}) > 1 else ():
        each.texts += [TAB] if each.tab else []


def _styles(packed: Parts) -> Styles:
    strings, path = frozenset(_coloured_strings(packed)), part_of_workbook(packed, STYLES)
    if not path:
        return Styles(coloured=strings)
    fonts, fills, borders, formats, codes, by_rule = (
        list(next(elements_of(packed, path, each), ()))
        for each in ("fonts", "fills", "borders", "cellXfs", "numFmts", "dxfs")
    )
    numbers = _BUILT_IN | {each.get("numFmtId", ""): each.get("formatCode", "") for each in codes}
    wordy = {number for number, code in numbers.items() if is_wordy(code)}
    parts = [*map(_look_of_letters, fonts)], [*map(_look_of_ground, fills)], [*map(_look_of_border, borders)]
    looks = [
        "".join(
            part[int(each.get(name, 0))] for part, name in zip(parts, ("fontId", "fillId", "borderId"), strict=True)
        )
        + "".join(_COLOUR.findall(numbers.get(each.get("numFmtId", ""), "")))
        + _marks_of_letters(fonts[int(each.get("fontId", 0))])
        for each in formats
    ]
    facts = ({f"font-{name_of(each)}": each.get("val", "") for each in font} for font in fonts)
    of_signs = {str(place) for place, each in enumerate(facts) if has_signs(each)}
    are_wordy = {str(place) for place, each in enumerate(formats)
                 if each.get("numFmtId") in wordy or each.get("fontId") in of_signs}  # fmt: skip
    struck = frozenset(b"%d" % place for place, each in enumerate(by_rule) if is_struck(each))
    return Styles(tuple(looks), frozenset(are_wordy), strings, struck)


def is_wordy(code: str) -> bool:
    """Whether a format of numbers writes more than units."""
    return _WORD.search(_UNITS.sub("", code)) is not None


def _look_of_letters(font: Element) -> str:
    parts = {name_of(each): each for each in font}
    colour = _colour(parts.get("color", {}))
    return "" if colour in LINKS and "u" in parts else colour


def _marks_of_letters(font: Element) -> str:
    """Bold letters and such, after a "*"; a link is underlined."""
    parts = {name_of(each): each for each in font if each.get("val") not in ("0", "false", "none", "baseline")}
    is_link = _colour(parts.get("color", {})) in LINKS
    marks = [each for each in _MARKS if each in parts and not (each == "u" and is_link)]
    return "*" * bool(marks) + " ".join(marks)


def _look_of_ground(fill: Element) -> str:
    """A fill of any pattern, as it is written."""
    kinds = {each.get("patternType", "none" if name_of(each) == "patternFill" else "gradient") for each in fill}
    if not kinds - {"none"}:
        return ""
    parts = [each for each in fill.iter() if name_of(each) != "bgColor" or kinds != {"solid"}]
    return "".join(f"/{name_of(each)} {sorted(each.items())}" for each in parts)


def _look_of_border(border: Element) -> str:
    """Its lines, but black ones around a cell, as tables have them."""
    is_crossed = any(border.get(each) in ("1", "true") for each in ("diagonalUp", "diagonalDown"))
    lines = {
        f"|{name_of(side)} {side.get('style')} {colour}"
        for side in border
        if side.get("style", "none") != "none"
        for colour in ["".join(map(_colour, side))]
        if (name_of(side) == "diagonal" and is_crossed)
        or (name_of(side) != "diagonal" and (colour or side.get("style") not in GRID))
    }
    return "".join(sorted(lines))


def _colour(facts: Mapping[str, str] | Element) -> str:
    named = " ".join(f"{name} {value}" for name, value in facts.items())
    return "" if named in BLACK else named


def _coloured_strings(packed: Parts) -> Iterator[bytes]:
    """The numbers of shared strings of which a part has a colour."""
    path, number = part_of_workbook(packed, STRINGS), -1
    for tag in tags_in(packed, path, _STRING) if path and holds(packed, path, b"color") else ():
        if tag.group(1) == b"si":
            number += 1
        elif _colour(attributes_of(tag.group())):
            yield b"%d" % number


def _looks_of(packed: Parts, path: str, styles: Styles) -> SheetLooks:
    looks, columns, rest = SheetLooks(), ColumnLooks(styles), b""
    with packed.open(path) as part:
        while block := part.read(PART):
            text = rest + block
            cut = max(text.rfind(b"<row"), text.rfind(b":row"))  # Rows are looked at as a whole.
            cut = len(text) if len(text) > MOST_HELD else max(cut, 0)
            rest = text[cut:]
            _look_at(text[:cut], columns, looks)
    _look_at(rest, columns, looks)
    looks.colours = max(looks.colours, columns.last_difference())
    looks.formats, looks.line = max(looks.formats, columns.wordy_line), columns.line
    looks.texts += texts_of_drawings(packed, path)
    looks.texts = [each[:LONGEST] for each in looks.texts if each.strip()]
    return looks


def _look_at(text: bytes, columns: "ColumnLooks", looks: SheetLooks) -> None:
    columns.add(text)
    if b"strike" in text and _STRIKE.search(text):
        looks.struck = columns.line
    if b"rPr" in text:
        line, looks.formats = 0, columns.line if FONT_OF_SIGNS.search(text) else looks.formats
        for found in _RUN.finditer(_END.split(text)[0]):
            line = int(found[1] or line)
            if found[2] and _colour(attributes_of(found[2])):
                looks.colours = line
    looks.texts += texts_of_page(text)
    looks.texts += [CONDITION] if depends_on_formula(text, columns.styles.struck_by_rule) else []
    looks.tab = looks.tab or tab_of(text)


class ColumnLooks:
    """The last line of each look that cells of a column have, in lines with content; how letters look (after "*") only
    in lines that fill half of the widest one, as totals do not. `line` is the last line so far.

    A sheet may have millions of cells: it is not parsed, and blocks that nobody dressed are passed fast.
    """

    def __init__(self, styles: Styles = Styles()):
        self.styles, places = styles, (b"%d" % place for place in range(len(styles.looks)))
        self._odd = [b' s="%s"' % place for place in places if styles.is_odd(place)]
        self._untouched = styles.at(b"0")
        self._lines = defaultdict[str, dict[str, int]](dict)  # By column, and under "" of all.
        self.line = self.wordy_line = self._widest = 0
        self._bands, self._since = ("", ""), 0  # The looks of the last two lines, and since when every second is alike.

    def add(self, text: bytes) -> None:
        """Rows as they are written in the file."""
        is_odd = len(self._odd) > MOST_ODD or any(each in text for each in self._odd)
        used = {*_FORMAT.findall(text)} if is_odd else set()
        if self.styles.coloured or any(self.styles.is_odd(each) for each in used):
            self._add_cells(text)
        else:
            self.line = int((_PLACE.findall(text[-LONGEST_TAIL:]) or [self.line])[-1])
            self._lines[""][self._untouched] = self._since = self.line
            filled, rows = (text.count(b"v>") + text.count(b"is>")) // 2, max(text.count(b"row>"), 1)
            self._widest = max(self._widest, filled // rows)

    def last_difference(self) -> int:
        """The last line up to which cells of some column look otherwise than others below."""
        everywhere = self._lines.pop("", {})
        differences = [0]
        for column in self._lines.values() or ({},):
            last_lines = sorted(max(everywhere.get(look, 0), column.get(look, 0)) for look in {*everywhere, *column})
            differences += last_lines[-2:-1]
        are_bands = self._since and self.line - self._since >= FEWEST_BANDS - 1
        return min(max(differences), self._since - 1) if are_bands else max(differences)

    def _add_cells(self, text: bytes) -> None:
        rows, filled = defaultdict[int, dict[str, str]](dict), defaultdict[int, int](int)
        for column, line, is_shared, number, is_empty, value in _CELL.findall(text):
            look = self.styles.at(number or b"0")
            is_coloured = is_shared and value in self.styles.coloured
            rows[int(line)][column.decode()] = f"{look}+" if is_coloured else look
            if not is_empty:
                filled[int(line)] += 1
                if number.decode() in self.styles.wordy:
                    self.wordy_line = int(line)
        for line, number in _ROW.findall(text):
            rows[int(line)]["row"] = self.styles.at(number)
        for place in sorted(filled):
            self.add_line(place, rows[place], filled[place])

    def add_line(self, line: int, cells: dict[str, str], filled: int) -> None:
        """One with so many cells of content. A cell that is not written looks as one that nobody touched."""
        self._widest = max(self._widest, filled)
        if 2 * filled < self._widest:
            cells = {column: look.partition("*")[0] for column, look in cells.items()}
        for column in cells.keys() - self._lines.keys():
            self._lines[column][self._untouched] = self.line
        for column in self._lines.keys() - {""}:
            self._lines[column][cells.get(column, self._untouched)] = line
        look = " ".join({*cells.values()})
        if cells and (len({*cells.values()}) > 1 or len(cells) < filled):  # Not dressed as a whole.
            look, self._since = f"{line}", line + 1
        elif look != self._bands[0] or line != self.line + 1:
            self._since = max(self._since, self.line if line == self.line + 1 else line)
        self._bands, self.line = (self._bands[1], look), line
