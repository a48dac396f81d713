"""The XML parts of an .xlsx workbook, and the encoding of its cells."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr  # nosec B406: they write, and read nothing.

LONGEST = 32_767  # Characters of a cell, as UTF-16 counts them.
EXACT = 10**15  # Beyond it spreadsheets round.
NARROWEST, WIDEST = 9, 60  # Of a column, in characters.
LONGEST_NAME = 31  # Of a sheet.
NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")

TO_ESCAPE = re.compile(r"[^ -%'-;=?-~\xa0-\ud7ff\ue000-\ufffd]")
FORBIDDEN = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML cannot hold these.
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # A spreadsheet would read _x0041_ as A.

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SHEET_ML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
BOLD, TEXT = 1, 2  # Places in cellXfs; 49 is the format Text.
STYLES = (
    f'{XML}<styleSheet xmlns="{MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
FROZEN = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>'


@dataclass(frozen=True)
class WrittenSheet:
    name: str
    lines: int
    columns: int


def sheet_head(header: Sequence[str], rows: Sequence[Sequence[object]], *, is_shown: bool) -> str:
    """A sheet up to the end of its header line; columns are as wide as these rows need."""
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{_width(place - 1, header, rows)}" style="{TEXT}" customWidth="1"/>'
        for place in range(1, len(header) + 1)
    )
    shown = ' tabSelected="1"' if is_shown else ""
    return (
        f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView{shown} workbookViewId="0">{FROZEN}</sheetView>'
        f"</sheetViews>{f'<cols>{widths}</cols>' if widths else ''}<sheetData>{row(1, header, BOLD)}"
    )


def row(number: int, values: Sequence[object], style: int = TEXT) -> str:
    """One line; empty cells are left out."""
    written = [f'<row r="{number}">']
    for place, value in enumerate(values):
        if value is None or value == "":
            continue
        where = f"{_COLUMNS[place]}{number}"
        if isinstance(value, int | float) and type(value) is not bool and -EXACT < value < EXACT:  # No nan or infinity.
            written.append(f'<c r="{where}"><v>{value!r}</v></c>')
            continue
        text = value if isinstance(value, str) else str(value)
        inside = f"<t>{text}</t>" if _is_plain(text) else f'<t xml:space="preserve">{escape_text(text)}</t>'
        written.append(f'<c r="{where}" s="{style}" t="inlineStr"><is>{inside}</is></c>')
    written.append("</row>")
    return "".join(written)


def _is_plain(text: str) -> bool:
    return not TO_ESCAPE.search(text) and "_x" not in text and text.strip(" ") == text and len(text) <= LONGEST


def escape_text(text: str) -> str:
    """A cell's text in XML: lines end with a newline, and characters that XML cannot hold are left out."""
    text = FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) * 2 > LONGEST:
        text = text.encode("utf-16-le")[: 2 * LONGEST].decode("utf-16-le", "ignore")
    return escape(LOOKS_ESCAPED.sub("_x005F_", text))


def sheet_tail(lines: int, columns: int) -> str:
    """The end of a sheet: its filter, and no warnings where a text is all digits."""
    if not columns:
        return "</sheetData></worksheet>"
    everything = f"A1:{_COLUMNS[columns - 1]}{lines}"
    return (
        f'</sheetData><autoFilter ref="{everything}"/>'
        f'<ignoredErrors><ignoredError sqref="{everything}" numberStoredAsText="1"/></ignoredErrors></worksheet>'
    )


def sheet_path(number: int) -> str:
    """The path of a sheet in the zip; sheets count from 0."""
    return f"xl/worksheets/sheet{number + 1}.xml"


def sheet_name(wanted: str, count: int, taken: Sequence[str]) -> str:
    """A valid and unique sheet name; `count` numbers the sheets of one name."""
    plain = " ".join(FORBIDDEN.sub("", NOT_IN_A_NAME.sub(" ", wanted)).split()).strip("' ") or "1"
    ending = f" {count}" if count > 1 else ""
    name = plain[: LONGEST_NAME - len(ending)] + ending
    return name if name.lower() not in (each.lower() for each in taken) else sheet_name(wanted, count + 1, taken)


def other_parts(sheets: Sequence[WrittenSheet]) -> Iterator[tuple[str, str]]:
    """(path, text) of all parts except the sheets."""
    yield "xl/styles.xml", STYLES
    yield "xl/workbook.xml", _workbook(sheets)
    related = [("worksheet", sheet_path(number).removeprefix("xl/")) for number in range(len(sheets))]
    yield "xl/_rels/workbook.xml.rels", _relations([*related, ("styles", "styles.xml")])
    yield "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")])
    yield "[Content_Types].xml", _types(len(sheets))


def _workbook(sheets: Sequence[WrittenSheet]) -> str:
    listed = "".join(
        f'<sheet name={quoteattr(each.name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, each in enumerate(sheets, 1)
    )
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number}" hidden="1">'
        f"{_quoted(each.name)}!$A$1:${_COLUMNS[each.columns - 1]}${each.lines}</definedName>"
        for number, each in enumerate(sheets)
        if each.columns
    )
    names = f"<definedNames>{filters}</definedNames>" if filters else ""
    return (
        f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{listed}</sheets>{names}</workbook>"
    )


def _quoted(name: str) -> str:
    inner = escape(name.replace("'", "''"))
    return f"'{inner}'"


def _relations(related: Sequence[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(related, 1)
    )
    return f'{XML}<Relationships xmlns="{RELATIONS}">{listed}</Relationships>'


def _types(sheets: int) -> str:
    kinds = {"/xl/workbook.xml": "sheet.main", "/xl/styles.xml": "styles"}
    kinds |= {f"/{sheet_path(number)}": "worksheet" for number in range(sheets)}
    listed = "".join(
        f'<Override PartName="{place}" ContentType="{SHEET_ML}.{kind}+xml"/>' for place, kind in kinds.items()
    )
    return (
        f'{XML}<Types xmlns="{TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )


def _width(place: int, header: Sequence[str], rows: Sequence[Sequence[object]]) -> int:
    longest = max(len(str(each[place])) for each in (header, *rows) if place < len(each))
    return min(max(longest + 2, NARROWEST), WIDEST)


def _letters(place: int) -> str:
    """A column's name; columns count from 0."""
    letters = ""
    while place >= 0:
        place, letter = divmod(place, 26)
        letters, place = chr(65 + letter) + letters, place - 1
    return letters


_COLUMNS = [_letters(place) for place in range(16_384)]
