"""Read a workbook from stdin and write its sheets as frames to stdout, within limits of memory and CPU."""

import contextlib
import io
import resource
import sys
from collections.abc import Iterator
from typing import Any

from .cells import text_of
from .chunks import MOST_LINES, CannotChunk, Line, chunk_lines
from .container import format_of
from .frames import CHUNK_HEADER, FrameKind, frame

MOST_MEMORY = 1024**3  # Bytes of address space; a sheet of a million lines and eight columns takes some 800 MB.
MOST_SECONDS = 120  # Of CPU.
MOST_SHEETS = 100


def workbook_frames(data: bytes) -> Iterator[bytes]:
    """The frames of a workbook. Raises CannotChunk."""
    yield frame(FrameKind.FORMAT, format_of(data).encode())
    from python_calamine import CalamineWorkbook, SheetTypeEnum  # Only now: what is no workbook needs no reader.

    workbook, line_count = CalamineWorkbook.from_filelike(io.BytesIO(data)), 0
    del data
    sheets = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    if len(sheets) > MOST_SHEETS:
        raise CannotChunk("file_too_many_sheets")
    for place, name in enumerate(sheets):
        yield frame(FrameKind.SHEET, name.encode(errors="replace"))
        for chunk in chunk_lines(_sheet_lines(workbook, name)):
            line_count += chunk.lines
            if line_count > MOST_LINES:
                raise CannotChunk("file_too_many_lines")
            header = CHUNK_HEADER.pack(place, chunk.first_line, chunk.lines, chunk.width)
            yield frame(FrameKind.CHUNK, header + chunk.packed)
    yield frame(FrameKind.END)


def _sheet_lines(workbook: Any, name: str) -> Iterator[Line]:
    """Numbered as Excel does: the empty rows above the first one with content come too, and count."""
    for number, row in enumerate(workbook.get_sheet_by_name(name).iter_rows(), 1):
        cells = list(map(text_of, row))
        if any(cells):
            yield number, cells


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
