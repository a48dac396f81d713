"""The formats of the cells of an xlsx, and of parts of its shared strings, where they may mean something that no cell
says: colours, crosses and letters, formats of numbers that write words, fonts of signs, what is struck through."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element  # nosec B405: as a type

from .workbook_parts import Attributes, WorkbookParts, local_name, new_parser

LINKS = {"theme 10", "rgb FF0563C1", "rgb FF0000FF"}  # Colours of links, which are underlined.
BLACK = {"", "theme 1", "indexed 8", "indexed 64", "rgb FF000000", "rgb 00000000", "auto 1"}
GRID = {"thin", "hair", "dotted", "medium"}  # Lines of tables, if they are black.
_BUILT_IN = {"38": "[red]", "40": "[red]"}  # Formats of numbers that no file writes down.
# What a format writes beside digits and their separators; known units and currencies are left out before.
_WORD = re.compile(
    r""""[\s\d.,:;/()+%'–—’-]*[^\s\d.,:;/()+%'"–—’-][^"]*"|[\\*][^\s\d.,:/()+%'–—-]|\[\$|\[=|[^\x00-\x7f\xa0\u202f₺€£¥–—’]"""
)
_CURRENCIES = "TL|TRY|USD|EUR|GBP|CHF"
_LANGUAGE = r"-(?:[\da-f]{1,8}|[a-z]{2,3}-[a-z\d-]{2,12}|x-sys(?:date|time))(?:,[\da-f]{1,8})?"
_UNITS = re.compile(
    rf'"\s*(?:{_CURRENCIES}|adet|kg|g|m|saat|sa|dk|gün|yıl|yaş|T|Z|[₺$€£¥])\s*"|\\[TZ₺$€£¥]'
    rf"|\[\$(?:(?:{_CURRENCIES}|[₺$€£¥])(?:{_LANGUAGE})?|{_LANGUAGE})\]",
    re.I,
)
_BESIDE = re.compile(r'"[^"]*"|[\\_*].|\[(?!\$-(?:f[48]00|x-sys)|[hms]+\])[^][]*\]', re.I)
_KNOWN = re.compile(rf"general|standard|am/pm|a/p|{_CURRENCIES}|\[\$-[^][]*\]|\[[hms]+\]|[dmyhsebg]", re.I)
_PLACEHOLDER, _SCALED = re.compile(r"[0#?@]"), re.compile(r"[0#?],+(?![0#?,])")
_CONDITION, _STRANGE = re.compile(r"\[[<>]"), re.compile(r"[^\s\d#?@.,:/()+%'’–—$₺€£¥-]")
_COLOUR = re.compile(r"\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+)\]", re.I)
# Fonts with signs in place of letters, a cross for a T: what a cell says, none of its letters tells.
_SIGNS = re.compile(r"ding(?:s|bat)|symbol|marlett|icon|awesome|glyph|mdl2|mt extra|specialty|sorts", re.I)
_CHARSETS = ("2", "x-symbol")  # Of them.
_MARKS = ("b", "i", "u", "vertAlign")  # Of letters, which lines of totals have, too.
_TABLES = ("fonts", "fills", "borders", "cellXfs", "numFmts", "dxfs")


@dataclass(frozen=True)
class CellFormat:
    """How a cell looks ("" for nothing but black letters), whether it is struck through, and whether its format or font
    makes it say what its value does not."""

    look: str = ""
    is_struck: bool = False
    is_wordy: bool = False


class CellFormats(dict[str, CellFormat]):
    """Formats by their numbers as cells write them, and the numbers of those of rules that strike through or write
    words."""

    def __init__(self, formats: Iterable[CellFormat] = (), telling_rules: Iterable[str] = ()):
        self._formats, self.telling_rules = tuple(formats), frozenset(telling_rules)

    def __missing__(self, number: str) -> CellFormat:
        """Raises ValueError for what is no number."""
        place = int(number or 0)
        self[number] = self._formats[place] if place < len(self._formats) else CellFormat()
        return self[number]


@dataclass
class SharedStrings:
    """The numbers of those of which a part has a colour, or is struck through; whether any has a font of signs."""

    coloured: set[str]
    struck: set[str]
    has_signs: bool = False

    @property
    def any_marked(self) -> bool:
        return bool(self.coloured or self.struck)


def read_styles(parts: WorkbookParts) -> CellFormats:
    path, tables = parts.part_of_workbook("styles"), dict[str, list[Element]]()
    for each in parts.elements(path, *_TABLES) if path else ():
        tables.setdefault(each.tag, list(each))
    fonts, fills, borders, formats, codes, by_rule = (tables.get(each, []) for each in _TABLES)
    numbers = _BUILT_IN | {each.get("numFmtId", ""): each.get("formatCode", "") for each in codes}
    letters, grounds, lines = (
        [*map(_look_of_letters, fonts)],
        [*map(_look_of_ground, fills)],
        [*map(_lines_of, borders)],
    )

    def format_of(facts: Element) -> CellFormat:
        font, code = int(facts.get("fontId", 0)), numbers.get(facts.get("numFmtId", ""), "")
        look = letters[font] + grounds[int(facts.get("fillId", 0))] + lines[int(facts.get("borderId", 0))]
        return CellFormat(
            look + "".join(_COLOUR.findall(code)) + _marks_of_letters(fonts[font]),
            is_struck=_strikes(fonts[font]),
            is_wordy=is_wordy(code) or has_signs({f"font-{part.tag}": part.get("val", "") for part in fonts[font]}),
        )

    return CellFormats(map(format_of, formats), (str(place) for place, each in enumerate(by_rule) if _tells(each)))


def read_shared_strings(parts: WorkbookParts) -> SharedStrings:
    found, path, number = SharedStrings(set(), set()), parts.part_of_workbook("sharedStrings"), -1

    def start(name: str, facts: Attributes) -> None:
        nonlocal number
        match local_name(name):
            case "si":
                number += 1
            case "color" if colour_of(facts):
                found.coloured.add(str(number))
            case "strike" if is_on(facts):
                found.struck.add(str(number))
            case "rFont" | "charset" as tag if is_font_of_signs(tag, facts):
                found.has_signs = True

    for _ in parts.parse(path, new_parser(start)) if path else ():
        pass
    return found


def is_wordy(code: str) -> bool:
    """Whether a format of numbers writes words, another number than the value, or the same whatever that is."""
    sections = code.split(";")
    shown = [_BESIDE.sub("", each) for each in (sections if _CONDITION.search(code) else sections[:1])]
    shown = [_KNOWN.sub("@", each) for each in shown]
    is_constant = bool(code) and not all(map(_PLACEHOLDER.search, shown))
    return is_constant or any(_SCALED.search(each) or _STRANGE.search(each) for each in shown) or writes_words(code)


def writes_words(code: str) -> bool:
    """More than units."""
    return _WORD.search(_UNITS.sub("", code)) is not None


def has_signs(facts: Mapping[str, str]) -> bool:
    """Whether a font is one of signs, by its charset or a name."""
    names = (facts.get(each, "") for each in ("font-name", "font-family"))
    return facts.get("font-charset") in _CHARSETS or any(map(_SIGNS.search, names))


def is_font_of_signs(tag: str, facts: Attributes) -> bool:
    """The same of a part of a cell, by an element of its letters."""
    return has_signs({"font-name" if tag == "rFont" else f"font-{tag}": facts.get("val", "")})


def is_on(facts: Attributes | Element) -> bool:
    return facts.get("val") not in ("0", "false")


def colour_of(facts: Mapping[str, str] | Element) -> str:
    named = " ".join(f"{name} {value}" for name, value in facts.items())
    return "" if named in BLACK else named


def _strikes(element: Element) -> bool:
    return any(map(is_on, element.iter("strike")))


def _tells(rule: Element) -> bool:
    return _strikes(rule) or any(is_wordy(each.get("formatCode", "")) for each in rule.iter("numFmt"))


def _look_of_letters(font: Element) -> str:
    parts = {each.tag: each for each in font}
    colour = colour_of(parts.get("color", {}))
    return "" if colour in LINKS and "u" in parts else colour


def _marks_of_letters(font: Element) -> str:
    """Bold letters and such, after a "*"; a link is underlined."""
    parts = {each.tag: each for each in font if each.get("val") not in ("0", "false", "none", "baseline")}
    is_link = colour_of(parts.get("color", {})) in LINKS
    marks = [each for each in _MARKS if each in parts and not (each == "u" and is_link)]
    return "*" * bool(marks) + " ".join(marks)


def _look_of_ground(fill: Element) -> str:
    """A fill of any pattern, as it is written."""
    kinds = {each.get("patternType", "none" if each.tag == "patternFill" else "gradient") for each in fill}
    if not kinds - {"none"}:
        return ""
    parts = [each for each in fill.iter() if each.tag != "bgColor" or kinds != {"solid"}]
    return "".join(f"/{each.tag} {sorted(each.items())}" for each in parts)


def _lines_of(border: Element) -> str:
    """But black ones around a cell, as tables have them."""
    is_crossed = any(border.get(each) in ("1", "true") for each in ("diagonalUp", "diagonalDown"))
    lines = {
        f"|{side.tag} {side.get('style')} {colour}"
        for side in border
        if side.get("style", "none") != "none"
        for colour in ["".join(map(colour_of, side))]
        if (side.tag == "diagonal" and is_crossed)
        or (side.tag != "diagonal" and (colour or side.get("style") not in GRID))
    }
    return "".join(sorted(lines))
