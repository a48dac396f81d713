"""Başlangıç: the five onboarding steps towards İYS."""

from datetime import datetime
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import select
from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Inquiry, Paper, PaperKind, Provider, ProviderKind, Review, ReviewAct
from portal.domain.identity import accounts
from portal.domain.identity.permissions import Permission
from portal.domain.providers import inquiries, onboarding, sandbox_mode
from portal.domain.providers.onboarding import NotReady, Requirement, StepState
from portal.services.iys import rights
from portal.services.iys.client import Client
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.iys.forwarding_status import is_forwarding
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm
from portal.web.shared.own_rows import current_provider, lock_provider
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect
from portal.web.shared.validators import READABLE

ASK_AGAIN = _l("Bilgiler değiştiği için başvurunuzu yeniden gönderin.")
LARGEST_IYS_CODE = 979_999_999
TITLES = {
    onboarding.APPLY: _l("İYS'ye başvurun"),
    onboarding.ENTER: _l("İYS kodunuzu girin, paketinizi seçin"),
    onboarding.AUTHORISE: _l("İş ortağınızı yetkilendirin"),
    onboarding.OPEN: _l("Hesabınızı açın"),
    onboarding.TRANSFER: _l("Aktarımı başlatın"),
}
REPRESENTATIVE_TITLE = {onboarding.AUTHORISE: _l("Temsilcinizi tanıtın")}
TITLES_BY_KIND: dict[ProviderKind, dict[int, str]] = {  # Where they differ from TITLES.
    ProviderKind.PARTNER: {},
    ProviderKind.DIRECT: REPRESENTATIVE_TITLE,
    ProviderKind.EXEMPT: REPRESENTATIVE_TITLE
    | {
        onboarding.APPLY: _l("Muafiyetinizden emin olun"),
        onboarding.ENTER: _l("Paketinizi seçin"),
        onboarding.TRANSFER: _l("Denemeyi bitirin"),
    },
}
TEMPLATES = {
    onboarding.APPLY: "dashboard/onboarding/step_apply.html",
    onboarding.ENTER: "dashboard/onboarding/step_enter.html",
    onboarding.AUTHORISE: "dashboard/onboarding/step_authorise.html",
    onboarding.OPEN: "dashboard/onboarding/step_open.html",
    onboarding.TRANSFER: "dashboard/onboarding/step_transfer.html",
}
MISSING_LABELS = {
    Requirement.CODE: _l("İYS kodunu girin."),
    Requirement.PACKAGE: _l("Bir paket seçin."),
    Requirement.REPRESENTATIVE: _l("İmzalayacak temsilcinin adını firma bilgilerine yazın."),
    Requirement.AUTHORISATION: _l("İmzalı yetki mektubunu yükleyin."),
    Requirement.SIGNATURE: _l("İmza sirkülerini yükleyin."),
}
PAPER_CHOICES = [
    SelectChoice(PaperKind.AUTHORISATION, _l("İmzalı yetki mektubu")),
    SelectChoice(PaperKind.SIGNATURE, _l("İmza sirküleri ya da imza beyannamesi")),
]


class CodeForm(BaseForm):
    iys_code = StringField(_l("İYS kodunuz"), validators=[DataRequired(_l("Kodu yazın.")), Length(max=20)])


class PaperForm(BaseForm):
    kind = SelectField(_l("Hangi belge?"), choices=PAPER_CHOICES)
    file = FileField(_l("Dosya"), validators=[FileRequired(_l("Bir dosya seçin."))])


class QuestionForm(BaseForm):
    text = TextAreaField(_l("Sorunuz"), validators=[DataRequired(_l("Sorunuzu yazın.")), Length(max=2000), READABLE])


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
    form, provider = CodeForm(), lock_provider()
    if not provider.in_sandbox_mode:  # Admitted meanwhile.
        return redirect(url_for(".start"), 303)
    was_asked = provider.asked_at is not None
    if form.validate_on_submit():
        text = "".join(form.iys_code.data.split())
        try:
            if not (text.isascii() and text.isdecimal() and 0 < int(text) <= LARGEST_IYS_CODE):
                raise ValueError
            onboarding.enter_code(db.session, provider, int(text), clock.now())
        except sandbox_mode.CodeTaken:
            form.iys_code.errors = [_(
                "Bu İYS kodu burada başka bir hesapta kayıtlı. Kodu İYS panelinizden yeniden kopyalayın; kod "
                "sizinse aşağıdaki soru kutusundan bize yazın, birlikte çözelim."
            )]  # fmt: skip
        except ValueError:
            form.iys_code.errors = [_("İYS kodu en çok dokuz rakamdan oluşur; örneğin 731845.")]
    if form.errors or form.iys_code.errors:
        return render_steps(code_form=form), 422
    record_audit("onboarding.code_entered", "provider", provider.id, code=provider.pending_iys_code)
    if was_asked and provider.asked_at is None:
        flash(ASK_AGAIN)
    return commit_and_redirect(url_for(".start"), _("İYS kodunuz kaydedildi."))


