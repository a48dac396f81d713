"""Write an .xlsx workbook while it is sent, with flat memory and nothing on disk.

XlsxWriter's constant_memory is no substitute: it writes the rows in clear to temporary files, and sends nothing before
the last row is there. Every cell is a text or a number, never a formula. Texts have the format Text, so that whoever
corrects a telephone number keeps its zeros.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZipFile

from portal.web.shared import xlsx_parts as parts

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576  # Of a sheet, the limit of spreadsheets; the rest goes on in another.
LARGEST = 1 << 30  # Bytes of a sheet: beyond 2 GiB its part would need another kind of zip.
WIDTH_SAMPLE = 100  # Rows, to choose the widths of columns.
AT_ONCE = 200  # Rows that are sent together.
COMPRESSION = 4


@dataclass(frozen=True)
class Sheet:
    """A sheet to be written; its header row is frozen."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[object]]


def stream_workbook(
    rows: Iterable[Sequence[object]], *, sheet: str, header: Sequence[str], more: Iterable[Sheet] = ()
) -> Iterator[bytes]:
    """The bytes of a workbook with a sheet of these rows, and of `more` those that have rows.

    If a row raises, the file stays incomplete, so that no half of it passes for the whole.
    """
    sink = _Sink()
    written: list[parts.WrittenSheet] = []
    with ZipFile(cast("IO[bytes]", sink), "w", ZIP_DEFLATED, compresslevel=COMPRESSION) as book:
        for each in chain([Sheet(sheet, header, rows)], more):
            yield from _write_sheets(book, sink, each, written)
        for name, text in parts.other_parts(written):
            with book.open(name, "w") as part:
                part.write(text.encode())
    yield sink.take()


def _write_sheets(book: ZipFile, sink: "_Sink", sheet: Sheet, written: list[parts.WrittenSheet]) -> Iterator[bytes]:
    """Write as many sheets as the rows need; the first of all even without rows."""
    rows, count = iter(sheet.rows), 0
    while (first := list(islice(rows, WIDTH_SAMPLE))) or not written:
        rows, count = chain(first, rows), count + 1
        name = parts.sheet_name(sheet.name, count, [each.name for each in written])
        with book.open(parts.sheet_path(len(written)), "w") as part:
            part.write(parts.sheet_head(sheet.header, first, is_shown=not written).encode())
            lines = yield from _write_rows(part, sink, rows)
            part.write(parts.sheet_tail(lines, len(sheet.header)).encode())
        written.append(parts.WrittenSheet(name, lines, len(sheet.header)))


def _write_rows(part: IO[bytes], sink: "_Sink", rows: Iterator[Sequence[object]]) -> Generator[bytes, None, int]:
    """Write rows until they or the sheet end; returns the number of the sheet's lines, header included."""
    line, size = 1, 0
    while line < MOST_ROWS and size < LARGEST and (block := list(islice(rows, min(AT_ONCE, MOST_ROWS - line)))):
        text = "".join(parts.row(number, each) for number, each in enumerate(block, line + 1)).encode()
        part.write(text)
        line, size = line + len(block), size + len(text)
        yield sink.take()
    return line


class _Sink:
    """The file that ZipFile writes to: not seekable; its content is taken away while it grows."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, content: bytes) -> int:
        self._held += content
        return len(content)

    def flush(self) -> None:
        """ZipFile asks for it."""

    def take(self) -> bytes:
        """What was written since the last call."""
        held, self._held = bytes(self._held), bytearray()
        return held
