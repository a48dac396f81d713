"""Imports on the dashboard: the list, the upload form, and the page of each file."""

import io
from datetime import timedelta
from typing import Any, BinaryIO

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.file import FileField
from sqlalchemy import select
from wtforms import SelectField, TextAreaField

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.ids import LARGEST_ID, parse_id
from portal.core.models import BatchState, Brand, ImportBatch
from portal.domain.identity.permissions import Permission
from portal.services.imports import queries, uploads
from portal.services.imports.reading import Unreadable
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.imports.batch_page import Figures, own_batch_or_404, page_context
from portal.web.shared import limits, masked_cells
from portal.web.shared.access import needs
from portal.web.shared.body_limits import max_bytes
from portal.web.shared.forms import FileOrTextForm
from portal.web.shared.own_rows import own_brands

A_PAGE = 50
SAMPLE = """\
Telefon;E-posta;Kanal;Durum;Tarih;Kaynak;Dayanak
0532 123 45 67;;SMS, arama;ONAY;{when};HS_ISLAK_IMZA;Üyelik formu 1042
;fatma@example.com;E-posta;ONAY;{when};HS_WEB;Sipariş 88213
0533 765 43 21;;SMS;RET;{when};HS_CAGRI_MERKEZI;
"""


class NewImportForm(FileOrTextForm):
    brand = SelectField(_l("Marka"), coerce=int)
    file = FileField(_l("Dosya"))
    text = TextAreaField(_l("ya da tabloyu yapıştırın"))

    def __init__(self, brands: list[Brand]):
        super().__init__()
        self.brand.choices = [(brand.id, brand.name) for brand in brands]

    def validate(self, extra_validators: Any = None) -> bool:
        is_good = super().validate(extra_validators)
        if not (self.file.data and self.file.data.filename) and not (self.text.data or "").strip():
            self.file.errors = [_("Bir dosya seçin ya da tabloyu aşağıya yapıştırın.")]
            return False
        return is_good


@blueprint.get("/imports", endpoint="imports")
@needs(Permission.LOOK)
def show_imports() -> str:
    """All files, newest first."""
    before = parse_id(request.args.get("before", ""))
    batches = (
        select(ImportBatch, Brand.name)
        .join(Brand, Brand.id == ImportBatch.brand_id)
        .where(ImportBatch.provider_id == current_user.provider_id, ImportBatch.id < (before or LARGEST_ID))
    )
    rows = read_session().execute(batches.order_by(ImportBatch.id.desc()).limit(A_PAGE + 1)).all()
    listed = [
        (batch, brand_name, masked_cells.file_name(batch), Figures.of(queries.tally_now(read_session(), batch)))
        for batch, brand_name in rows[:A_PAGE]
    ]
    return render_template(
        "dashboard/imports/batches.html",
        listed=listed,
        before=rows[A_PAGE - 1].ImportBatch.id if len(rows) > A_PAGE else None,
        is_first=before is None,
    )


@blueprint.get("/imports/sample.csv", endpoint="import_sample")
@needs(Permission.LOOK)
def sample() -> Response:
    """A small file to fill in, as a Turkish Excel opens it."""
    when = format_datetime(clock.now() - timedelta(days=1), "dd.MM.yyyy HH:mm")
    body = "\ufeff" + SAMPLE.format(when=when).replace("\n", "\r\n")
    headers = {"Content-Disposition": 'attachment; filename="izinlink-ornek.csv"'}
    return Response(body.encode(), mimetype="text/csv", headers=headers)


@blueprint.get("/imports/new")
@needs(Permission.IMPORT)
def new_import() -> ResponseReturnValue:
    brands = own_brands()
    if not brands:
        flash(_("Dosya aktarmak için bir markanız olmalı."))
        return redirect(url_for(".brands"), 303)
    return render_template("dashboard/imports/new_batch.html", form=NewImportForm(brands))


@blueprint.post("/imports/new")
@max_bytes(uploads.LARGEST_POST)
@limiter.limit(limits.IMPORT, key_func=limits.provider_key)
@needs(Permission.IMPORT)
def upload_file() -> ResponseReturnValue:
    """Store the upload; the worker reads it."""
    form = NewImportForm(own_brands())
    if not form.validate_on_submit():
        return render_template("dashboard/imports/new_batch.html", form=form), 422
    upload = form.file.data
    is_file = upload and upload.filename  # A pasted table has no name.
    stream: BinaryIO = upload.stream if is_file else io.BytesIO(form.text.data.encode())
    try:
        batch = uploads.store_upload(
            db.session, vault(), provider_id=current_user.provider_id, brand_id=form.brand.data,
            user_id=current_user.id, name=upload.filename if is_file else "", stream=stream, at=clock.now(),
        )  # fmt: skip
    except Unreadable as unreadable:
        db.session.rollback()
        return render_template("dashboard/imports/new_batch.html", form=form, problem=unreadable.problem), 422
    db.session.commit()
    return redirect(url_for(".import_batch", batch_id=batch.id), 303)


@blueprint.get("/imports/<id:batch_id>")
@needs(Permission.LOOK)
def import_batch(batch_id: int) -> str:
    """One file: its progress, and what to do next."""
    return render_template("dashboard/imports/batch.html", **page_context(own_batch_or_404(read_session(), batch_id)))


@blueprint.get("/imports/<id:batch_id>/progress")
@needs(Permission.LOOK)
def import_progress(batch_id: int) -> str:
    """The part of that page which changes while the worker runs; a script polls it."""
    batch = own_batch_or_404(read_session(), batch_id)
    shown = page_context(batch) if batch.state != BatchState.READ else {"batch": batch}
    return render_template("dashboard/imports/progress.html", **shown)
