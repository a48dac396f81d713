"""Files that the operator imports for a provider under its delegation: the list, and the upload."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.file import FileField
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField
from wtforms.validators import ValidationError

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Brand, Delegation, ImportBatch, Provider
from portal.domain.identity.permissions import Permission
from portal.domain.providers import delegations
from portal.services.imports import provider_questions, uploads
from portal.services.imports.reading import FileProblem, Unreadable
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import read_reason, required_text
from portal.web.operator.providers import visible_provider_or_404
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit
from portal.web.shared.body_limits import max_bytes
from portal.web.shared.forms import BaseForm


def _require_file(_form: BaseForm, field: FileField) -> None:
    if not (field.data and field.data.filename):
        raise ValidationError(_("Bir dosya seçin."))


class FileForm(BaseForm):
    """A file that a provider sent to the operator."""

    brand = SelectField(_l("Marka"), coerce=int)
    file = FileField(_l("Dosya"), validators=[_require_file])
    reason = StringField(
        _l("Dosya size nasıl ulaştı?"), validators=required_text(_l("En az 10 harfle yazın; adres yazmayın."), 200, 10)
    )

    def __init__(self, *arguments: Any, brands: list[Brand], **options: Any):
        super().__init__(*arguments, **options)
        self.brand.choices = [(brand.id, brand.name) for brand in brands]


@blueprint.get("/providers/<id:provider_id>/imports", endpoint="imports")
@needs(Permission.BEHALF, fresh=True)
def show_imports(provider_id: int) -> str:
    """The files imported for a provider, and the upload form while its delegation holds."""
    provider = visible_provider_or_404(read_session(), provider_id)
    return _page(provider, FileForm(formdata=None, brands=_brands(provider)))


@blueprint.post("/providers/<id:provider_id>/imports")
@max_bytes(uploads.LARGEST_POST)
@limiter.limit(limits.IMPORT, key_func=limits.person_key)
@needs(Permission.BEHALF, fresh=True)
def upload_file(provider_id: int) -> ResponseReturnValue:
    """Store a provider's file; the worker reads it. The reason stays in the provider's audit log."""
    provider = visible_provider_or_404(read_session(), provider_id)
    if is_closed_to_imports(provider):
        flash(_("Şu anda bu firma için dosya aktarılamaz."))
        return redirect(url_for(".imports", provider_id=provider_id), 303)
    form = FileForm(brands=_brands(provider))
    if form.validate_on_submit():
        reason = read_reason(form.reason, _("Sözcüklerle yazın; adres yazmayın."))
    if form.errors:
        return _page(provider, form), 422
    try:
        batch = uploads.store_upload(
            db.session, vault(), provider_id=provider.id, brand_id=form.brand.data, user_id=current_user.id,
            name=form.file.data.filename, stream=form.file.data.stream, on_behalf=True, at=clock.now(),
        )  # fmt: skip
    except Unreadable as unreadable:
        db.session.rollback()
        return _page(provider, form, problem=unreadable.problem), 422
    record_operator_audit("import.brought_for", "import_batch", batch.id, provider_id=provider.id, reason=reason)
    db.session.commit()
    return redirect(url_for(".import_batch", provider_id=provider.id, batch_id=batch.id), 303)


def _current_delegation(provider_id: int) -> Delegation | None:
    """The delegation under which files may be imported now."""
    return delegations.find_current(read_session(), provider_id, clock.now())


def is_closed_to_imports(provider: Provider) -> bool:
    """Whether nothing may be imported for it now."""
    return provider.suspended_at is not None or _current_delegation(provider.id) is None


def imported_batch_or_404(session: Session, provider_id: int, batch_id: int) -> ImportBatch:
    """A file imported by the operator for a provider that this person may see; the provider's own files are hidden."""
    visible_provider_or_404(read_session(), provider_id)
    found = session.get(ImportBatch, batch_id)
    return found if found and found.provider_id == provider_id and found.on_behalf else abort(404)


def _brands(provider: Provider) -> list[Brand]:
    theirs = select(Brand).where(Brand.provider_id == provider.id, Brand.closed_at.is_(None))
    return list(read_session().scalars(theirs.order_by(Brand.created_at)))


def _page(provider: Provider, form: FileForm, problem: FileProblem | None = None) -> str:
    return render_template(
        "operator/imports.html",
        provider=provider,
        form=form,
        problem=problem,
        leave=_current_delegation(provider.id),
        may_bring=bool(form.brand.choices) and not is_closed_to_imports(provider),
        brought=uploads.list_on_behalf(read_session(), provider.id),
        awaits_answer=provider_questions.awaits_answer,
    )
