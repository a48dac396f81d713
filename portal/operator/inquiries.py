"""Questions that providers asked beside a step, and their answers."""

from dataclasses import dataclass
from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from portal import clock, onboarding
from portal.extensions import db, reading, vault, wake
from portal.models import Inquiry, MailKind, Provider
from portal.operator import door, note
from portal.operator.forms import AnswerForm
from portal.operator.telling import tell_owners
from portal.operator.visible import visible, visible_or_404
from portal.powers import Power
from portal.vault import CannotOpen
from portal.web.links import whole
from portal.web.locks import needs

PAGE = 20


@dataclass(frozen=True)
class Asked:
    """One question, with its answer where there is one."""

    id: int
    provider_id: int
    title: str
    step: int
    asked_at: datetime
    text: str
    answer: str | None
    answered_at: datetime | None


@dataclass(frozen=True)
class Page:
    """One page of them."""

    rows: list[Asked]
    number: int
    has_more: bool


@door.get("/inquiries")
@needs(Power.ANSWER)
def inquiries():
    """Show what was asked and has no answer yet; or what has."""
    return _shown(answered=request.args.get("show") == "answered", form=AnswerForm(formdata=None), wrong_id=None)


@door.post("/inquiries/<id:inquiry_id>")
@needs(Power.ANSWER)
def answer(inquiry_id: int):
    """Answer a question. The first answer stays."""
    inquiry = db.session.get(Inquiry, inquiry_id)
    if inquiry is None:
        abort(404)
    provider, form = visible_or_404(db.session, inquiry.provider_id), AnswerForm()
    if not form.validate_on_submit():
        return _shown(answered=False, form=form, wrong_id=inquiry_id), 422
    if onboarding.answer(db.session, vault(), inquiry, form.answer.data.strip(), current_user.id, clock.now()):
        tell_owners(
            provider, MailKind.ANSWERED, question=onboarding.question_in(vault(), inquiry),
            answer=form.answer.data.strip(), link=whole("dashboard.start"),
        )  # fmt: skip
        note("inquiry.answered", "inquiry", inquiry.id, provider_id=provider.id)
        flash(_("Yanıtınız iletildi."))
    else:
        flash(_("Bu soru bu arada yanıtlanmış; ilk yanıt geçerli."))
    db.session.commit()
    wake("mail")
    return redirect(url_for(".inquiries"), 303)


def _shown(*, answered: bool, form: AnswerForm, wrong_id: int | None) -> str:
    number = max(1, request.args.get("page", 1, type=int))
    page = _page(answered, min(number, 10_000))
    return render_template("operator/inquiries.html", page=page, answered=answered, form=form, wrong_id=wrong_id)


def _page(answered: bool, number: int) -> Page:
    mine = visible().with_only_columns(Provider.id)
    found = select(Inquiry, Provider.title).join(Provider, Provider.id == Inquiry.provider_id)
    found = found.where(Inquiry.provider_id.in_(mine))
    if answered:
        found = found.where(Inquiry.answered_at.is_not(None)).order_by(Inquiry.answered_at.desc())
    else:
        found = found.where(Inquiry.answered_at.is_(None)).order_by(Inquiry.asked_at)
    rows = reading().execute(found.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return Page([_asked(*row) for row in rows[:PAGE]], number, has_more=len(rows) > PAGE)


def _asked(inquiry: Inquiry, title: str) -> Asked:
    try:
        text, answered = onboarding.question_in(vault(), inquiry), onboarding.answer_in(vault(), inquiry)
    except CannotOpen:  # One damaged seal does not hide the others.
        text, answered = _("Bu metin açılamıyor."), None
    return Asked(
        inquiry.id, inquiry.provider_id, title, inquiry.step, inquiry.asked_at, text, answered, inquiry.answered_at
    )
