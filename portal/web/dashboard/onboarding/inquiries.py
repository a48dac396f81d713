"""Questions to the operator, asked beside a step of the onboarding."""

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.domain.identity.permissions import Permission
from portal.domain.providers import inquiries, onboarding
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.onboarding.steps_page import QuestionForm, render_steps
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import current_provider, provider_key, record_audit


@blueprint.post("/start/<int:step>/questions")
@limiter.limit(limits.QUESTIONS, key_func=provider_key)
@needs(Permission.ONBOARD)
def ask_question(step: int) -> ResponseReturnValue:
    if step not in onboarding.STEPS:
        abort(404)
    form = QuestionForm(prefix=f"step{step}")
    if not form.validate_on_submit():
        return render_steps(question_form=(step, form)), 422
    inquiry = inquiries.ask_operator(
        db.session, vault(), current_provider(), step, form.text.data.strip(), current_user.id, clock.now()
    )
    record_audit("inquiry.asked", "inquiry", inquiry.id, step=step)
    db.session.commit()
    flash(_("Sorunuz bize ulaştı. Cevabı burada göreceksiniz; e-postayla da haber veririz."))
    return redirect(url_for(".start", _anchor=f"step-{step}"), 303)
