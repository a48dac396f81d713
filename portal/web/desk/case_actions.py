"""Acts on a case: note, answer, postpone, close, reopen, refuse for the person. All are audited; none can grant."""

from datetime import datetime

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.ids import parse_id
from portal.core.models import Brand, Closing, Complaint, Provider, Recipient
from portal.domain import complaints
from portal.domain.identity.permissions import Permission
from portal.domain.providers import sandbox_mode
from portal.services.messaging import replies
from portal.web.dashboard.recipients.forms import ALL_BRANDS
from portal.web.dashboard.recipients.recipients import apply_refusal_form, flash_refusal, make_refusal_form
from portal.web.desk.blueprint import blueprint
from portal.web.desk.case_page import render_case, reviewed_contacts
from portal.web.desk.forms import AnswerForm, CloseForm, DueForm, NoteForm, ReopenForm
from portal.web.shared import absolute_urls
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.own_rows import own_row_or_404


@blueprint.post("/<id:complaint_id>/note")
@needs(Permission.COMPLAINTS)
def add_note(complaint_id: int) -> ResponseReturnValue:
    """Add a note that only colleagues read."""
    found, form = own_row_or_404(db.session, Complaint, complaint_id), NoteForm()
    if not form.validate_on_submit():
        return render_case(found, form), 422
    complaints.add_note(db.session, vault(), found, form.note.data, user_id=current_user.id, at=clock.now())
    record_audit("complaint.noted", "complaint", complaint_id)
    return _commit_and_return(complaint_id, _("Not kaydedildi; kişi görmez."))


@blueprint.post("/<id:complaint_id>/answer")
@needs(Permission.COMPLAINTS)
def answer(complaint_id: int) -> ResponseReturnValue:
    """Write an answer, which the person reads on their page, once they proved the address."""
    found = own_row_or_404(db.session, Complaint, complaint_id)
    form = AnswerForm(contacts=reviewed_contacts(found))
    if not form.validate_on_submit():
        return render_case(found, form), 422
    complaints.answer_case(db.session, vault(), found, form.answer.data, user_id=current_user.id, at=clock.now())
    record_audit("complaint.answered", "complaint", complaint_id)
    return _commit_and_return(
        complaint_id, _("Yanıtınız kaydedildi; kişi, adresini doğrulayınca kendi sayfasında okur.")
    )


@blueprint.post("/<id:complaint_id>/due")
@needs(Permission.COMPLAINTS)
def postpone(complaint_id: int) -> ResponseReturnValue:
    found, form = own_row_or_404(db.session, Complaint, complaint_id), DueForm()
    if not form.validate_on_submit():
        return render_case(found, form), 422
    try:
        complaints.postpone(
            db.session, vault(), found, form.due.data, form.why.data, user_id=current_user.id, at=clock.now()
        )
    except complaints.NotLater:
        db.session.rollback()
        form.due.errors = [_("Bugünden sonra bir gün seçin; silme isteklerinde yasanın otuz günü aşılamaz.")]
        return render_case(own_row_or_404(db.session, Complaint, complaint_id), form), 422
    record_audit("complaint.put_off", "complaint", complaint_id, until=form.due.data.isoformat())
    return _commit_and_return(complaint_id, _("Son gün değiştirildi."))


@blueprint.post("/<id:complaint_id>/closing")
@needs(Permission.COMPLAINTS)
def close(complaint_id: int) -> ResponseReturnValue:
    """Close a case with a reason; whoever proved the address gets a message that links to it."""
    found = own_row_or_404(db.session, Complaint, complaint_id)
    form = CloseForm(case=found, contacts=reviewed_contacts(found))
    if not form.validate_on_submit():
        return render_case(found, form), 422
    closing = Closing(form.closing.data)
    try:
        complaints.close_case(
            db.session, vault(), found, closing, form.text.data or "", link=_complaint_url(found),
            sender=_sender_name(found), user_id=current_user.id, at=clock.now(), seen=_seen()[0],
        )  # fmt: skip
    except complaints.UnseenWords:
        db.session.rollback()
        read_session().rollback()
        form.closing.errors = [
            _("Kişinin bu sayfada görmediğiniz bir sözü var. Görününce okuyun, sonra yeniden gönderin.")
        ]
        return render_case(own_row_or_404(db.session, Complaint, complaint_id), form), 409
    except complaints.NoReason:
        db.session.rollback()
        form.text.errors = [_("Bu sonucu seçince kişiye ne olduğunu yazın.")]
        return render_case(own_row_or_404(db.session, Complaint, complaint_id), form), 422
    except complaints.StillGranted:
        db.session.rollback()
        form.closing.errors = [_("Kişinin bu yolla onayı duruyor. Önce bu sayfada reddini kaydedin.")]
        return render_case(own_row_or_404(db.session, Complaint, complaint_id), form), 422
    record_audit("complaint.closed", "complaint", complaint_id, closing=closing.value)
    told = _("Başvuru sonuçlandırıldı. Kişi sonucu kendi sayfasında görür; adresini doğruladıysa bir ileti de gider.")
    return _commit_and_return(complaint_id, told)


