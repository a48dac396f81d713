"""Downloads: a file, or a list as CSV or .xlsx that is streamed while its rows are read."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from itertools import islice

from flask import Response, stream_with_context
from sqlalchemy.orm import Session

from portal.core import transliteration
from portal.core.extensions import read_session, vault
from portal.core.models import Paper, Provider
from portal.web.shared import xlsx_writer

AT_ONCE = 200  # Lines of a CSV that are sent together.
SEPARATOR = ";"  # A Turkish Excel writes decimals with a comma, and takes only this for a separator.
BYTE_ORDER_MARK = "\ufeff"  # Without it Excel misreads Turkish letters.
LONGEST_TITLE = 30  # Of a provider in the name of a file.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class Format(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"


Rows = Iterable[Sequence[object]]


def download(
    rows: Rows, *, header: Sequence[str], sheet: str, name: str, format: Format, more: Iterable[xlsx_writer.Sheet] = ()
) -> Response:
    """The response with the file; `name` has no extension, and a CSV no `more` sheets.

    Rows are read only while it is sent, after the view has ended.
    """
    body = (
        xlsx_writer.stream_workbook(rows, sheet=sheet, header=header, more=more)
        if format == Format.XLSX
        else map(str.encode, _csv_blocks(rows, header))
    )
    media_type = xlsx_writer.MEDIA_TYPE if format == Format.XLSX else "text/csv"
    return attachment(stream_with_context(_closing_session(read_session(), body)), media_type, f"{name}.{format}")


def file_name(provider_id: int, about: str) -> str:
    """Name of a file without its extension: whose it is, by the short form of the provider's title, and what it is."""
    title = read_session().get_one(Provider, provider_id).title
    return "-".join(filter(None, ("izinlink", transliteration.slug(title, LONGEST_TITLE), about)))


def attachment(body: str | bytes | Iterator[str] | Iterator[bytes], media_type: str, name: str) -> Response:
    return Response(body, mimetype=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def paper_attachment(paper: Paper) -> Response:
    """A provider's paper as it was uploaded, which no browser opens within our pages."""
    content = vault().open(paper.content, Paper.PLACE, paper.provider_id, paper.id)
    extension = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}.get(paper.media_type, "bin")
    name = file_name(paper.provider_id, f"{paper.kind.value}-{paper.id}")
    response = attachment(content, paper.media_type, f"{name}.{extension}")
    response.headers["Cache-Control"] = "no-store"
    return response


def _closing_session(session: Session, body: Iterator[bytes]) -> Iterator[bytes]:
    """Close the session, which the rows are read with, after the last one or when the client is gone."""
    with closing(session):
        yield from body


def _csv_blocks(rows: Rows, header: Sequence[str]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_line(header)
    left = iter(rows)
    while block := list(islice(left, AT_ONCE)):
        yield "".join(csv_line(each) for each in block)


def csv_line(values: Iterable[object]) -> str:
    """One CSV line; a text that would be a formula gets an apostrophe before it."""
    written = io.StringIO()
    csv.writer(written, delimiter=SEPARATOR).writerow([_escape_formula(value) for value in values])
    return written.getvalue()


def _escape_formula(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULAS) else value
