"""The column layout of a file: chosen before the dry run, and again until the run."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, read_session, vault, wake
from portal.core.models import BatchState, ImportBatch
from portal.domain.identity.permissions import Permission
from portal.services.imports import batches, provider_questions
from portal.services.imports.batches import MAY_CHOOSE
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.imports.batch_page import own_batch_or_404, page_context
from portal.web.shared import column_layout_page
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import record_audit


@blueprint.get("/imports/<id:batch_id>/layout")
@needs(Permission.LOOK)
def import_layout(batch_id: int) -> ResponseReturnValue:
    """The layout of a file after its dry run; for any other, the file's own page."""
    batch = own_batch_or_404(read_session(), batch_id)
    if batch.state != BatchState.DRY_RUN:
        return redirect(url_for(".import_batch", batch_id=batch_id), 303)
    return _show(batch, column_layout_page.layout_page(read_session(), vault(), batch))


@blueprint.post("/imports/<id:batch_id>/layout")
@needs(Permission.IMPORT)
def choose_layout(batch_id: int) -> ResponseReturnValue:
    """Set the layout; a dry run follows."""
    batch = own_batch_or_404(db.session, batch_id)
    if batch.state not in MAY_CHOOSE:
        return _too_late(batch_id)
    page = column_layout_page.layout_page(db.session, vault(), batch)
    if not page.is_as_posted or not page.form.validate_on_submit():
        db.session.rollback()
        return _show(own_batch_or_404(read_session(), batch_id), page), 422 if page.is_as_posted else 200
    layout = page.form.layout()
    try:
        batches.set_layout(db.session, vault(), batch, layout, clock.now())
        if provider_questions.mark_answered(batch, current_user.id, clock.now()):
            record_audit("import.answered", "import_batch", batch.id, fields=list(batch.asked or ()))
    except batches.WrongState:
        db.session.rollback()
        return _too_late(batch_id)
    column_layout_page.remember_profile(db.session, vault(), batch, page.form.outline, layout, page.form.name.data)
    db.session.commit()
    wake("import", batch_id)
    return redirect(url_for(".import_batch", batch_id=batch_id), 303)


def _show(batch: ImportBatch, page: column_layout_page.LayoutPage) -> str:
    if batch.state == BatchState.READ:
        return render_template("dashboard/imports/batch.html", **page_context(batch, page=page))
    return render_template("dashboard/imports/layout.html", **page_context(batch, page=page))


def _too_late(batch_id: int) -> ResponseReturnValue:
    flash(_("Bu dosya bu sırada ilerledi; düzeni artık değişmez."))
    return redirect(url_for(".import_batch", batch_id=batch_id), 303)
