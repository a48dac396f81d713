"""Download a file's bad lines as a workbook, to correct and upload again."""

from collections.abc import Iterator, Sequence

from flask import Response
from flask_babel import gettext

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.domain.identity.permissions import Permission
from portal.services.imports.row_errors import OURS, ErrorLine, RowErrors
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.imports.batch_page import own_batch_or_404
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.downloads import Format, download
from portal.web.shared.signed_in_person import provider_key, record_audit
from portal.web.shared.xlsx_writer import Sheet

BETWEEN = " / "


@blueprint.get("/imports/<id:batch_id>/errors.xlsx")
@limiter.limit(limits.EXPORTS, key_func=provider_key)
@needs(Permission.EXPORT, fresh=True)
def import_errors(batch_id: int) -> Response:
    """The lines with their problems, and on a second sheet the grants that came too late for İYS."""
    batch = own_batch_or_404(read_session(), batch_id)
    found = RowErrors(read_session(), vault(), batch)
    record_audit("import.errors_taken", "import_batch", batch.id)
    db.session.commit()
    late = ([*each.cells, each.number] for each in found.late_grants())
    return download(
        map(_error_row, found.lines()),
        header=[*found.header, *OURS],
        sheet=gettext("Hatalı satırlar"),
        name=f"izinlink-hatalar-{clock.day(clock.now())}",
        format=Format.XLSX,
        more=[Sheet(gettext("Geç kalanlar"), [*found.header, OURS[0]], late)],
    )


def _error_row(line: ErrorLine) -> Sequence[object]:
    return [
        *line.cells,
        line.number,
        _join_translated(each.sentence for each in line.errors),
        _join_translated(each.cure for each in line.errors),
        _join(each.code for each in line.errors),
    ]


def _join_translated(sentences: Iterator[str]) -> str:
    return _join(gettext(each) for each in sentences)


def _join(texts: Iterator[str]) -> str:
    return BETWEEN.join(dict.fromkeys(filter(None, texts)))