@blueprint.post("/start/rights")
@limiter.limit(limits.TEST, key_func=limits.provider_key)
@needs(Permission.ONBOARD)
def check_rights() -> ResponseReturnValue:
    """Ask İYS which rights the partner was given."""
    provider = read_session().get_one(Provider, current_user.provider_id)
    partner = accounts.first_partner_credential(read_session())
    if partner is not None and provider.pending_iys_code is not None:
        found = rights.ask_for_rights(Client(current_app.config["IYS_BASE_URL"]), current_user.provider_id, partner)
        record_audit("rights.looked_at", "provider", current_user.provider_id, **found.as_json())
        db.session.commit()
    return redirect(url_for(".start", _anchor="step-3"), 303)


@blueprint.post("/start/ask")
@needs(Permission.ONBOARD)
def request_admission() -> ResponseReturnValue:
    """Hand the complete application to the operator."""
    provider = lock_provider()
    try:
        onboarding.request_admission(db.session, provider, clock.now())
    except NotReady:
        return rollback_and_redirect(url_for(".start"), _("Henüz eksikler var; adımların altında yazıyor."))
    record_audit("onboarding.asked", "provider", provider.id)
    message = _("Başvurunuz alındı. Belgelerinize bakıp temsilcinizi arayacağız.")
    return commit_and_redirect(url_for(".start"), message)


@blueprint.post("/start/<int:step>/questions")
@limiter.limit(limits.QUESTIONS, key_func=limits.provider_key)
@needs(Permission.ONBOARD)
def ask_question(step: int) -> ResponseReturnValue:
    if step not in onboarding.STEPS:
        abort(404)
    form = QuestionForm(prefix=f"step{step}")
    if not form.validate_on_submit():
        return render_steps(question_forms={step: form}), 422
    inquiry = inquiries.ask_operator(
        db.session, vault(), current_provider(), step, form.text.data.strip(), current_user.id, clock.now()
    )
    record_audit("inquiry.asked", "inquiry", inquiry.id, step=step)
    message = _("Sorunuz bize ulaştı. Cevabı burada göreceksiniz; e-postayla da haber veririz.")
    return commit_and_redirect(url_for(".start", _anchor=f"step-{step}"), message)


def render_steps(
    *,
    code_form: CodeForm | None = None,
    paper_form: PaperForm | None = None,
    question_forms: dict[int, QuestionForm] | None = None,
) -> str:
    """The page, with the form that came back with errors."""
    newest_last = select(Paper.id, Paper.kind, Paper.uploaded_at, Paper.size).order_by(Paper.uploaded_at, Paper.id)
    papers = read_session().execute(newest_last.where(Paper.provider_id == current_user.provider_id))
    forms = {step: QuestionForm(formdata=None, prefix=f"step{step}") for step in onboarding.STEPS}
    provider = read_session().get_one(Provider, current_user.provider_id)
    rights_check = rights.last_answer(read_session(), provider.id)
    steps = onboarding.list_steps(read_session(), provider, knows_code=_knows_code(provider, rights_check))
    titles = TITLES | TITLES_BY_KIND[provider.kind]
    return render_template(
        "dashboard/onboarding/steps.html",
        provider=provider,
        kinds=ProviderKind,
        steps=[(step, titles[step.number], TEMPLATES[step.number]) for step in steps],
        next_step=next((step for step in steps if step.state in (StepState.NOW, StepState.WAITS)), None),
        lacking=MISSING_LABELS,
        code_form=code_form or CodeForm(formdata=None, iys_code=provider.pending_iys_code),
        paper_form=paper_form or PaperForm(formdata=None),
        papers={row.kind: row for row in papers},
        paper_kinds=list(PaperKind) if provider.kind == ProviderKind.PARTNER else [PaperKind.SIGNATURE],
        has_partner=accounts.first_partner_credential(read_session()) is not None,
        rights_check=rights_check,
        channels=list(Channel),
        sent_back=_last_rejection(provider),
        is_forwarding=is_forwarding(provider.id),
        questions_asked=_questions_by_step(provider.id),
        question_forms=forms | (question_forms or {}),
    )


def _knows_code(provider: Provider, answer: tuple[datetime, dict[str, Any]] | None) -> bool:
    """Whether İYS, asked last, listed brands for the code that is entered now, under the provider's title."""
    facts = answer[1] if answer else {}
    is_known = bool(facts.get("brands") and facts.get("title_agrees"))
    return is_known and facts.get("code") == provider.pending_iys_code


def _last_rejection(provider: Provider) -> Review | None:
    """Why the operator sent the application back, until it is handed in again."""
    if provider.asked_at or not provider.in_sandbox_mode:
        return None
    reviews = select(Review).where(Review.provider_id == provider.id, Review.act == ReviewAct.SENT_BACK)
    return read_session().scalar(reviews.order_by(Review.made_at.desc()).limit(1))


def _questions_by_step(provider_id: int) -> dict[int, list[tuple[Inquiry, str, str | None]]]:
    """The company's inquiries by step, the oldest first, with question and answer."""
    by_step: dict[int, list[tuple[Inquiry, str, str | None]]] = {step: [] for step in onboarding.STEPS}
    asked = select(Inquiry).where(Inquiry.provider_id == provider_id).order_by(Inquiry.asked_at, Inquiry.id)
    for each in read_session().scalars(asked):
        question, answer = inquiries.read_question(vault(), each), inquiries.read_answer(vault(), each)
        by_step[each.step].append((each, question, answer))
    return by_step
