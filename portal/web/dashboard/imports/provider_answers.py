"""The form in which a provider answers the operator's questions about a file."""

from collections.abc import Collection
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import DateField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Source, Status
from portal.core.models import Brand, ImportBatch, User
from portal.domain.identity.permissions import Permission
from portal.services.imports import provider_questions
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.imports.batch_page import own_batch_or_404
from portal.web.shared import masked_cells
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.column_layout_form import FIRST_DAY, check_lawful_day
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import label
from portal.web.shared.redirects import rollback_and_redirect
from portal.web.shared.validators import READABLE

LONGEST_ORIGIN = 200


class AnswerForm(BaseForm):
    """Has the fields that were asked only."""

    status = RadioField(_l("Dosyadaki kişiler ne dedi?"), validators=[InputRequired(_l("Birini seçin."))])
    source = SelectField(_l("İzinler nasıl alındı?"), validators=[InputRequired(_l("Birini seçin."))])
    date = DateField(_l("İzinler hangi gün alındı?"), validators=[InputRequired(_l("Günü seçin.")), check_lawful_day])
    origin = StringField(
        _l("Onayları ne kanıtlıyor?"),
        validators=[InputRequired(_l("Dayanağı yazın.")), Length(max=LONGEST_ORIGIN), READABLE],
    )

    def __init__(self, *arguments: Any, asked: Collection[str], **options: Any):
        super().__init__(*arguments, **options)
        self.status.choices = [(each.value, label(each)) for each in Status]
        self.source.choices = [("", _("Seçin")), *((each.value, label(each)) for each in Source)]
        for name in set(provider_questions.ASKABLE) - set(asked):
            delattr(self, name)

    @property
    def answer(self) -> provider_questions.ProviderAnswer:
        """The answer, once it is valid. A day means its first second: the hour is unknown."""
        given = {name: field.data for name, field in self._fields.items() if name in provider_questions.ASKABLE}
        return provider_questions.ProviderAnswer(
            status=Status(given["status"]) if "status" in given else None,
            source=Source(given["source"]) if "source" in given else None,
            date=clock.start_of_day(given["date"]) if "date" in given else None,
            origin=given.get("origin", "").strip(),
        )

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        answer = self.answer
        if answer.source == Source.BEFORE_2015 and self.date and self.date.data != FIRST_DAY:
            self.date.errors = [_("2015 öncesinde alınan izinlerin günü 1 Mayıs 2015 yazılır.")]
        if answer.source == Source.PROVIDER_DECISION and answer.status == Status.GRANTED:
            self.source.errors = [_("Firmanın kararıyla onay verilmez; bu yalnız retler içindir.")]
        return not self.errors


@blueprint.get("/imports/<id:batch_id>/answer")
@needs(Permission.IMPORT)
def answer_import(batch_id: int) -> ResponseReturnValue:
    """Show the questions; where none are open, redirect to the file."""
    batch = _asked_batch_or_404(batch_id)
    if not provider_questions.awaits_answer(batch):
        return _nothing_asked(batch_id)
    return _page(batch, AnswerForm(formdata=None, asked=batch.asked or ()))


@blueprint.post("/imports/<id:batch_id>/answer")
@needs(Permission.IMPORT)
def take_answer(batch_id: int) -> ResponseReturnValue:
    """Store the answers; a new dry run follows."""
    batch = _asked_batch_or_404(batch_id)
    if not provider_questions.awaits_answer(batch):
        return _nothing_asked(batch_id)
    form = AnswerForm(asked=batch.asked or ())
    if not form.validate_on_submit():
        return _page(batch, form), 422
    try:
        provider_questions.answer(db.session, vault(), batch, form.answer, current_user.id, clock.now())
    except provider_questions.NothingAsked:  # A colleague was first.
        return _nothing_asked(batch_id)
    record_audit("import.answered", "import_batch", batch.id, fields=list(batch.asked or ()))
    db.session.commit()
    flash(_("Yanıtınız kaydedildi. Dosya bununla yeniden kontrol ediliyor."))
    return redirect(url_for(".import_batch", batch_id=batch_id), 303)


def _asked_batch_or_404(batch_id: int) -> ImportBatch:
    found = own_batch_or_404(db.session, batch_id)
    return found if found.asked else abort(404)


def _nothing_asked(batch_id: int) -> ResponseReturnValue:
    message = _("Bu dosya için sizden beklenen bir bilgi yok.")
    return rollback_and_redirect(url_for(".import_batch", batch_id=batch_id), message)


def _page(batch: ImportBatch, form: AnswerForm) -> str:
    brand, by = read_session().get_one(Brand, batch.brand_id), read_session().get(User, batch.user_id or 0)
    return render_template(
        "dashboard/imports/provider_answers.html",
        batch=batch,
        form=form,
        file=masked_cells.file_name(batch),
        brand=brand.name,
        by=by.name if by else "",
        first_day=FIRST_DAY.isoformat(),
        today=clock.day(clock.now()).isoformat(),
    )
