"""Providers' questions from the onboarding steps, and the operator's answers."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Inquiry, MailKind, Provider
from portal.core.vault import CannotOpen
from portal.domain.identity.permissions import Permission
from portal.domain.providers import inquiries
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import AnswerForm
from portal.web.operator.providers import visible_provider_or_404, visible_providers
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit
from portal.web.shared.owner_notifications import notify_owners
from portal.web.shared.pagination import requested_page

PAGE_SIZE = 20


@blueprint.get("/inquiries", endpoint="inquiries")
@needs(Permission.ANSWER)
def list_inquiries() -> ResponseReturnValue:
    """List unanswered questions, or the answered ones."""
    return _render_inquiries(answered=request.args.get("show") == "answered", form=AnswerForm(formdata=None))


@blueprint.post("/inquiries/<id:inquiry_id>")
@needs(Permission.ANSWER)
def answer_inquiry(inquiry_id: int) -> ResponseReturnValue:
    """Answer a question and mail the owners. The first answer stays."""
    inquiry = db.session.get(Inquiry, inquiry_id) or abort(404)
    provider, form = visible_provider_or_404(db.session, inquiry.provider_id), AnswerForm()
    if not form.validate_on_submit():
        return _render_inquiries(answered=False, form=form, wrong_id=inquiry_id), 422
    if inquiries.answer_inquiry(db.session, vault(), inquiry, form.answer.data.strip(), current_user.id, clock.now()):
        notify_owners(
            provider, MailKind.ANSWERED,
            answer=form.answer.data.strip(), link=absolute_url("dashboard.start"),
        )  # fmt: skip
        record_operator_audit("inquiry.answered", "inquiry", inquiry.id, provider_id=provider.id)
        flash(_("Yanıtınız iletildi."))
    else:
        flash(_("Bu soru bu arada yanıtlanmış; ilk yanıt geçerli."))
    db.session.commit()
    return redirect(url_for(".inquiries"), 303)


def _render_inquiries(*, answered: bool, form: AnswerForm, wrong_id: int | None = None) -> str:
    provider_ids = visible_providers().with_only_columns(Provider.id)
    found = select(Inquiry, Provider.title).join(Provider, Provider.id == Inquiry.provider_id)
    found = found.where(Inquiry.provider_id.in_(provider_ids))
    if answered:
        found = found.where(Inquiry.answered_at.is_not(None)).order_by(Inquiry.answered_at.desc())
    else:
        found = found.where(Inquiry.answered_at.is_(None)).order_by(Inquiry.asked_at)
    page = requested_page(found, PAGE_SIZE, _read_inquiry)
    return render_template("operator/inquiries.html", page=page, answered=answered, form=form, wrong_id=wrong_id)


def _read_inquiry(inquiry: Inquiry, title: str) -> tuple[Inquiry, str, str, str | None]:
    """The inquiry, the provider's title, question and answer."""
    try:
        return inquiry, title, inquiries.read_question(vault(), inquiry), inquiries.read_answer(vault(), inquiry)
    except CannotOpen:  # A damaged text doesn't break the list.
        return inquiry, title, _("Bu metin açılamıyor."), None
