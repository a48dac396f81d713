"""A person's actions on a file: choose its column layout, run, stop, continue, drop, undo."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import BatchState, ImportBatch
from portal.domain import packages
from portal.domain.identity.permissions import Permission
from portal.services.imports import batches, profiles, provider_questions, store, undo
from portal.services.imports.batches import MAY_CHOOSE, MAY_DROP, MAY_UNDO
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.imports.batch_page import own_batch_or_404, page_context
from portal.web.shared import column_layout_page
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.import_labels import UNCONFIRMED, confirmations_in
from portal.web.shared.redirects import rollback_and_redirect

ELSEWHERE = _l("Dosya bu sırada değişti ya da başka bir aşamaya geçti; bir şey yapılmadı. Son durumu aşağıda.")
TOO_LATE = _l("Bu dosya bu sırada ilerledi; düzeni artık değişmez.")


@blueprint.get("/imports/<id:batch_id>/layout")
@needs(Permission.LOOK)
def import_layout(batch_id: int) -> ResponseReturnValue:
    """The layout of a file after its dry run; for any other, the file's own page."""
    batch = own_batch_or_404(read_session(), batch_id)
    if batch.state != BatchState.DRY_RUN:
        return redirect(_page(batch_id), 303)
    return _show(batch, column_layout_page.layout_page(read_session(), vault(), batch))


@blueprint.post("/imports/<id:batch_id>/layout")
@needs(Permission.IMPORT)
def choose_layout(batch_id: int) -> ResponseReturnValue:
    batch = own_batch_or_404(db.session, batch_id)
    if batch.state not in MAY_CHOOSE:
        return rollback_and_redirect(_page(batch_id), TOO_LATE)
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
        return rollback_and_redirect(_page(batch_id), TOO_LATE)
    header, name = store.header_of(page.form.outline, layout), page.form.name.data
    profiles.remember(db.session, vault(), batch.provider_id, header, layout, clock.now(), name)
    db.session.commit()
    return redirect(_page(batch_id), 303)


@blueprint.post("/imports/<id:batch_id>/run")
@needs(Permission.IMPORT)
def start_import(batch_id: int) -> ResponseReturnValue:
    """Start the run, of all entries or of the refusals only."""
    start = partial(
        batches.start, only_refusals=request.form.get("only") == "refusals",
        confirms=confirmations_in(request.form), seen=request.form.get("seen", ""),
    )  # fmt: skip
    try:
        return _act(batch_id, start, "")
    except batches.Unconfirmed as unconfirmed:
        return rollback_and_redirect(_page(batch_id), UNCONFIRMED[unconfirmed.confirmation])
    except packages.PackageFull:
        db.session.rollback()
        page = page_context(own_batch_or_404(read_session(), batch_id), no_room=True)
        return render_template("dashboard/imports/batch.html", **page), 422
    except batches.AnswerMissing:
        return rollback_and_redirect(_page(batch_id), _("Önce sizden istenen bilgileri tamamlayın."))


@blueprint.post("/imports/<id:batch_id>/stop")
@needs(Permission.IMPORT)
def stop_import(batch_id: int) -> ResponseReturnValue:
    """Stop after the chunk that is being written."""
    said = _("Durduruldu. Yazılanlar duruyor; istediğinizde sürdürebilir ya da geri alabilirsiniz.")
    return _act(batch_id, batches.stop, said)


@blueprint.post("/imports/<id:batch_id>/continue")
@needs(Permission.IMPORT)
def continue_import(batch_id: int) -> ResponseReturnValue:
    return _act(batch_id, batches.resume, "")


@blueprint.get("/imports/<id:batch_id>/drop")
@needs(Permission.IMPORT)
def ask_drop(batch_id: int) -> str:
    batch = own_batch_or_404(read_session(), batch_id)
    return render_template("dashboard/imports/drop.html", **page_context(batch), still=batch.state in MAY_DROP)


@blueprint.post("/imports/<id:batch_id>/drop")
@needs(Permission.IMPORT)
def drop_import(batch_id: int) -> ResponseReturnValue:
    return _act(batch_id, batches.drop, _("Dosya silindi. Hiçbir kayıt yazılmamıştı."))


@blueprint.get("/imports/<id:batch_id>/undo")
@needs(Permission.IMPORT)
def ask_undo(batch_id: int) -> str:
    """Show how much can still be annulled, and ask for confirmation."""
    batch = own_batch_or_404(read_session(), batch_id)
    still = batch.state in MAY_UNDO
    counts = undo.count_undoable(read_session(), batch) if still else None
    return render_template("dashboard/imports/undo.html", **page_context(batch), still=still, counts=counts)


@blueprint.post("/imports/<id:batch_id>/undo")
@needs(Permission.IMPORT)
def undo_import(batch_id: int) -> ResponseReturnValue:
    return _act(batch_id, batches.undo, "")


def _act(
    batch_id: int, act: Callable[[Session, ImportBatch, int, datetime], None], message: str
) -> ResponseReturnValue:
    batch = own_batch_or_404(db.session, batch_id)
    try:
        act(db.session, batch, current_user.id, clock.now())
    except batches.WrongState:
        return rollback_and_redirect(_page(batch_id), ELSEWHERE)
    db.session.commit()
    if message:
        flash(message)
    return redirect(_page(batch_id), 303)


def _show(batch: ImportBatch, page: column_layout_page.LayoutPage) -> str:
    is_new = batch.state == BatchState.READ
    template = "dashboard/imports/batch.html" if is_new else "dashboard/imports/layout.html"
    return render_template(template, **page_context(batch, page=page))


def _page(batch_id: int) -> str:
    return url_for(".import_batch", batch_id=batch_id)
