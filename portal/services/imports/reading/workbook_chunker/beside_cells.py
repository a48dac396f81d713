"""What stands beside the cells of an xlsx, where it may mean something: headers and footers of the page, boxes, prompts
and tips, drawn shapes, formats that depend on a formula, formulas without a result, fonts of signs, colours of tabs."""

import re
from collections.abc import Container, Iterator, Mapping
from html import unescape

from .cell_notes import related
from .xlsx_parts import Parts

SHAPE, CONDITION, TAB = "Çizilmiş şekil", "Koşullu biçim", "Renkli sayfa sekmesi"  # Named to the author.
FORMULA = "Sonucu saklanmamış formül: dosyayı Excel'de açıp kaydedin"  # As programs write it that do not compute.
_PRINTED = re.compile(rb"<(?:odd|even|first)(?:Header|Footer)>([^<]*)<")
_CODES = re.compile(r'&(?:"[^"]*"|K[0-9A-F]{6}|K\d\d[+-]\d{3}|\d+|[A-Z&])')
_BOX = re.compile(rb"<t>([^<]*)<")
_SHAPE = re.compile(rb"<(?:sp|cxnSp|contentPart)\b")  # Perhaps a line through cells; a part of ink is a pen's.
_PROMPT = re.compile(rb'\b(?:prompt|promptTitle|tooltip)="([^"]+)"')
_RULE = re.compile(rb'<cfRule\b(?=[^<>]*?\btype="(\w+)")(?=(?:[^<>]*?\bdxfId="(\d+)")?)|<(?:formula|f)>([^<]*)<')
# What a format tells by the number of the line, or by the cell's own words, says nothing that no cell says.
_HARMLESS = {
    b"expression": re.compile(rb"MOD\(ROW\(\)(?:[+-]\d+)?,\d+\)(?:(?:=|&lt;&gt;|&gt;|&lt;)\d+)?"),
    b"cellIs": re.compile(rb'"[^"]*"|&quot;[^&]*&quot;|[\d.]+'),
}
# A cell with a formula, and its value; an empty one of words ("str") is a result.
_COMPUTED = re.compile(
    rb"<c\b(?P<kind>[^<>]*)>\s*<f\b(?:[^<>]*/>|[^<>]*>[^<]*</f>)\s*"
    rb"(?P<value><v\b[^<>]*>(?P<result>[^<]*))?"
)
# Fonts with signs in place of letters, a cross for a T: what a cell says, none of its letters tells.
_SIGNS = re.compile(r"ding(?:s|bat)|symbol|marlett|icon|awesome|glyph|mdl2|mt extra|specialty", re.I)
_CHARSETS = ("2", "x-symbol")  # Of them.
FONT_OF_SIGNS = re.compile(
    rb'<(?:rFont\b[^<>]*\bval="[^"]*(?:%s)|charset\b[^<>]*\bval="2")' % _SIGNS.pattern.encode(), re.I
)
_TAB = re.compile(rb"<tabColor\b([^<>]*)>")


def has_signs(facts: Mapping[str, str]) -> bool:
    """Whether a font is one of signs, by its charset or a name."""
    names = (facts.get(each, "") for each in ("font-name", "font-family"))
    return facts.get("font-charset") in _CHARSETS or any(map(_SIGNS.search, names))


def texts_of_page(text: bytes) -> Iterator[str]:
    """Of a part of a sheet: what its page prints, what a person sees at a cell, and what Excel only would compute."""
    if (b"<f" in text or b":f" in text) and not all(map(_has_result, _COMPUTED.finditer(text))):
        yield FORMULA
    if b"Header>" in text or b"Footer>" in text:
        yield from (_printed(each) for each in _PRINTED.findall(text))
    if b"prompt" in text or b"tooltip" in text:
        yield from (unescape(each.decode(errors="replace")) for each in _PROMPT.findall(text))


def texts_of_drawings(packed: Parts, path: str) -> Iterator[str]:
    """Of boxes, and of any shape."""
    for drawing in map(packed.read, related(packed, path, "/drawing")):
        yield from (unescape(each.decode(errors="replace")) for each in _BOX.findall(drawing))
        yield from [SHAPE] if _SHAPE.search(drawing) else []


def depends_on_formula(text: bytes, struck: Container[bytes]) -> bool:
    """Whether a format of a part of a sheet shows what no cell says; `struck` are the numbers of those that strike
    through."""
    kind = b""
    for rule, look, formula in _RULE.findall(text) if b"cfRule" in text else ():
        kind = rule or kind
        if (
            rule == b"iconSet"
            or look in struck
            or (formula and kind in _HARMLESS and not _HARMLESS[kind].fullmatch(formula))
        ):
            return True
    return False


def tab_of(text: bytes) -> str:
    """The colour of a sheet's tab, as its first part has it."""
    found = _TAB.search(text) if b"tabColor" in text else None
    return found[1].decode(errors="replace") if found else ""


def _has_result(cell: re.Match[bytes]) -> bool:
    return bool(cell["result"] or (cell["value"] and b't="str"' in cell["kind"]))


def _printed(text: bytes) -> str:
    return unescape(_CODES.sub(" ", text.decode(errors="replace").replace("&amp;", "&"))).strip()
