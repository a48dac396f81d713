"""The page of a file that the operator imports for a provider: layout, dry run, questions to the provider, run."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import SelectChoice, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import WORKER_STATES, BatchState, Brand, ImportBatch, MailKind, Provider, Role
from portal.domain import packages
from portal.domain.identity.permissions import Permission
from portal.services.imports import batches, provider_questions, queries
from portal.services.imports import layout as layouts
from portal.services.imports.batch_problems import file_problem
from portal.services.imports.store import layout_of
from portal.services.imports.unread import unread_of
from portal.web.operator.blueprint import blueprint
from portal.web.operator.imports import imported_batch_or_404, is_closed_to_imports
from portal.web.shared import column_layout_page, limits, masked_cells
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit
from portal.web.shared.forms import BaseForm
from portal.web.shared.import_labels import UNCONFIRMED, confirmations_in, label_tally
from portal.web.shared.owner_notifications import notify_roles
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect

WORDS = {
    "status": _l("Onay mı, ret mi olduğu"),
    "source": _l("İzinlerin nasıl alındığı (kaynak)"),
    "date": _l("İzinlerin hangi gün alındığı"),
    "origin": _l("Onayları neyin kanıtladığı (dayanak)"),
}
# Problems that make a default necessary, though a column is there.
LEFT_BLANK = {
    "status_missing": "status", "source_missing": "source", "date_missing": "date", "origin_missing": "origin",
}  # fmt: skip
MAY_ANSWER = (Role.OWNER, Role.MANAGER)
OVERTAKEN = _l("Bu arada durumu değişmiş; bir şey yapılmadı.")
ERROR_MESSAGES: dict[type[Exception], str] = {
    batches.WrongState: OVERTAKEN,
    batches.AnswerMissing: _l("Firmanın yanıtı bekleniyor."),
    packages.PackageFull: _l("Firmanın paketinde bu kadar yeni adrese yer yok. Paketini büyütmesi gerekir."),
}


class AskForm(BaseForm):
    what = SelectMultipleField(
        _l("Firmaya ne sorulsun?"),
        choices=[SelectChoice(name, WORDS[name]) for name in provider_questions.ASKABLE],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


@blueprint.get("/providers/<id:provider_id>/imports/<id:batch_id>")
@limiter.limit(limits.SEARCH, key_func=limits.person_key)
@needs(Permission.BEHALF, fresh=True)
def import_batch(provider_id: int, batch_id: int) -> ResponseReturnValue:
    """Show a file with masked addresses; without delegation, nothing of it."""
    return _render_batch(*_delegated_batch(read_session(), provider_id, batch_id))


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/layout")
@needs(Permission.BEHALF, fresh=True)
def choose_layout(provider_id: int, batch_id: int) -> ResponseReturnValue:
    """Set the layout; a dry run follows."""
    provider, batch = _delegated_batch(db.session, provider_id, batch_id)
    if provider_questions.awaits_answer(batch) or batch.state not in provider_questions.BEFORE_THE_RUN:
        return rollback_and_redirect(_url_of(batch), OVERTAKEN)
    page = _read_layout(batch)
    if not page.is_as_posted:
        return _render_batch(provider, batch, page)
    if not page.form.validate_on_submit():
        return _render_batch(provider, batch, page), 422
    layout = page.form.layout()
    return _act(batch, lambda: batches.set_layout(db.session, vault(), batch, layout, clock.now()), "import.laid_out")


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/questions")
@needs(Permission.BEHALF, fresh=True)
def ask_provider(provider_id: int, batch_id: int) -> ResponseReturnValue:
    """Ask the provider what only it knows. Its owners and managers get a mail."""
    (provider, batch), form = _delegated_batch(db.session, provider_id, batch_id), AskForm()
    if not form.validate_on_submit() or not form.what.data:
        return rollback_and_redirect(_url_of(batch), _("Ne sorulacağını işaretleyin."))
    try:
        provider_questions.ask(db.session, batch, form.what.data, clock.now())
    except provider_questions.NothingToAsk:
        return rollback_and_redirect(_url_of(batch), OVERTAKEN)
    brand = db.session.get_one(Brand, batch.brand_id)
    link = absolute_url("dashboard.answer_import", batch_id=batch.id)
    notify_roles(provider, MailKind.IMPORT_ASKED, MAY_ANSWER, brand=brand.name, link=link)
    record_operator_audit(
        "import.asked", "import_batch", batch.id, provider_id=provider.id, fields=list(batch.asked or ())
    )
    message = _("Firmanın sahiplerine ve yöneticilerine yazıldı. Yanıtlayınca dosya yeniden kontrol edilir.")
    return commit_and_redirect(_url_of(batch), message)


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/run")
@needs(Permission.BEHALF, fresh=True)
def run_import(provider_id: int, batch_id: int) -> ResponseReturnValue:
    _provider, batch = _delegated_batch(db.session, provider_id, batch_id)
    if not _may_start(batch):
        return rollback_and_redirect(_url_of(batch), OVERTAKEN)
    said = request.form
    start = partial(
        batches.start, db.session, batch, current_user.id, clock.now(), seen=said.get("seen", ""),
        only_refusals=said.get("only") == "refusals", confirms=confirmations_in(said),
    )  # fmt: skip
    return _act(batch, start)


@blueprint.post("/providers/<id:provider_id>/imports/<id:batch_id>/drop")
@needs(Permission.BEHALF, fresh=True)
def drop_import(provider_id: int, batch_id: int) -> ResponseReturnValue:
    """Delete the lines of a file that never ran; needs no delegation."""
    batch = imported_batch_or_404(db.session, provider_id, batch_id)
    return _act(batch, lambda: batches.drop(db.session, batch, current_user.id, clock.now()))


def _delegated_batch(session: Session, provider_id: int, batch_id: int) -> tuple[Provider, ImportBatch]:
    """The batch, while the delegation holds; else the request ends at the list, which says why nothing may be done."""
    batch = imported_batch_or_404(session, provider_id, batch_id)
    provider = session.get_one(Provider, provider_id)
    if is_closed_to_imports(provider):
        flash(_("Firmanın verdiği yetki geri alınmış ya da bitmiş, ya da firma durdurulmuş; dosyası artık açılamaz."))
        abort(redirect(url_for(".imports", provider_id=provider_id), 303))
    return provider, batch


def _act(batch: ImportBatch, act: Callable[[], None], audit_act: str = "") -> ResponseReturnValue:
    """Do it, and commit."""
    try:
        act()
    except batches.Unconfirmed as unconfirmed:
        return rollback_and_redirect(_url_of(batch), UNCONFIRMED[unconfirmed.confirmation])
    except tuple(ERROR_MESSAGES) as refusal:
        return rollback_and_redirect(_url_of(batch), ERROR_MESSAGES[type(refusal)])
    if audit_act:
        record_operator_audit(audit_act, "import_batch", batch.id, provider_id=batch.provider_id)
    db.session.commit()
    return redirect(_url_of(batch), 303)


def _url_of(batch: ImportBatch) -> str:
    return url_for(".import_batch", provider_id=batch.provider_id, batch_id=batch.id)


def _render_batch(provider: Provider, batch: ImportBatch, page: column_layout_page.LayoutPage | None = None) -> str:
    """The page of a batch, with the layout form as posted if given."""
    tally = queries.tally_now(read_session(), batch)
    good, problems = label_tally(tally)
    awaits_answer = provider_questions.awaits_answer(batch)
    if page is None and batch.state in (BatchState.READ, BatchState.DRY_RUN) and not awaits_answer:
        page = _read_layout(batch)
    may_ask = batch.state == BatchState.DRY_RUN and not awaits_answer
    return render_template(
        "operator/import.html",
        provider=provider,
        batch=batch,
        name=masked_cells.file_name(batch),
        brand_name=read_session().get_one(Brand, batch.brand_id).name,
        problem=file_problem(batch),
        is_working=batch.state in WORKER_STATES,
        progress=batches.progress(batch, clock.now()),
        page=page,
        good=good,
        problems=problems,
        total=sum(tally.values()),
        unread=unread_of(vault(), batch) if batch.tally is not None else None,
        awaits_answer=awaits_answer,
        asked=[WORDS[name] for name in batch.asked or ()],
        ask=AskForm(formdata=None, what=_missing_defaults(batch)) if may_ask else None,
        may_begin=_may_start(batch),
        may_drop=batch.state in batches.MAY_DROP,
    )


def _may_start(batch: ImportBatch) -> bool:
    """Whether the dry run is done and nothing is missing."""
    if batch.state != BatchState.DRY_RUN or provider_questions.awaits_answer(batch):
        return False
    return not layouts.missing(layout_of(vault(), batch))


def _read_layout(batch: ImportBatch) -> column_layout_page.LayoutPage:
    """The layout page as the operator may see and change it."""
    page = column_layout_page.layout_page(read_session(), vault(), batch, asks_facts=False)
    page.form.words = masked_cells.filter_words(page.form.words)
    return replace(page, lines=masked_cells.mask_lines(page.lines, page.sheet.header_line))


def _missing_defaults(batch: ImportBatch) -> list[str]:
    """The defaults that are still missing: for the whole file, or for lines whose cell is blank."""
    missing = set(layouts.missing(layout_of(vault(), batch)))
    missing |= {name for word, name in LEFT_BLANK.items() if (batch.tally or {}).get(word)}
    return [name for name in provider_questions.ASKABLE if name in missing]
