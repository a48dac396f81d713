"""Consents, decisions and recipients as files. Taking one is noted before its first byte is sent."""

from dataclasses import asdict

from flask import render_template, request
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Brand
from portal.domain.identity.permissions import Permission
from portal.services import exports
from portal.services.exports import Kind, Wanted
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.records import export_columns
from portal.web.dashboard.records.export_form import ExportFilter
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.downloads import Format, download
from portal.web.shared.labels import label
from portal.web.shared.signed_in_person import provider_key, record_audit

NAMES = {Kind.CONSENTS: "izinler", Kind.DECISIONS: "kararlar", Kind.RECIPIENTS: "alicilar"}  # Of files.
TOLD_APART = ("kind", "provider_id")


@blueprint.get("/exports", endpoint="exports")
@needs(Permission.EXPORT)
def show_exports():
    """Say what is wanted, and see how much that is."""
    form = _form()
    return render_template(
        "dashboard/records/exports.html",
        form=form,
        kind=form.kind,
        kinds=Kind,
        formats=Format,
        count=exports.count(read_session(), form.wanted(current_user.provider_id), clock.now()),
        chosen=form.in_address(),
    )


@blueprint.get("/exports/file")
@limiter.limit(limits.EXPORTS, key_func=provider_key)
@needs(Permission.EXPORT, fresh=True)
def export_file():
    """The file. Addresses stand in it in full."""
    form, at = _form(), clock.now()
    wanted = form.wanted(current_user.provider_id)
    format = request.args.get("format", Format.XLSX, Format)
    record_audit(
        "export.taken", "provider", current_user.provider_id, kind=form.kind, choices=_told(wanted), format=format
    )
    db.session.commit()
    rows = exports.rows(read_session(), vault(), wanted, at)
    return download(
        export_columns.lines(form.kind, rows),
        header=export_columns.header(form.kind),
        sheet=label(form.kind),
        name=f"izinlink-{NAMES[form.kind]}-{clock.day(at)}",
        format=format,
    )


def _form() -> ExportFilter:
    mine = select(Brand).where(Brand.provider_id == current_user.provider_id)
    brands = read_session().scalars(mine.order_by(Brand.closed_at.is_not(None), Brand.name))
    return ExportFilter(request.args.get("kind", Kind.CONSENTS, Kind), list(brands))


def _told(wanted: Wanted) -> str:
    """The choices, for the entry: words of ours, numbers and days only."""
    told = asdict(wanted).items()
    return " ".join(f"{name}={value}" for name, value in told if name not in TOLD_APART and value is not None)
