"""What the operator does with a file of a provider: lays it out, asks the firm, brings it, or throws it away."""

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, vault, wake
from portal.core.models import Brand, ImportBatch, MailKind, Provider, Role
from portal.domain import packages
from portal.domain.identity.permissions import Permission
from portal.services.imports import batches, provider_questions
from portal.web.operator.blueprint import blueprint
from portal.web.operator.import_page import AskForm, may_start, render_batch, read_layout, refuse_without_delegation
from portal.web.operator.imports import imported_batch_or_404, is_closed_to_imports
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.owner_notifications import notify_roles
from portal.web.shared.signed_in_person import record_operator_audit

OF_IMPORTS = (Role.OWNER, Role.MANAGER)  # Who may answer.


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/layout")
@needs(Permission.BEHALF, fresh=True)
def choose_layout(provider_id: int, batch_id: int):
    """Let it be rehearsed with these columns."""
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
    return _done(batch, lambda: batches.set_layout(db.session, vault(), batch, layout, clock.now()), "import.laid_out")


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/questions")
@needs(Permission.BEHALF, fresh=True)
def ask_provider(provider_id: int, batch_id: int):
    """Ask the firm what only it knows. Its owners and managers are told by mail."""
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
    record_operator_audit("import.asked", "import_batch", batch.id, provider_id=provider.id, fields=list(batch.asked))
    db.session.commit()
    wake("mail")
    flash(_("Firmanın sahiplerine ve yöneticilerine yazıldı. Yanıtlayınca dosya yeniden kontrol edilir."))
    return _back(batch)


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/run")
@needs(Permission.BEHALF, fresh=True)
def run_import(provider_id: int, batch_id: int):
    """Bring it, for as much as is good."""
    provider, batch = _of(provider_id, batch_id)
    if is_closed_to_imports(provider):
        return refuse_without_delegation(provider)
    if not may_start(batch):
        return _overtaken(batch)
    return _done(batch, lambda: batches.start(db.session, vault(), batch, current_user.id, clock.now()))


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/drop")
@needs(Permission.BEHALF, fresh=True)
def drop_import(provider_id: int, batch_id: int):
    """Throw it away before anything of it was written; without leave, too."""
    batch = imported_batch_or_404(db.session, provider_id, batch_id)
    return _done(batch, lambda: batches.drop(db.session, batch, current_user.id, clock.now()))


def _of(provider_id: int, batch_id: int) -> tuple[Provider, ImportBatch]:
    batch = imported_batch_or_404(db.session, provider_id, batch_id)
    return db.session.get_one(Provider, provider_id), batch


def _done(batch: ImportBatch, act: Callable[[], None], noted: str = ""):
    """Do it, keep it, and let the worker go on."""
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
    if noted:
        record_operator_audit(noted, "import_batch", batch.id, provider_id=batch.provider_id)
    db.session.commit()
    wake("import", batch.id)
    return _back(batch)


def _overtaken(batch: ImportBatch):
    db.session.rollback()
    flash(_("Bu arada durumu değişmiş; bir şey yapılmadı."))
    return _back(batch)


def _back(batch: ImportBatch):
    return redirect(url_for(".import_batch", provider_id=batch.provider_id, batch_id=batch.id), 303)
