"""How the cells of an xlsx look, where that may mean something that no cell says: colours that differ between lines,
formats of numbers that write words, parts that are struck through; and texts of headers, footers and boxes."""

import io
import json
import re
import zipfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape

from defusedxml.ElementTree import ParseError

from .cell_notes import STYLES, Element, elements, name_of, related
from .hidden_rows import PART, sheet_paths

MOST_TEXTS, LONGEST = 20, 300
MOST_ODD = 12  # Formats that are looked for one by one.
LONGEST_TAIL = 10_000  # Bytes in which the last cell of a block begins.
LINKS = {"theme 10", "rgb FF0563C1", "rgb FF0000FF"}  # Colours of links, which are underlined.
PLAIN = {"", "theme 0", "theme 1", "indexed 64", "indexed 65", "rgb FF000000", "rgb 00000000", "rgb FFFFFFFF", "auto 1"}
_WORD = re.compile(r'"[^"]*?[^\W\d_]{2}[^"]*"|\\[^\W\d_]\\[^\W\d_]')
_UNITS = re.compile(r'"\s*(?:TL|TRY|USD|EUR|adet|kg|saat|dk|gün)\s*"', re.I)
# A cell with content; nearly all programs write its place first and then its format.
_CELL = re.compile(rb'<(?:\w+:)?c\b(?=[^<>]*?\br="([A-Z]+)(\d+)")(?:[^<>]*?\bs="(\d+)")?[^<>]*(?<!/)>')
_STRIKE = re.compile(rb'<(?:\w+:)?strike\b(?![^>]*\bval="(?:0|false)")')
_PRINTED = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)>([^<]*)<")
_CODES = re.compile(r'&(?:"[^"]*"|K[0-9A-F]{6}|K\d\d[+-]\d{3}|\d+|[A-Z&])')
_PLACE, _FORMAT = re.compile(rb'\br="[A-Z]+(\d+)"'), re.compile(rb' s="(\d+)"')
_BOX = re.compile(rb"<a:t>([^<]*)<")


@dataclass
class SheetLooks:
    """The last lines up to which colours differ in some column, and a format writes words; whether anything is struck
    through; and texts beside the cells."""

    colours: int = 0
    formats: int = 0
    struck: int = 0
    texts: list[str] = field(default_factory=list)

    def packed(self) -> bytes:
        """As JSON: the three numbers, and the texts."""
        return json.dumps([[self.colours, self.formats, self.struck], self.texts]).encode()


def find_looks(data: bytes) -> dict[str, SheetLooks]:
    """By sheet, of xlsx; of what cannot be told, none."""
    with (
        suppress(zipfile.BadZipFile, KeyError, ValueError, OSError, ParseError),
        zipfile.ZipFile(io.BytesIO(data)) as packed,
    ):
        names = set(packed.namelist())
        if "xl/workbook.xml" in names:
            colours, wordy = _styles(packed) if STYLES in names else ([], set())
            return {
                sheet: _looks_of(packed, path, colours, wordy) for sheet, path in sheet_paths(packed) if path in names
            }
    return {}


def _styles(packed: zipfile.ZipFile) -> tuple[list[str], set[str]]:
    """The colours of each cell format, and the numbers of those that write words."""
    fonts, fills, formats, codes = (
        list(next(elements(packed, STYLES, each), ())) for each in ("fonts", "fills", "cellXfs", "numFmts")
    )
    letters, grounds = [*map(_colour_of_letters, fonts)], [*map(_colour_of_ground, fills)]
    wordy = {each.get("numFmtId") for each in codes if _WORD.search(_UNITS.sub("", each.get("formatCode", "")))}
    colours = [letters[int(each.get("fontId", 0))] + grounds[int(each.get("fillId", 0))] for each in formats]
    return colours, {str(place) for place, each in enumerate(formats) if each.get("numFmtId") in wordy}


def _colour_of_letters(font: Element) -> str:
    parts = {name_of(each): each for each in font}
    colour = _colour(parts.get("color"))
    return "" if colour in LINKS and "u" in parts else colour


def _colour_of_ground(fill: Element) -> str:
    grounds = [each for each in fill.iter() if name_of(each) == "fgColor"]
    is_filled = any(each.get("patternType", "none") not in ("none", "gray125") for each in fill)
    return f"/{_colour(grounds[0])}" if is_filled and grounds and _colour(grounds[0]) else ""


def _colour(element: Element | None) -> str:
    named = " ".join(f"{name} {value}" for name, value in element.items()) if element is not None else ""
    return "" if named in PLAIN else named


def _looks_of(packed: zipfile.ZipFile, path: str, colours: list[str], wordy: set[str]) -> SheetLooks:
    """Without parsing: a sheet may have millions of cells. Blocks of one colour are passed fast."""
    looks, last_lines, rest, last_line = SheetLooks(), defaultdict[str, dict[str, int]](dict), b"", 0
    odd = [
        b' s="%d"' % place for place, each in enumerate(colours) if each != colours[0] or str(place) in wordy
    ]  # Formats that are not like that of an untouched cell.
    with packed.open(path) as part:
        while block := part.read(PART):
            text = rest + block
            rest = text[text.rfind(b"<") :]
            last_line = int((_PLACE.findall(text[-LONGEST_TAIL:]) or [last_line])[-1])
            if odd and (len(odd) > MOST_ODD or any(each in text for each in odd)):
                _look_at(text, colours, wordy, last_line, last_lines, looks)
            else:
                last_lines[""][_at(colours, b"0")] = last_line
            if b"strike" in text and _STRIKE.search(text):
                looks.struck = last_line
            if b"Header>" in text or b"Footer>" in text:
                looks.texts += [_printed(each) for each in _PRINTED.findall(text)]
    everywhere = last_lines.pop("", {})
    for column in last_lines.values() or ({},):
        lines = sorted((everywhere | column).values())
        looks.colours = max(looks.colours, *lines[-2:-1], 0)
    for drawing in related(packed, path, "/drawing"):
        looks.texts += [unescape(each.decode(errors="replace")) for each in _BOX.findall(packed.read(drawing))]
    looks.texts = [each[:LONGEST] for each in looks.texts if each.strip()][:MOST_TEXTS]
    return looks


def _look_at(
    text: bytes, colours: list[str], wordy: set[str], last_line: int, last_lines: dict[str, dict[str, int]],
    looks: SheetLooks,
) -> None:  # fmt: skip
    """The last line of each colour in a block, by column, or under "" where all have one."""
    found = _FORMAT.findall(text)
    used = set(found) | ({b"0"} if text.count(b"<c ") > len(found) else set())
    if len({_at(colours, each) for each in used}) == 1 and wordy.isdisjoint(map(bytes.decode, used)):
        last_lines[""][_at(colours, used.pop())] = last_line
        return
    for column, line, number in _CELL.findall(text):
        last_lines[column.decode()][_at(colours, number or b"0")] = int(line)
        if number.decode() in wordy:
            looks.formats = int(line)


def _at(colours: list[str], number: bytes) -> str:
    place = int(number)
    return colours[place] if place < len(colours) else ""


def _printed(text: bytes) -> str:
    return unescape(_CODES.sub(" ", text.decode(errors="replace").replace("&amp;", "&"))).strip()
