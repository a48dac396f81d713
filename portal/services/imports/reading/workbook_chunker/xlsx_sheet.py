"""What a sheet of an xlsx says beside the values of its cells, in one pass over its XML."""

import re
from collections.abc import Callable

from .column_looks import ColumnLooks
from .marks import CONDITION, FORMULA, HIDDEN, SHAPE, STRUCK, Marks
from .shown import line_of_rule
from .workbook_parts import Attributes, WorkbookParts, local_name, new_parser
from .xlsx_styles import CellFormats, SharedStrings, colour_of, is_font_of_signs, is_on, is_wordy

Handler = Callable[[Attributes], None]

_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", re.I)
_YES, _NO_PARENTHESES = ("1", "true"), dict.fromkeys(map(ord, "()"))
_PROMPTS = ("prompt", "promptTitle", "tooltip")
_PRINTED = [f"{page}{place}" for page in ("odd", "even", "first") for place in ("Header", "Footer")]
_CODES = re.compile(r'&(?:"[^"]*"|K[0-9A-F]{6}|K\d\d[+-]\d{3}|\d+|[A-Z&])')  # Of what is printed.
# What a format tells by the number of the line, or by the cell's own words, says nothing that no cell says. Without
# parentheses, which programs set as they like.
_HARMLESS = {
    "expression": re.compile(r"MODROW(?:[+-]\d+)?,\d(?:(?:=|<>|>|<)\d+)?"),
    "cellIs": re.compile(r'"[^"]*"|[\d.]+'),
    **dict.fromkeys(
        ("containsText", "notContainsText", "beginsWith", "endsWith"),
        re.compile(
            r'(?:(?:NOT)?ISERRORSEARCH"[^"]*",[A-Z]+\d+|(?:LEFT|RIGHT)[A-Z]+\d+,(?:LEN"[^"]*"|\d+)(?:=|<>)"[^"]*"|"[^"]*")'
        ),
    ),
}
_LETTERS = (  # Of a part of a cell.
    *("r", "rPr", "rPh", "phoneticPr", "t", "b", "i", "u", "sz", "vertAlign", "family", "scheme", "outline", "shadow"),
    *("condense", "extend"),
)


def read_sheet(parts: WorkbookParts, path: str, styles: CellFormats, strings: SharedStrings) -> Marks:
    """Without comments and drawings, which are parts of their own. Raises KeyError."""
    sheet = _Sheet(styles, strings)
    for _ in parts.parse(path, sheet.parser):
        pass
    parts.is_broken |= sheet.is_odd
    return sheet.finish()


