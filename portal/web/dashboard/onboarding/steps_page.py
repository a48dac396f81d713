"""The page of the five onboarding steps and its forms."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import Row, select
from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Inquiry, Paper, PaperKind, Provider, ProviderKind, Review, ReviewAct
from portal.domain.identity import accounts
from portal.domain.providers import inquiries, onboarding
from portal.domain.providers.onboarding import Missing, StepState
from portal.services.iys import rights
from portal.web.dashboard.iys.forwarding_status import is_forwarding
from portal.web.shared.labels import label
from portal.web.shared.validators import READABLE

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
    Missing.CODE: _l("İYS kodunu girin."),
    Missing.PACKAGE: _l("Bir paket seçin."),
    Missing.REPRESENTATIVE: _l("İmzalayacak temsilcinin adını firma bilgilerine yazın."),
    Missing.AUTHORISATION: _l("İmzalı yetki mektubunu yükleyin."),
    Missing.SIGNATURE: _l("İmza sirkülerini yükleyin."),
}


PAPER_CHOICES = [
    SelectChoice(PaperKind.AUTHORISATION, _l("İmzalı yetki mektubu")),
    SelectChoice(PaperKind.SIGNATURE, _l("İmza sirküleri ya da imza beyannamesi")),
]


class CodeForm(FlaskForm):
    iys_code = StringField(_l("İYS kodunuz"), validators=[DataRequired(_l("Kodu yazın.")), Length(max=20)])


class PaperForm(FlaskForm):
    kind = SelectField(_l("Hangi belge?"), choices=PAPER_CHOICES)
    file = FileField(_l("Dosya"), validators=[FileRequired(_l("Bir dosya seçin."))])


class QuestionForm(FlaskForm):
    text = TextAreaField(_l("Sorunuz"), validators=[DataRequired(_l("Sorunuzu yazın.")), Length(max=2000), READABLE])


@dataclass(frozen=True)
class AskedQuestion:
    text: str
    at: datetime
    answer: str | None
    answered_at: datetime | None


@dataclass(frozen=True)
class RightsCheck:
    """The result of the last rights check at İYS."""

    at: datetime
    facts: dict[str, Any]

    @property
    def lines(self) -> list[tuple[str, list[tuple[str, bool]]]]:
        """By brand: each channel, and whether the write right is given."""
        return [
            (code, [(label(channel), channel.value in writable) for channel in Channel])
            for code, writable in self.facts["brands"].items()
        ]


def render_steps(
    *,
    code_form: CodeForm | None = None,
    paper_form: PaperForm | None = None,
    question_form: tuple[int, QuestionForm] | None = None,
) -> str:
    """The page, with the form that came back with errors."""
    provider, at = read_session().get_one(Provider, current_user.provider_id), clock.now()
    steps, titles = onboarding.list_steps(read_session(), provider, at), TITLES | TITLES_BY_KIND[provider.kind]
    return render_template(
        "dashboard/onboarding/steps.html",
        provider=provider,
        kinds=ProviderKind,
        steps=[(step, titles[step.number], TEMPLATES[step.number]) for step in steps],
        next_step=next((step for step in steps if step.state in (StepState.NOW, StepState.WAITS)), None),
        lacking=MISSING_LABELS,
        code_form=code_form or CodeForm(formdata=None, iys_code=provider.pending_iys_code),
        paper_form=paper_form or PaperForm(formdata=None),
        papers=_newest_papers(provider.id),
        paper_kinds=_paper_kinds(provider),
        has_partner=accounts.first_partner_credential(read_session()) is not None,
        rights_check=_last_rights_check(provider.id),
        sent_back=_last_rejection(provider),
        is_forwarding=is_forwarding(provider.id),
        questions_asked=_questions_by_step(provider.id),
        question_forms=_question_forms(question_form),
    )


def _paper_kinds(provider: Provider) -> list[PaperKind]:
    return list(PaperKind) if provider.kind == ProviderKind.PARTNER else [PaperKind.SIGNATURE]


def _newest_papers(provider_id: int) -> dict[PaperKind, Row]:
    """Kind, time and size of the newest paper of each kind."""
    kept = select(Paper.kind, Paper.uploaded_at, Paper.size).where(Paper.provider_id == provider_id)
    return {row.kind: row for row in read_session().execute(kept.order_by(Paper.uploaded_at, Paper.id))}


def _last_rights_check(provider_id: int) -> RightsCheck | None:
    check = rights.last_answer(read_session(), provider_id)
    return RightsCheck(*check) if check else None


def _last_rejection(provider: Provider) -> Review | None:
    """Why the operator sent the application back, until it is handed in again."""
    if provider.asked_at or not provider.in_sandbox_mode:
        return None
    reviews = select(Review).where(Review.provider_id == provider.id, Review.act == ReviewAct.SENT_BACK)
    return read_session().scalar(reviews.order_by(Review.made_at.desc()).limit(1))


def _question_forms(filled: tuple[int, QuestionForm] | None) -> dict[int, QuestionForm]:
    empty = {step: QuestionForm(formdata=None, prefix=f"step{step}") for step in onboarding.STEPS}
    return empty | dict([filled] if filled else [])


def _questions_by_step(provider_id: int) -> dict[int, list[AskedQuestion]]:
    """The company's questions by step, the oldest first."""
    by_step: dict[int, list[AskedQuestion]] = {step: [] for step in onboarding.STEPS}
    asked = select(Inquiry).where(Inquiry.provider_id == provider_id).order_by(Inquiry.asked_at, Inquiry.id)
    for each in read_session().scalars(asked):
        question, answer = inquiries.read_question(vault(), each), inquiries.read_answer(vault(), each)
        by_step[each.step].append(AskedQuestion(question, each.asked_at, answer, each.answered_at))
    return by_step
