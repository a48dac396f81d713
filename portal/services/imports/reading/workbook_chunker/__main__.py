"""Read a workbook from stdin and write its sheets as frames to stdout, within limits of memory and CPU."""

import contextlib
import io
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from .chunks import CHUNK_HEADER, HIDDEN_HEADER, MOST_LINES, CannotChunk, FrameKind, Line, chunk_lines, frame
from .container import format_of
from .day_counts import counts_from_1904, name_count
from .marked_lines import HiddenLines, with_notes
from .marks import HIDDEN, SHAPE, Marks, SheetLooks
from .merged_cells import fill_merged
from .ods_marks import find_ods_marks
from .workbook_parts import WorkbookParts
from .xlsx_marks import find_xlsx_marks

MOST_MEMORY = 1024**3  # Bytes of address space; a sheet of a million lines and eight columns takes some 800 MB.
MOST_SECONDS = 120  # Of CPU.
MOST_SHEETS = 100
# Named to the author.
UNSEEN = "Renk, çizgi, açıklama ve gizli satır bu biçimde görülmez: .xlsx olarak kaydedin"
_MARKS_OF = {"xlsx": find_xlsx_marks, "ods": find_ods_marks}
HALF_A_SECOND = timedelta(milliseconds=500)  # Excel counts days in floats: 14:02:05 may come as 14:02:04.9999.


def workbook_frames(data: bytes) -> Iterator[bytes]:
    """The frames of a workbook. Raises CannotChunk."""
    written_as = format_of(data)
    yield frame(FrameKind.FORMAT, written_as.encode())
    from python_calamine import (  # Only now: what is no workbook needs no reader.
        CalamineWorkbook,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    workbook, line_count = CalamineWorkbook.from_filelike(io.BytesIO(data)), 0
    marks = find_marks(data, written_as)
    to_text = _text_in_1904 if counts_from_1904(data, written_as) else text_of
    del data
    metadata = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    sheets = [sheet.name for sheet in metadata]
    charts = [SHAPE] if len(metadata) < len(workbook.sheets_metadata) else []
    if len(sheets) > MOST_SHEETS:
        raise CannotChunk("file_too_many_sheets")
    for place, name in enumerate(sheets):
        yield frame(FrameKind.SHEET, name.encode(errors="replace"))
        its = marks.get(name) or Marks(SheetLooks(texts=[UNSEEN]))
        hidden = HiddenLines(its.hidden)
        for chunk in chunk_lines(hidden.count(_sheet_lines(workbook, name, its, to_text))):
            line_count += chunk.lines
            if line_count > MOST_LINES:
                raise CannotChunk("file_too_many_lines")
            header = CHUNK_HEADER.pack(place, chunk.first_line, chunk.lines, chunk.width)
            yield frame(FrameKind.CHUNK, header + chunk.packed)
        is_hidden = metadata[place].visible != SheetVisibleEnum.Visible
        if is_hidden or hidden.total:
            yield frame(FrameKind.HIDDEN, HIDDEN_HEADER.pack(is_hidden, hidden.total))
        its.looks.texts += [text for found in its.notes.values() for text in found]  # Of lines without cells.
        its.looks.texts += charts + ([HIDDEN] if hidden.total else [])
        yield frame(FrameKind.LOOKS, its.looks.packed())
    yield frame(FrameKind.END)


def find_marks(data: bytes, written_as: str) -> dict[str, Marks]:
    """By sheet; none of the formats of which nothing of this is seen. Sheets say so of which some is not."""
    if written_as not in _MARKS_OF:
        return {}
    try:
        parts = WorkbookParts(data)
        marks = _MARKS_OF[written_as](parts)
    except (zipfile.BadZipFile, LookupError, ValueError, OSError):
        return {}
    for each in marks.values() if parts.is_broken else ():
        each.looks.texts.append(UNSEEN)
    return marks


def _sheet_lines(workbook: Any, name: str, marks: Marks, to_text: Callable[[object], str]) -> Iterator[Line]:
    """Numbered as Excel does: the empty rows above the first one with content come too, and count."""
    sheet = workbook.get_sheet_by_name(name)
    rows = ((number, list(map(to_text, row))) for number, row in enumerate(sheet.iter_rows(), 1))
    lines = (line for line in rows if any(line[1]))
    ranges = marks.merged or sheet.merged_cell_ranges or ()
    first_column = sheet.start[1] if sheet.start else 0
    return with_notes(fill_merged(lines, ranges, first_column, marks.notes), marks.notes)


def text_of(value: object) -> str:
    """A cell as text: numbers with all their digits, dates in ISO 8601, errors as nothing.

    5321234567, though Excel holds it as 5.321234567E9.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return _FORMATTERS.get(type(value), str)(value)


def _text_in_1904(value: object) -> str:
    return name_count(text_of(value)) if type(value) in (int, float) else text_of(value)


def _format_datetime(value: datetime) -> str:
    with contextlib.suppress(OverflowError):  # In the year 9999, which stands for "for ever".
        value += HALF_A_SECOND
    return value.isoformat(" ", "seconds")


def _format_duration(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


_FORMATTERS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "TRUE" if value else "FALSE",
    int: str,
    datetime: _format_datetime,
    date: date.isoformat,
    time: lambda value: value.isoformat("seconds"),
    timedelta: _format_duration,
}


def problem_of(error: BaseException) -> str:
    """The value of a FileProblem for whatever stopped it: the reader's own errors differ from format to format."""
    if isinstance(error, CannotChunk):
        return error.problem
    if isinstance(error, MemoryError):
        return "file_workbook_too_large"
    return "file_password" if "password" in f"{type(error).__name__} {error}".lower() else "file_damaged"


def _limit_resources() -> None:
    limits = {
        resource.RLIMIT_AS: MOST_MEMORY,
        resource.RLIMIT_CPU: MOST_SECONDS,
        resource.RLIMIT_CORE: 0,  # A core dump would hold addresses in clear.
        resource.RLIMIT_FSIZE: 0,
    }
    for limit, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # A stricter one was set from outside, or there is none here.
            resource.setrlimit(limit, (most, most))


def main() -> None:
    _limit_resources()
    out = sys.stdout.buffer
    try:
        for each in workbook_frames(sys.stdin.buffer.read()):
            out.write(each)
            out.flush()
    except BrokenPipeError:  # Nobody reads any more.
        sys.exit(1)
    except BaseException as error:  # A panic of the reader is no Exception.
        out.write(frame(FrameKind.PROBLEM, problem_of(error).encode()))
        out.flush()


if __name__ == "__main__":
    main()
