"""What a cell shows that is not its value: by rules of looks, and by formats of an ods."""

import re
from xml.etree.ElementTree import Element  # nosec B405: as a type

from .xlsx_styles import writes_words

# By the cell's own words, their repetition or their size, which says nothing that no cell says; of an ods.
_OWN, _NUMBER = r'(?:"[^"]*"|-?[\d.]+)', r"-?[\d.]+"
_HARMLESS = re.compile(
    rf"(?:cell-content\(\)|value\(\))?(?:!=|<=|>=|<>|[<>=]){_OWN}|(?:not-)?(?:begins-with|ends-with|contains-text)"
    rf"\({_OWN}\)|(?:cell-content-)?(?:is-)?(?:not-)?between\({_NUMBER}[,;]{_NUMBER}\)|(?:not-)?(?:duplicate|unique)|"
    r"(?:top|bottom)-(?:elements|percent)\(\d+\)|(?:above|below)(?:-equal)?-average|is-(?:no-)?error|(?:not-)?error"
)
_LINE = re.compile(r"[A-Z]\$?(\d{1,7})(?![\d.\w])")  # Of a cell; "Sayfa1.A2".
_DIGITS, _YES = "0123456789 \xa0\u202f.,:;/()+%-", ("true", "doğru", "1", "evet", "yes")


def is_harmless(condition: str) -> bool:
    return _HARMLESS.fullmatch("".join(condition.split())) is not None


def line_of_rule(ranges: str) -> int:
    """The last of the single lines to which a rule belongs, as if somebody had painted them; 0 where there is none."""
    lines = [{*_LINE.findall(each)} for each in ranges.split()]
    return max((int(found.pop()) for found in lines if len(found) == 1), default=0)


def shows_another(cell: Element, facts: dict[str, str]) -> bool:
    """Whether a cell of an ods shows a text that is not its number, its yes or no, or its words."""
    kind = facts.get("value-type", "")
    if kind not in ("float", "currency", "percentage", "boolean") and "string-value" not in facts:
        return False
    shown = "\n".join("".join(each.itertext()) for each in cell if each.tag == "p").strip()
    if not shown or "string-value" in facts:
        return bool(shown) and "".join(facts["string-value"].split()) != "".join(shown.split())
    if kind == "boolean":
        return (facts.get("boolean-value") == "true") != (shown.casefold() in _YES)
    value, digits = facts.get("value", ""), "".join(filter(str.isdigit, shown))
    is_other = value in ("0", "1") and digits.strip("0") != value.strip("0")
    return is_other or not digits or writes_words(f'"{shown.strip(_DIGITS).removeprefix("E")}"')
