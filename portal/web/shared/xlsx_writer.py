"""A workbook that is written while it is sent: its rows are never all in memory, and nothing lies on disk.

Every cell is a text or a number, never a formula. Texts stand in cells of the format Text, so that whoever mends a
telephone number there keeps its zeros.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from portal.web.shared import xlsx_parts as parts

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576  # Of a sheet, as spreadsheets have it; what is more goes on in another.
LARGEST = 1 << 30  # Bytes of a sheet: beyond 2 GiB its part would need another kind of zip.
LOOKED_AT = 100  # Rows from which the widths of columns are told.
AT_ONCE = 200  # Rows between two looks at what can be sent.
QUICKLY = 4


@dataclass(frozen=True)
class Sheet:
    """A sheet to be written: its first row stays in sight."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[object]]


def workbook(
    rows: Iterable[Sequence[object]], *, sheet: str, header: Sequence[str], more: Iterable[Sheet] = ()
) -> Iterator[bytes]:
    """The bytes of a workbook with a sheet of these rows, and those of `more` after it; one of them without rows is
    left out. A row that cannot be made ends it without its end, so that no half of it passes for the whole."""
    sink = _Sink()
    written: list[parts.Written] = []
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=QUICKLY) as book:
        for each in chain([Sheet(sheet, header, rows)], more):
            yield from _sheets(book, sink, each, written)
        for name, text in parts.around(written):
            with book.open(name, "w") as part:
                part.write(text.encode())
    yield sink.taken()


def _sheets(book: ZipFile, sink: "_Sink", sheet: Sheet, written: list[parts.Written]) -> Iterator[bytes]:
    """As many sheets as the rows need; the first of all is written even without any."""
    rows, count = iter(sheet.rows), 0
    while (first := list(islice(rows, LOOKED_AT))) or not written:
        rows, count = chain(first, rows), count + 1
        name = parts.sheet_name(sheet.name, count, [each.name for each in written])
        with book.open(parts.place_of(len(written)), "w") as part:
            part.write(parts.head(sheet.header, first, is_shown=not written).encode())
            lines = yield from _lines(part, sink, rows)
            part.write(parts.tail(lines, len(sheet.header)).encode())
        written.append(parts.Written(name, lines, len(sheet.header)))


def _lines(part: IO[bytes], sink: "_Sink", rows: Iterator[Sequence[object]]) -> Generator[bytes, None, int]:
    """Lines below the header, until the rows or the sheet's room end; returns how many the sheet has with it."""
    line, size = 1, 0
    while line < MOST_ROWS and size < LARGEST and (block := list(islice(rows, min(AT_ONCE, MOST_ROWS - line)))):
        text = "".join(parts.row(number, each) for number, each in enumerate(block, line + 1)).encode()
        part.write(text)
        line, size = line + len(block), size + len(text)
        yield sink.taken()
    return line


class _Sink:
    """Where the zip is written to: what came is taken away again and again; nobody can go back in it."""

    def __init__(self):
        self._held = bytearray()

    def write(self, content: bytes) -> int:
        self._held += content
        return len(content)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def taken(self) -> bytes:
        """What came since it was asked last."""
        held, self._held = bytes(self._held), bytearray()
        return held
