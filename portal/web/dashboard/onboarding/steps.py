"""Başlangıç: the five onboarding steps towards İYS."""

from flask import abort, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Provider
from portal.domain.identity import accounts
from portal.domain.identity.permissions import Permission
from portal.domain.providers import inquiries, onboarding
from portal.domain.providers.onboarding import CodeTaken, NotReady
from portal.services.iys import rights
from portal.services.iys.client import Client
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.onboarding.steps_page import CodeForm, QuestionForm, render_steps
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import current_provider, provider_key, record_audit

LARGEST_IYS_CODE = 979_999_999


@blueprint.get("/start")
@needs(Permission.LOOK)
def start() -> ResponseReturnValue:
    return render_steps()


@blueprint.post("/start/applied")
@needs(Permission.ONBOARD)
def mark_applied() -> ResponseReturnValue:
    """Note that the company has applied to İYS and waits for its code."""
    provider = current_provider()
    onboarding.mark_applied(provider, clock.now())
    record_audit("onboarding.applied", "provider", provider.id)
    db.session.commit()
    return redirect(url_for(".start", _anchor="step-2"), 303)


@blueprint.post("/start/code")
@needs(Permission.ONBOARD)
def enter_code() -> ResponseReturnValue:
    """Store the code that İYS gave."""
    form, provider = CodeForm(), current_provider()
    if form.validate_on_submit():
        text = "".join(form.iys_code.data.split())
        try:
            if not (text.isascii() and text.isdecimal() and 0 < int(text) <= LARGEST_IYS_CODE):
                raise ValueError
            onboarding.enter_code(db.session, provider, int(text), clock.now())
        except CodeTaken:
            form.iys_code.errors = [_(
                "Bu İYS kodu burada başka bir hesapta kayıtlı. Kodu İYS panelinizden yeniden kopyalayın; kod "
                "sizinse aşağıdaki soru kutusundan bize yazın, birlikte çözelim."
            )]  # fmt: skip
        except ValueError:
            form.iys_code.errors = [_("İYS kodu en çok dokuz rakamdan oluşur; örneğin 731845.")]
    if form.errors or form.iys_code.errors:
        return render_steps(code_form=form), 422
    record_audit("onboarding.code_entered", "provider", provider.id, code=provider.pending_iys_code)
    db.session.commit()
    flash(_("İYS kodunuz kaydedildi."))
    return redirect(url_for(".start"), 303)


@blueprint.post("/start/rights")
@limiter.limit(limits.TEST, key_func=provider_key)
@needs(Permission.ONBOARD)
def check_rights() -> ResponseReturnValue:
    """Ask İYS which rights the partner was given."""
    provider, partner = (
        read_session().get_one(Provider, current_user.provider_id),
        accounts.first_partner_credential(read_session()),
    )
    if partner is not None and provider.pending_iys_code is not None:
        found = rights.ask_for_rights(Client(current_app.config["IYS_BASE_URL"]), current_user.provider_id, partner)
        record_audit("rights.looked_at", "provider", current_user.provider_id, **found.as_json())
        db.session.commit()
    return redirect(url_for(".start", _anchor="step-3"), 303)


@blueprint.post("/start/ask")
@needs(Permission.ONBOARD)
def request_admission() -> ResponseReturnValue:
    """Hand the complete application to the operator."""
    provider = current_provider()
    try:
        onboarding.request_admission(db.session, provider, clock.now())
    except NotReady:
        db.session.rollback()
        flash(_("Henüz eksikler var; adımların altında yazıyor."))
        return redirect(url_for(".start"), 303)
    record_audit("onboarding.asked", "provider", provider.id)
    db.session.commit()
    flash(_("Başvurunuz alındı. Belgelerinize bakıp temsilcinizi arayacağız."))
    return redirect(url_for(".start"), 303)


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
