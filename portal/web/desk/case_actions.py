"""Acts on a case: a note among staff, an answer, another due date, its end, and a new beginning. All are noted."""

from flask import current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, vault, wake
from portal.core.models import Brand, Closing, Complaint, Provider
from portal.domain import complaints
from portal.domain.identity.permissions import Permission
from portal.web.desk.blueprint import blueprint
from portal.web.desk.case_page import mine, render_case
from portal.web.desk.forms import AnswerForm, CloseForm, DueForm, NoteForm, ReopenForm
from portal.web.shared import absolute_urls
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import record_audit


@blueprint.post("/<id:complaint_id>/note")
@needs(Permission.COMPLAINTS)
def add_note(complaint_id: int) -> ResponseReturnValue:
    """Write something down that only colleagues read."""
    found, form = mine(db.session, complaint_id), NoteForm()
    if not form.validate_on_submit():
        return render_case(found, form), 422
    complaints.add_note(db.session, vault(), found, form.note.data, user_id=current_user.id, at=clock.now())
    record_audit("complaint.noted", "complaint", complaint_id)
    return _commit_and_return(complaint_id, _("Not kaydedildi; kişi görmez."))


@blueprint.post("/<id:complaint_id>/answer")
@needs(Permission.COMPLAINTS)
def answer(complaint_id: int) -> ResponseReturnValue:
    """Write what the person reads on their page."""
    found, form = mine(db.session, complaint_id), AnswerForm()
    if not form.validate_on_submit():
        return render_case(found, form), 422
    try:
        complaints.answer_case(db.session, vault(), found, form.answer.data, user_id=current_user.id, at=clock.now())
    except complaints.AlreadyClosed:
        return _already_closed(complaint_id)
    record_audit("complaint.answered", "complaint", complaint_id)
    return _commit_and_return(complaint_id, _("Yanıtınız kaydedildi; kişi kendi sayfasında görür."))


@blueprint.post("/<id:complaint_id>/due")
@needs(Permission.COMPLAINTS)
def postpone(complaint_id: int) -> ResponseReturnValue:
    """Let a case be due on another day."""
    found, form = mine(db.session, complaint_id), DueForm()
    if not form.validate_on_submit():
        return render_case(found, form), 422
    try:
        complaints.postpone(db.session, vault(), found, form.day, form.why.data, user_id=current_user.id, at=clock.now())
    except complaints.AlreadyClosed:
        return _already_closed(complaint_id)
    except complaints.NotLater:
        db.session.rollback()
        form.due.errors = [_("Bugünden sonra bir gün seçin; silme isteklerinde yasanın otuz günü aşılamaz.")]
        return render_case(mine(db.session, complaint_id), form), 422
    record_audit("complaint.put_off", "complaint", complaint_id, until=form.day.isoformat())
    return _commit_and_return(complaint_id, _("Son gün değiştirildi."))


@blueprint.post("/<id:complaint_id>/closing")
@needs(Permission.COMPLAINTS)
def close(complaint_id: int) -> ResponseReturnValue:
    """End a case with a reason; the person is told where to read it."""
    found = mine(db.session, complaint_id)
    form = CloseForm(case=found)
    if not form.validate_on_submit():
        return render_case(found, form), 422
    closing, at = Closing(form.closing.data), clock.now()
    try:
        is_told = complaints.close_case(
            db.session, vault(), found, closing, form.text.data or "", link=_complaint_url(found), sender=_sender_name(found),
            user_id=current_user.id, at=at,
        )  # fmt: skip
    except complaints.AlreadyClosed:
        return _already_closed(complaint_id)
    except complaints.NoReason:
        db.session.rollback()
        form.text.errors = [_("Bu sonucu seçince kişiye ne olduğunu yazın.")]
        return render_case(mine(db.session, complaint_id), form), 422
    record_audit("complaint.closed", "complaint", complaint_id, closing=closing.value)
    done = _commit_and_return(complaint_id, _closing_message(is_told))
    wake("message")
    return done


@blueprint.post("/<id:complaint_id>/reopening")
@needs(Permission.COMPLAINTS)
def reopen(complaint_id: int) -> ResponseReturnValue:
    """Open a case again; the reason is among staff's steps and the person's."""
    found, form = mine(db.session, complaint_id), ReopenForm()
    if not form.validate_on_submit():
        return render_case(found, form), 422
    try:
        complaints.reopen_case(db.session, vault(), found, form.reason.data, user_id=current_user.id, at=clock.now())
    except complaints.AlreadyOpen:
        db.session.rollback()
        flash(_("Başvuru zaten açık."))
        return _redirect_to_case(complaint_id)
    record_audit("complaint.reopened", "complaint", complaint_id)
    return _commit_and_return(complaint_id, _("Başvuru yeniden açıldı."))


def _complaint_url(case: Complaint) -> str:
    return absolute_urls.absolute_url("recipient.complaint", code=complaints.case_code(current_app.config["LINK_SALT"], case))


def _sender_name(case: Complaint) -> str:
    """By which name the person knows whom they complained to."""
    if case.brand_id is not None:
        return db.session.get_one(Brand, case.brand_id).name
    return db.session.get_one(Provider, case.provider_id).title


def _closing_message(is_told: bool) -> str:
    if is_told:
        return _("Başvuru sonuçlandırıldı; kişiye bir ileti gönderilecek.")
    return _("Başvuru sonuçlandırıldı. Adres bu arada başkasına geçtiği için ileti gönderilmedi.")


def _already_closed(complaint_id: int):
    """A colleague was first."""
    db.session.rollback()
    flash(_("Başvuru bu arada sonuçlandırılmış; değişen bir şey yok."))
    return _redirect_to_case(complaint_id)


def _commit_and_return(complaint_id: int, words: str):
    db.session.commit()
    flash(words)
    return _redirect_to_case(complaint_id)


def _redirect_to_case(complaint_id: int):
    return redirect(url_for(".show_case", complaint_id=complaint_id), 303)
