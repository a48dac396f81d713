"""Reads a workbook from stdin, writes its sheets as frames to stdout, and takes no more than its share."""

import contextlib
import io
import resource
import sys
from collections.abc import Iterator

from .cells import text_of
from .chunks import MOST_LINES, Line, NotCut, pieces
from .container import format_of
from .frames import PIECE, Kind, frame

MOST_MEMORY = 1024**3  # Bytes of address space; a sheet of a million lines and eight columns takes some 800 MB.
MOST_SECONDS = 120  # Of CPU.
MOST_SHEETS = 100


def cut(data: bytes) -> Iterator[bytes]:
    """The frames of a workbook. Raises NotCut."""
    yield frame(Kind.FORMAT, format_of(data).encode())
    from python_calamine import CalamineWorkbook, SheetTypeEnum  # Only now: what is no workbook needs no reader.

    workbook, behind = CalamineWorkbook.from_filelike(io.BytesIO(data)), 0
    del data
    sheets = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    if len(sheets) > MOST_SHEETS:
        raise NotCut("file_too_many_sheets")
    for place, name in enumerate(sheets):
        yield frame(Kind.SHEET, name.encode(errors="replace"))
        for piece in pieces(_lines(workbook, name)):
            behind += piece.lines
            if behind > MOST_LINES:
                raise NotCut("file_too_many_lines")
            yield frame(Kind.PIECE, PIECE.pack(place, piece.first_line, piece.lines, piece.width) + piece.packed)
    yield frame(Kind.END)


def _lines(workbook, name: str) -> Iterator[Line]:
    """Counted as Excel counts them: rows above the first one that holds anything come as empty ones."""
    for number, row in enumerate(workbook.get_sheet_by_name(name).iter_rows(), 1):
        cells = list(map(text_of, row))
        if any(cells):
            yield number, cells


def problem_of(error: BaseException) -> str:
    """The word for whatever stopped it: the reader's own errors differ from format to format."""
    if isinstance(error, NotCut):
        return error.word
    if isinstance(error, MemoryError):
        return "file_workbook_too_large"
    return "file_password" if "password" in f"{type(error).__name__} {error}".lower() else "file_damaged"


def _take_no_more() -> None:
    limits = {
        resource.RLIMIT_AS: MOST_MEMORY,
        resource.RLIMIT_CPU: MOST_SECONDS,
        resource.RLIMIT_CORE: 0,  # What it holds would lie on disk in clear.
        resource.RLIMIT_FSIZE: 0,
    }
    for limit, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # A stricter one was set from outside, or there is none here.
            resource.setrlimit(limit, (most, most))


def main() -> None:
    """Say everything, or say why not."""
    _take_no_more()
    out = sys.stdout.buffer
    try:
        for each in cut(sys.stdin.buffer.read()):
            out.write(each)
            out.flush()
    except BrokenPipeError:  # Nobody listens any more.
        sys.exit(1)
    except BaseException as error:  # A panic of the reader is no Exception.
        out.write(frame(Kind.PROBLEM, problem_of(error).encode()))
        out.flush()


if __name__ == "__main__":
    main()
