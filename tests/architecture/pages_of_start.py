"""The front pages, signing up and the five steps, with things to show."""

from datetime import UTC, datetime
from types import SimpleNamespace as Thing

from portal.core.models import LegalForm, PaperKind, ProviderKind
from portal.domain.identity.permissions import Permission
from portal.domain.providers.onboarding import Missing, Step, StepState
from portal.web.dashboard.onboarding.company import OwnCompanyForm
from portal.web.dashboard.onboarding.steps_page import (
    MISSING_LABELS,
    TEMPLATES,
    TITLES,
    AskedQuestion,
    CodeForm,
    PaperForm,
    QuestionForm,
    RightsCheck,
)
from portal.web.signin.sign_up import AccountForm, SignUpForm

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
PACKAGES = [Thing(name="İLETİ 5", records=5000, price=290), Thing(name="İLETİ 250", records=250_000, price=1990)]
FACTS = {
    "clear": False, "title": "Başka A.Ş.", "title_agrees": False, "brands": {"731845": ["MESAJ"]},
    "elsewhere": [731845], "trouble": None, "not_now": False,
}  # fmt: skip


def firm(**other) -> Thing:
    mine = {
        "kind": ProviderKind.PARTNER, "in_sandbox_mode": True, "pending_iys_code": 731845, "representative": "Nil Yeni",
        "asked_at": AT, "admitted_at": AT, "title": "Yeni A.Ş.", "number": "0454053692000015",
        "legal_form": LegalForm.COMPANY, "contact": "0850 765 43 21", "notice_url": "https://www.example.com/",
    }  # fmt: skip
    return Thing(**mine | other)


def start(*states: StepState, provider: Thing | None = None, **other) -> dict:
    lacks = {2: (Missing.CODE, Missing.PACKAGE), 3: (Missing.REPRESENTATIVE, Missing.SIGNATURE)}
    steps = [
        (Step(number, state, lacks.get(number, ()) if state != "done" else ()), TITLES[number], TEMPLATES[number])
        for number, state in enumerate(states, 1)
    ]
    asked = [AskedQuestion("Kim imzalar?", AT, "Yetkili.", AT), AskedQuestion("Ne zaman?", AT, None, None)]
    return {
        "may": lambda power: True, "Permission": Permission, "provider": provider or firm(),
        "kinds": ProviderKind, "steps": steps, "lacking": MISSING_LABELS, "sent_back": None, "is_told": True,
        "next_step": next((step for step, *_ in steps if step.state in ("now", "waits")), None),
        "code_form": CodeForm(formdata=None), "paper_form": PaperForm(formdata=None), "papers": {},
        "paper_kinds": list(PaperKind), "has_partner": True, "looked": None,
        "questions_asked": {number: asked if number == 3 else [] for number in TITLES},
        "question_forms": {number: QuestionForm(formdata=None, prefix=f"step{number}") for number in TITLES},
    } | other  # fmt: skip


def _tried() -> dict:
    code_form, paper_form, question = CodeForm(), PaperForm(), QuestionForm(prefix="step1")
    for form in (code_form, paper_form, question):
        form.validate()
    page = start(
        "done", "now", "later", "done", "later", code_form=code_form, paper_form=paper_form,
        looked=RightsCheck(AT, FACTS), sent_back=Thing(note="İmza eksik.\nYeniden yükleyin."),
        papers={PaperKind.SIGNATURE: Thing(uploaded_at=AT, size=1)},
    )  # fmt: skip
    page["question_forms"][1] = question
    return page


def _clear() -> dict:
    facts = FACTS | {"clear": True, "title_agrees": True, "elsewhere": [], "brands": {"731845": ["MESAJ", "ARAMA"]}}
    return start("done", "done", "now", "done", "later", looked=RightsCheck(AT, facts), has_partner=False)


def _answered_with(form, **data) -> dict:
    form.validate()
    return {"form": form, **data}


OF_START = {
    ("public/front.html", ""): lambda: {"packages": PACKAGES},
    ("public/front.html", "without packages"): lambda: {"packages": []},
    ("public/price_list.html", ""): lambda: {"packages": PACKAGES},
    ("signin/sign_up.html", ""): lambda: {"form": SignUpForm(formdata=None)},
    ("signin/sign_up.html", "tried"): lambda: _answered_with(SignUpForm()),
    ("signin/sign_up_sent.html", ""): dict,
    ("signin/sign_up_over.html", ""): dict,
    ("signin/open_account.html", ""): lambda: {"form": AccountForm(formdata=None), "email": "nil@example.com"},
    ("signin/open_account.html", "tried"): lambda: _answered_with(AccountForm(), email="nil@example.com"),
    ("dashboard/onboarding/steps.html", "at first"): lambda: start("now", "later", "later", "done", "later"),
    ("dashboard/onboarding/steps.html", "tried"): _tried,
    ("dashboard/onboarding/steps.html", "rights are clear"): _clear,
    ("dashboard/onboarding/steps.html", "waits"): lambda: start("done", "done", "done", "done", "waits"),
    ("dashboard/onboarding/steps.html", "may ask"): lambda: start("done", "done", "done", "done", "now"),
    ("dashboard/onboarding/steps.html", "admitted"): lambda: start(*["done"] * 5, provider=firm(in_sandbox_mode=False)),
    ("dashboard/onboarding/steps.html", "not connected yet"): lambda: start(
        *["done"] * 5, provider=firm(in_sandbox_mode=False), is_told=False
    ),
    ("dashboard/onboarding/steps.html", "exempt"): lambda: start(
        "done", "now", "later", "done", "later", provider=firm(kind=ProviderKind.EXEMPT)
    ),
    ("dashboard/onboarding/steps.html", "direct"): lambda: start(
        "done", "done", "now", "done", "later", provider=firm(kind=ProviderKind.DIRECT)
    ),
    ("dashboard/onboarding/company.html", ""): lambda: {"form": OwnCompanyForm(formdata=None), "provider": firm()},
    ("dashboard/onboarding/company.html", "admitted"): lambda: {
        "form": _settled(OwnCompanyForm(formdata=None)), "provider": firm(in_sandbox_mode=False)
    },
}  # fmt: skip


def _settled(form: OwnCompanyForm) -> OwnCompanyForm:
    for name in ("legal_form", "title", "number", "kind"):
        delattr(form, name)
    return form
