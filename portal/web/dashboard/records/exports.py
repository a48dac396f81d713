"""Export consents, decisions and recipients as files. The audit entry is written before the first byte is sent."""

from dataclasses import asdict

from flask import Response, render_template, request
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Brand
from portal.domain.identity.permissions import Permission
from portal.services import exports
from portal.services.exports import ExportFilter, ExportKind
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.records import export_columns
from portal.web.dashboard.records.export_form import ExportForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.downloads import Format, download
from portal.web.shared.labels import label
from portal.web.shared.signed_in_person import provider_key, record_audit

FILE_NAMES = {
    ExportKind.CONSENTS: "izinler",
    ExportKind.DECISIONS: "kararlar",
    ExportKind.RECIPIENTS: "alicilar",
}  # Of files.


@blueprint.get("/exports", endpoint="exports")
@needs(Permission.EXPORT)
def show_exports() -> str:
    """Show the filter form and how many rows match."""
    form = _form()
    return render_template(
        "dashboard/records/exports.html",
        form=form,
        kind=form.kind,
        kinds=ExportKind,
        formats=Format,
        count=exports.count(read_session(), form.wanted(current_user.provider_id), clock.now()),
        chosen=form.url_parameters(),
    )


@blueprint.get("/exports/file")
@limiter.limit(limits.EXPORTS, key_func=provider_key)
@needs(Permission.EXPORT, fresh=True)
def export_file() -> Response:
    """Send the file, with addresses unmasked."""
    form, at = _form(), clock.now()
    wanted = form.wanted(current_user.provider_id)
    format = request.args.get("format", Format.XLSX, Format)
    record_audit(
        "export.taken", "provider", current_user.provider_id, kind=form.kind, choices=_choices(wanted), format=format
    )
    db.session.commit()
    rows = exports.rows(read_session(), vault(), wanted, at)
    return download(
        export_columns.lines(form.kind, rows),
        header=export_columns.header(form.kind),
        sheet=label(form.kind),
        name=f"izinlink-{FILE_NAMES[form.kind]}-{clock.day(at)}",
        format=format,
    )


def _form() -> ExportForm:
    mine = select(Brand).where(Brand.provider_id == current_user.provider_id)
    brands = read_session().scalars(mine.order_by(Brand.closed_at.is_not(None), Brand.name))
    return ExportForm(request.args.get("kind", ExportKind.CONSENTS, ExportKind), list(brands))


def _choices(wanted: ExportFilter) -> str:
    """For the audit entry: enum values, numbers and days only."""
    chosen = {name: value for name, value in asdict(wanted).items() if name not in ("kind", "provider_id")}
    return " ".join(f"{name}={value}" for name, value in chosen.items() if value is not None)
