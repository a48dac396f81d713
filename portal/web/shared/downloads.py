"""Lists that leave the house as files: the same rows as CSV or as a workbook, made while they are sent."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from itertools import islice

from flask import Response, stream_with_context
from sqlalchemy.orm import Session

from portal.core.extensions import read_session
from portal.web.shared import xlsx_writer
from portal.web.shared.csv_rows import MARK, line

AT_ONCE = 200  # Lines of a CSV that are sent together.
SEPARATOR = ";"  # A Turkish Excel writes decimals with a comma, and takes only this for the end of a cell.


class Format(StrEnum):
    """What a list is written as."""

    XLSX = "xlsx"
    CSV = "csv"


Rows = Iterable[Sequence[object]]


def download(
    rows: Rows, *, header: Sequence[str], sheet: str, name: str, format: Format, more: Iterable[xlsx_writer.Sheet] = ()
) -> Response:
    """The answer that is the file, `name` without its ending. Rows are asked for only while it is sent: whatever the
    page did is done by then. A CSV has no room for `more`."""
    body = (
        xlsx_writer.workbook(rows, sheet=sheet, header=header, more=more)
        if format == Format.XLSX
        else _csv(rows, header)
    )
    return Response(
        stream_with_context(_read_by(read_session(), body)),
        mimetype=xlsx_writer.MEDIA_TYPE if format == Format.XLSX else "text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'},
    )


def _read_by(session: Session, body: Iterator[str | bytes]) -> Iterator[str | bytes]:
    """Rows are read by the page's own session, whose connection was given back before the first of them: it is given
    back again with the last, and when nobody wants the rest."""
    with closing(session):
        yield from body


def _csv(rows: Rows, header: Sequence[str]) -> Iterator[str]:
    yield MARK + line(header, separator=SEPARATOR)
    left = iter(rows)
    while block := list(islice(left, AT_ONCE)):
        yield "".join(line(each, separator=SEPARATOR) for each in block)
