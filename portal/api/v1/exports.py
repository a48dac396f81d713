"""Exports of a brand: consents with whether messages may be sent, decisions and recipients, as a streamed file."""

import flask
from flask import g
from spectree import Response

from portal.api.v1 import file_schemas as schemas
from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import BRAND_PATH, blueprint, specification
from portal.api.v1.writes import record_audit, refuse
from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.domain.identity.permissions import Scope
from portal.services import exports
from portal.services.exports import ExportFilter, ExportKind, wire_rows
from portal.web.shared import limits, problems
from portal.web.shared.downloads import download
from portal.web.shared.problems import ApiProblem

# Fields that narrow nothing down in a file of this kind.
NOT_READ = {"decisions": ("maySend",), "recipients": ("maySend", "type", "status", "recipientType")}


@blueprint.get(f"{BRAND_PATH}/exports/<any(consents, decisions, recipients):kind>")
@specification.validate(resp=Response("HTTP_200"), operation_id="downloadExport")
@needs_scope(Scope.EXPORTS, limit=limits.API_FILES)
def download_export(kind: str, query: schemas.ExportQuery) -> flask.Response:
    """Send a file with addresses, however long it is. Noted in the audit log before the first byte."""
    if ignored := [name for name in NOT_READ.get(kind, ()) if getattr(query, name) is not None]:
        unknown = problems.FIELD_PROBLEMS["extra_forbidden"]
        refuse(ApiProblem.INVALID, errors=[problems.field_error(name, *unknown) for name in ignored])
    wanted = ExportFilter(
        ExportKind(kind), g.caller.provider_id, g.brand.id, channel=query.type, status=query.status,
        recipient_type=query.recipientType, may_send=query.maySend, since=query.since, until=query.until,
    )  # fmt: skip
    record_audit(
        "export.taken", "provider", g.caller.provider_id, kind=kind, choices=wanted.describe(), format=query.format
    )
    db.session.commit()
    at = clock.now()
    lines = wire_rows.lines(exports.rows(read_session(), vault(), wanted, at))
    name = f"izinlink-{kind}-{clock.day(at)}"
    return download(lines, header=wire_rows.COLUMNS[wanted.kind], sheet=kind, name=name, format=query.format)