@blueprint.post("/<id:complaint_id>/reopening")
@needs(Permission.COMPLAINTS)
def reopen(complaint_id: int) -> ResponseReturnValue:
    """Reopen a case; staff and the person see the reason."""
    found = own_row_or_404(db.session, Complaint, complaint_id)
    form = ReopenForm(contacts=reviewed_contacts(found))
    if not form.validate_on_submit():
        return render_case(found, form), 422
    try:
        complaints.reopen_case(db.session, vault(), found, form.reason.data, user_id=current_user.id, at=clock.now())
    except complaints.AlreadyOpen:
        db.session.rollback()
        flash(_("Başvuru zaten açık."))
        return _redirect_to_case(complaint_id)
    except complaints.TooManyReopenings:
        db.session.rollback()
        flash(_("Bir başvuruyu haftada bir kez yeniden açabilirsiniz; kişi kendi sayfasından yine açabilir."))
        return _redirect_to_case(complaint_id)
    record_audit("complaint.reopened", "complaint", complaint_id)
    return _commit_and_return(complaint_id, _("Başvuru yeniden açıldı."))


@blueprint.post("/<id:complaint_id>/refusal")
@needs(Permission.REFUSE)
def refuse(complaint_id: int) -> ResponseReturnValue:
    """Refuse for the person who complained: valid at once, sent to İYS, and a step of the case."""
    case = own_row_or_404(db.session, Complaint, complaint_id)
    recipient = db.session.get_one(Recipient, case.recipient_id)
    form = make_refusal_form(recipient)
    if form is None:  # The encrypted address is damaged: nothing could be sent to İYS.
        abort(404)
    if not form.validate_on_submit():
        return render_case(case, form), 422
    at = clock.now()
    withdrawn = apply_refusal_form(recipient, form, at)
    complaints.note_refusal(db.session, vault(), case, user_id=current_user.id, at=at)
    record_audit(
        "complaint.refused", "complaint", case.id, channels=form.channels.data, source=form.source.data,
        new=withdrawn.refused, brand=form.brand.data if form.brand.data != ALL_BRANDS else None,
    )  # fmt: skip
    _commit_as_read(case.id)
    flash_refusal(withdrawn)
    return _redirect_to_case(complaint_id)


def _complaint_url(case: Complaint) -> str:
    return absolute_urls.absolute_url(
        "recipient.complaint", code=complaints.case_code(current_app.config["LINK_SALT"], case)
    )


def _sender_name(case: Complaint) -> str:
    """The name under which the person knows the sender; not that of a sandbox brand, which nobody has reviewed."""
    if case.brand_id is not None:
        brand = db.session.get_one(Brand, case.brand_id)
        return sandbox_mode.shown_name(brand.name, brand.brand_code)
    provider = db.session.get_one(Provider, case.provider_id)
    return sandbox_mode.shown_name(provider.title, provider.iys_code)


@blueprint.errorhandler(complaints.AlreadyClosed)
def already_closed(_error: complaints.AlreadyClosed) -> ResponseReturnValue:
    """A colleague was first."""
    db.session.rollback()
    flash(_("Başvuru bu arada sonuçlandırılmış; değişen bir şey yok."))
    return _redirect_to_case((request.view_args or {})["complaint_id"])


def _commit_and_return(complaint_id: int, message: str) -> ResponseReturnValue:
    _commit_as_read(complaint_id)
    flash(message)
    return _redirect_to_case(complaint_id)


def _commit_as_read(complaint_id: int) -> None:
    """Commit an act, by which the words that stood on its page are read: what they held back goes on."""
    case = db.session.get_one(Complaint, complaint_id)
    if complaints.record_reading(db.session, case, *_seen()):
        replies.resume_links(case.recipient_id, clock.now())
    db.session.commit()


def _seen() -> tuple[int, datetime | None]:
    """How many steps of the person with words stood on the page that was posted, and since when words held sending;
    none on one of an earlier release."""
    count, _slash, since = request.form.get("shown", "").partition("/")
    try:
        return parse_id(count) or 0, datetime.fromisoformat(since) if since else None
    except ValueError:
        return 0, None


def _redirect_to_case(complaint_id: int) -> ResponseReturnValue:
    return redirect(url_for(".show_case", complaint_id=complaint_id), 303)
