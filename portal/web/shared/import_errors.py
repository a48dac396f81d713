"""The workbook of a file's lines to correct."""

from collections.abc import Sequence

from flask import Response
from flask_babel import gettext as _

from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.models import ImportBatch
from portal.services.imports.row_errors import OURS, ErrorLine, RowErrors
from portal.services.imports.row_results import BETWEEN
from portal.web.shared.downloads import Format, download, file_name
from portal.web.shared.xlsx_writer import Sheet


def errors_workbook(batch: ImportBatch) -> Response:
    """The lines with their problems, and on a second sheet the grants that came too late for İYS; with one header, so
    that no sheet is left unread when the workbook comes back."""
    found = RowErrors(read_session(), vault(), batch)
    header = [*found.header, *OURS]
    late = ([*each.cells, each.number] for each in found.late_grants())
    return download(
        map(_error_row, found.lines()), header=header, sheet=_("Düzeltilecek satırlar"),
        name=file_name(batch.provider_id, f"hatalar-{clock.day(clock.now())}"), format=Format.XLSX,
        more=[Sheet(_("Geç kalanlar"), header, late)],
    )  # fmt: skip


def _error_row(line: ErrorLine) -> Sequence[object]:
    sentences, cures = [_(each.sentence) for each in line.errors], [_(each.cure) for each in line.errors]
    texts = sentences, cures, [each.code for each in line.errors]
    return [*line.cells, line.number, *(BETWEEN.join(dict.fromkeys(filter(None, each))) for each in texts)]
