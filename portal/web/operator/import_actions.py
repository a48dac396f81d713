"""The operator's actions on a provider's file: set the layout, ask the provider, run, drop."""

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, vault, wake
from portal.core.models import Brand, ImportBatch, MailKind, Provider, Role
from portal.domain import packages
from portal.domain.identity.permissions import Permission
from portal.services.imports import batches, provider_questions
from portal.web.operator.blueprint import blueprint
from portal.web.operator.import_page import AskForm, may_start, read_layout, refuse_without_delegation, render_batch
from portal.web.operator.imports import imported_batch_or_404, is_closed_to_imports
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.owner_notifications import notify_roles
from portal.web.shared.signed_in_person import record_operator_audit

OF_IMPORTS = (Role.OWNER, Role.MANAGER)  # They may answer.


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/layout")
@needs(Permission.BEHALF, fresh=True)
def choose_layout(provider_id: int, batch_id: int) -> ResponseReturnValue:
    """Set the layout; a dry run follows."""
    provider, batch = _of(provider_id, batch_id)
    if is_closed_to_imports(provider):
        return refuse_without_delegation(provider)
    if provider_questions.awaits_answer(batch) or batch.state not in provider_questions.BEFORE_THE_RUN:
        return _overtaken(batch)
    page = read_layout(batch)
    if not page.is_as_posted:
        return render_batch(provider, batch, page)
    if not page.form.validate_on_submit():
        return render_batch(provider, batch, page), 422
    layout = page.form.layout()
    return _act(batch, lambda: batches.set_layout(db.session, vault(), batch, layout, clock.now()), "import.laid_out")


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/questions")
@needs(Permission.BEHALF, fresh=True)
def ask_provider(provider_id: int, batch_id: int) -> ResponseReturnValue:
    """Ask the provider what only it knows. Its owners and managers get a mail."""
    provider, batch = _of(provider_id, batch_id)
    if is_closed_to_imports(provider):
        return refuse_without_delegation(provider)
    form = AskForm()
    if not form.validate_on_submit() or not form.what.data:
        flash(_("Ne sorulacağını işaretleyin."))
        return _back(batch)
    try:
        provider_questions.ask(db.session, batch, form.what.data, clock.now())
    except provider_questions.NothingToAsk:
        return _overtaken(batch)
    brand = db.session.get_one(Brand, batch.brand_id)
    link = absolute_url("dashboard.answer_import", batch_id=batch.id)
    notify_roles(provider, MailKind.IMPORT_ASKED, OF_IMPORTS, brand=brand.name, link=link)
    record_operator_audit(
        "import.asked", "import_batch", batch.id, provider_id=provider.id, fields=list(batch.asked or ())
    )
    db.session.commit()
    wake("mail")
    flash(_("Firmanın sahiplerine ve yöneticilerine yazıldı. Yanıtlayınca dosya yeniden kontrol edilir."))
    return _back(batch)


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/run")
@needs(Permission.BEHALF, fresh=True)
def run_import(provider_id: int, batch_id: int) -> ResponseReturnValue:
    """Start the run of the good entries."""
    provider, batch = _of(provider_id, batch_id)
    if is_closed_to_imports(provider):
        return refuse_without_delegation(provider)
    if not may_start(batch):
        return _overtaken(batch)
    return _act(batch, lambda: batches.start(db.session, vault(), batch, current_user.id, clock.now()))


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/drop")
@needs(Permission.BEHALF, fresh=True)
def drop_import(provider_id: int, batch_id: int) -> ResponseReturnValue:
    """Delete the lines of a file that never ran; needs no delegation."""
    batch = imported_batch_or_404(db.session, provider_id, batch_id)
    return _act(batch, lambda: batches.drop(db.session, batch, current_user.id, clock.now()))


def _of(provider_id: int, batch_id: int) -> tuple[Provider, ImportBatch]:
    batch = imported_batch_or_404(db.session, provider_id, batch_id)
    return db.session.get_one(Provider, provider_id), batch


def _act(batch: ImportBatch, act: Callable[[], None], audit_act: str = "") -> ResponseReturnValue:
    """Do it, commit, and wake the worker."""
    try:
        act()
    except batches.WrongState:
        return _overtaken(batch)
    except batches.AnswerMissing:
        db.session.rollback()
        flash(_("Firmanın yanıtı bekleniyor."))
        return _back(batch)
    except batches.Suspended:
        db.session.rollback()
        flash(_("Firma durdurulmuş ya da markası kapatılmış; yeni aktarım başlayamaz."))
        return _back(batch)
    except packages.PackageFull:
        db.session.rollback()
        flash(_("Firmanın paketinde bu kadar yeni adrese yer yok. Paketini büyütmesi gerekir."))
        return _back(batch)
    if audit_act:
        record_operator_audit(audit_act, "import_batch", batch.id, provider_id=batch.provider_id)
    db.session.commit()
    wake("import", batch.id)
    return _back(batch)


def _overtaken(batch: ImportBatch) -> ResponseReturnValue:
    db.session.rollback()
    flash(_("Bu arada durumu değişmiş; bir şey yapılmadı."))
    return _back(batch)


def _back(batch: ImportBatch) -> ResponseReturnValue:
    return redirect(url_for(".import_batch", provider_id=batch.provider_id, batch_id=batch.id), 303)