class _Sheet:
    """What the parser saw so far; `is_odd` says whether a cell's place is none.

    A sheet may have millions of cells, so ends of elements are asked for only where a text is wanted: a cell ends where
    the next one begins, or any element that belongs to none.
    """

    def __init__(self, styles: CellFormats, strings: SharedStrings):
        self._marks, self._texts, self.is_odd = Marks(), dict[str, None](), False
        self._styles, self._strings = styles, strings
        self._untouched = styles["0"].look
        self._columns = ColumnLooks(self._untouched)
        self._line, self._digits = 0, "0"
        self._dressed, self._filled = dict[str, str](), 0  # Of the line.
        self._known_columns, self._column = set[str](), ""
        self._format, self._type = styles["0"], ""  # Of the cell.
        self._is_in_cell, self._is_empty, self._is_computed, self._result = False, True, False, ""
        self._rule = ""  # The type of the rule that formulas belong to.
        self._handlers = _Handlers(self._leave_cell, self._known_elements())
        self.parser = new_parser(lambda name, attributes: self._handlers[name](attributes))

    def finish(self) -> Marks:
        self._end_line()
        looks = self._marks.looks
        looks.colours, looks.line = max(looks.colours, self._columns.last_difference()), self._columns.line
        looks.texts += self._texts
        return self._marks

    def _known_elements(self) -> dict[str, Handler]:
        return {
            "row": self._start_line, "c": self._start_cell, "v": self._start_value, "f": self._start_formula,
            "is": lambda _: self._fill_cell(), "color": self._see_colour, "strike": self._see_strike,
            "rFont": lambda facts: self._see_font("rFont", facts),
            "charset": lambda facts: self._see_font("charset", facts),
            "conditionalFormatting": self._see_lines_of_rule, "cfRule": self._see_rule,
            "formula": self._start_formula, "tabColor": self._see_tab,
            "numFmt": self._see_rule_format, "oleObject": lambda _: self._texts.update({SHAPE: None}),
            "sheetFormatPr": self._see_heights, "dataValidation": self._see_prompts, "hyperlink": self._see_prompts,
            **dict.fromkeys(_PRINTED, self._start_printed), **dict.fromkeys(_LETTERS, lambda _: None),
        }  # fmt: skip

    def _start_line(self, facts: Attributes) -> None:
        self._begin_line(int(facts.get("r") or self._line + 1))
        if facts.get("hidden") in _YES or (facts.get("customHeight") in _YES and float(facts.get("ht", 1)) < 1):
            self._marks.hidden.add(self._line)
        look = self._styles[facts.get("s", "0")].look
        if look != self._untouched:  # Dressed as a whole.
            self._dressed["row"] = look

    def _begin_line(self, line: int) -> None:
        self._end_line()
        self._line, self._digits, self._column = line, str(line), ""

    def _end_line(self) -> None:
        self._end_cell()
        if self._filled:
            self._columns.add_line(self._line, self._dressed, self._filled)
        self._dressed, self._filled = {}, 0

    def _start_cell(self, facts: Attributes) -> None:
        if self._is_computed:
            self._end_cell()
        place = facts.get("r", "")
        column = place.removesuffix(self._digits)
        self._column = column = column if column in self._known_columns else self._column_of(place.strip())
        self._format, self._type = self._styles[facts.get("s", "0")], facts.get("t", "")
        self._is_in_cell = self._is_empty = True
        if self._format.look != self._untouched:
            self._dressed[column] = self._format.look

    def _column_of(self, place: str) -> str:
        """By the place of a cell, or beside the last one; a place may begin another line."""
        found = _PLACE.fullmatch(place)
        if found is None:
            self.is_odd |= bool(place)
            return _column_after(self._column)
        if int(found[2]) != self._line:
            self._begin_line(int(found[2]))
        self._known_columns.add(found[1].upper())
        return found[1].upper()

    def _end_cell(self) -> None:
        if self._is_computed:
            self._texts |= {FORMULA: None} if not self._result else {}
            self._marks.add_result(self._column, self._result.removeprefix("str"))
        self._is_in_cell, self._is_computed, self._result = False, False, ""

    def _leave_cell(self, _: Attributes) -> None:
        self._end_cell()
        self._rule = ""

    def _fill_cell(self) -> None:
        if self._is_empty:
            self._is_empty, self._filled = False, self._filled + 1
            if self._format.is_wordy:
                self._marks.looks.formats = self._line
            if self._format.is_struck:
                self._marks.notes[self._line].append(STRUCK)

    def _start_value(self, _: Attributes) -> None:
        self._fill_cell()
        if self._is_computed or (self._type == "s" and self._strings.any_marked):
            self._result = "str" if self._type == "str" else ""  # An empty one of words is a result.
            self._read_text(self._see_value)

    def _see_value(self, value: str) -> None:
        self._result += value.strip()
        if self._type == "s" and value.strip() in self._strings.coloured:
            self._dressed[self._column] = f"{self._format.look}+"
        if self._type == "s" and value.strip() in self._strings.struck:
            self._marks.notes[self._line].append(STRUCK)

    def _start_formula(self, _: Attributes) -> None:
        if self._is_in_cell:
            self._fill_cell()
            self._is_computed = True
        elif self._rule in _HARMLESS:
            self._read_text(self._see_rule_formula)

    def _see_rule_formula(self, text: str) -> None:
        if text and not _HARMLESS[self._rule].fullmatch(text.strip().translate(_NO_PARENTHESES)):
            self._texts[CONDITION] = None

    def _see_lines_of_rule(self, facts: Attributes) -> None:
        self._leave_cell(facts)
        self._marks.looks.colours = max(self._marks.looks.colours, line_of_rule(facts.get("sqref", "")))

    def _see_rule(self, facts: Attributes) -> None:
        self._rule = facts.get("type", self._rule)
        if self._rule == "iconSet" or facts.get("dxfId") in self._styles.telling_rules:
            self._texts[CONDITION] = None

    def _see_rule_format(self, facts: Attributes) -> None:
        if is_wordy(facts.get("formatCode", "")):
            self._texts[CONDITION] = None

    def _see_colour(self, facts: Attributes) -> None:
        if self._is_in_cell and colour_of(facts):
            self._marks.looks.colours = self._line

    def _see_strike(self, facts: Attributes) -> None:
        if is_on(facts):
            self._marks.looks.struck = self._line

    def _see_font(self, tag: str, facts: Attributes) -> None:
        if is_font_of_signs(tag, facts):
            self._marks.looks.formats = self._line

    def _see_tab(self, facts: Attributes) -> None:
        self._marks.looks.tab = " ".join(f"{name} {value}" for name, value in facts.items())

    def _see_heights(self, facts: Attributes) -> None:
        if facts.get("zeroHeight") in _YES:  # Of all lines that say nothing else.
            self._texts[HIDDEN] = None

    def _see_prompts(self, facts: Attributes) -> None:
        self._texts |= dict.fromkeys(facts[each] for each in _PROMPTS if each in facts)

    def _start_printed(self, _: Attributes) -> None:
        self._read_text(lambda text: self._texts.update({_CODES.sub(" ", text).strip(): None}))

    def _read_text(self, use: Callable[[str], object]) -> None:
        """Use the text of the element that begins."""
        parts = list[str]()

        def end(_: str) -> None:
            self.parser.CharacterDataHandler = self.parser.EndElementHandler = None
            use("".join(parts))

        self.parser.CharacterDataHandler, self.parser.EndElementHandler = parts.append, end


class _Handlers(dict[str, Handler]):
    """By an element's name, whatever its prefix."""

    def __init__(self, other: Handler, known: dict[str, Handler]):
        super().__init__(known)
        self._other = other

    def __missing__(self, name: str) -> Handler:
        self[name] = self.get(local_name(name), self._other)
        return self[name]


def _column_after(column: str) -> str:
    """Its letters: B after A, AA after Z."""
    number, letters = 1, ""
    for place, letter in enumerate(reversed(column)):
        number += (ord(letter) - 64) * 26**place
    while number:
        number, last = divmod(number - 1, 26)
        letters = chr(65 + last) + letters
    return letters
