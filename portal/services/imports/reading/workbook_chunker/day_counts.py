"""Whether a workbook counts days from 1904, as Excel for Macintosh did until 2011. The reader of cells knows it of
those with a date's format only: in any other the number of a day means one that is four years later than it seems.
"""

import re
import zipfile
from collections.abc import Callable

from .workbook_parts import WorkbookParts

DAYS = range(36526, 73051)  # What is taken for a day elsewhere: from 1900 on, 2000 to 2099.
_ON = ("1", "true")
# The record Date1904 of [MS-XLS] 2.4.77, and the head of one of the three that follow it.
_IN_XLS = re.compile(rb"\x22\0\x02\0\x01\0(?:\x0e\0|\xb7\x01|\xda\0)\x02\0")
_WORKBOOK_PROPERTIES = 153  # BrtWbProp of [MS-XLSB] 2.4.822.


def counts_from_1904(data: bytes, written_as: str) -> bool:
    if written_as == "xls":
        return _IN_XLS.search(data) is not None
    try:
        return _READERS[written_as](WorkbookParts(data))
    except (zipfile.BadZipFile, LookupError, ValueError, OSError):
        return False


def name_count(text: str) -> str:
    """A number that may be a day, as text that is none: nobody can tell which it was meant for."""
    return f"{text} (1904)" if text.partition(".")[0] in _DAYS else text


def _in_xlsx(parts: WorkbookParts) -> bool:
    return any(each.get("date1904") in _ON for each in parts.elements("xl/workbook.xml", "workbookPr"))


def _in_ods(parts: WorkbookParts) -> bool:
    """Said before the first table, if at all."""
    first = next(parts.elements("content.xml", "null-date", group="table"), None)
    return first is not None and any(each.startswith("1904") for each in first.attrib.values())


def _in_xlsb(parts: WorkbookParts) -> bool:
    """By records of a type, a size and so many bytes; both numbers are of seven bits a byte, the lowest first."""
    content, at = parts.begin("xl/workbook.bin"), 0
    while at < len(content):
        kind, at = _number(content, at, 2)
        size, at = _number(content, at, 4)
        if kind == _WORKBOOK_PROPERTIES:
            return bool(content[at] & 1)
        at += size
    return False


def _number(content: bytes, at: int, longest: int) -> tuple[int, int]:
    """A number, and where it ends. Raises IndexError."""
    number = 0
    for place in range(longest):
        number |= (content[at + place] & 0x7F) << 7 * place
        if content[at + place] < 0x80:
            break
    return number, at + place + 1


_DAYS = frozenset(map(str, DAYS))
_READERS: dict[str, Callable[[WorkbookParts], bool]] = {"xlsx": _in_xlsx, "xlsb": _in_xlsb, "ods": _in_ods}
