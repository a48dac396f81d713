"""The pages of the operator's console, with things to show."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace as Thing

from portal.core.business_days.holiday_calendar import CalendarDay
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    CredentialKind,
    DayKind,
    DecisionOrigin,
    LegalForm,
    OperatorRole,
    OrderKind,
    Outcome,
    PaperKind,
    ProviderKind,
    ReviewAct,
    Role,
)
from portal.domain.consents.deadlines import Urgency
from portal.domain.consents.history import Told
from portal.domain.identity.permissions import Permission
from portal.services.iys.account_report import BrandFound, Findings, BrandOwner
from portal.services.iys.call_problems import CallProblem, explain_problem
from portal.web.operator import forms, inquiries
from portal.web.operator.health_checks import HealthCheck
from portal.web.operator.provider_page import MISSING_LABELS
from portal.web.operator.providers import STAGE_LABELS, ProviderStage, stage_of
from portal.web.operator.staff import OTHER_ROLE
from portal.web.shared.audit_view import AuditFilter, EntryView
from portal.web.shared.pagination import Page

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
DAY = date(2026, 11, 26)
SUPPORT = Thing(id=2, name="Deniz", operator_role=OperatorRole.SUPPORT)


def may(**other) -> dict:
    """What an admin of the operator may do: all."""
    return {"may": lambda _power: True, "Permission": Permission} | other


def provider(**other) -> Thing:
    facts = {
        "id": 1, "title": "Örnek Mağazacılık A.Ş.", "kind": ProviderKind.PARTNER, "legal_form": LegalForm.COMPANY,
        "mersis": "0123456789012345", "tax_number": "1234567890", "iys_code": 990000001, "pending_iys_code": 700001,
        "representative": "Ayşe Yılmaz", "contact": "0850 123 45 67", "notice_url": "https://www.example.com/kvkk",
        "created_at": AT, "asked_at": AT, "admitted_at": None, "suspended_at": None, "left_at": None,
        "in_sandbox_mode": True,
    }  # fmt: skip
    return Thing(**(facts | other))


ADMITTED = {"admitted_at": AT, "in_sandbox_mode": False, "iys_code": 700001}


def providers(**other) -> dict:
    rows = [provider(), provider(id=2, asked_at=None, pending_iys_code=None), provider(id=3, **ADMITTED)]
    rows.append(provider(id=4, **ADMITTED, suspended_at=AT))
    return {
        "page": Page(rows, 2, has_more=True), "counts": {each.value: 1 for each in ProviderStage}, "words": STAGE_LABELS,
        "show": None, "searched": "", "standing_of": stage_of,
    } | other  # fmt: skip


def found(**other) -> Findings:
    brand = BrandFound(700001, "Örnek Mağaza", True, BrandOwner.OURS, ("MESAJ",), "ÖRNEK MAĞAZACILIK A.Ş.")
    return Findings(**({"brands": (brand,), "title": brand.title, "title_agrees": True} | other))


def look(**other) -> dict:
    return {
        "title": "ÖRNEK MAĞAZACILIK A.Ş.", "title_agrees": True, "clear": True, "not_now": False, "trouble": None,
        "brands": {"700001": ["MESAJ"]}, "elsewhere": [],
    } | other  # fmt: skip


def one(shown: Thing, **other) -> dict:
    order = Thing(
        kind=OrderKind.FIRST, ordered_at=AT, price=1290, confirmed_at=AT, starts_on=DAY, ends_on=DAY, declined_at=None,
        note=None,
    )  # fmt: skip
    declined = Thing(**(vars(order) | {"confirmed_at": None, "declined_at": AT, "note": "Ödeme gelmedi."}))
    waits = Thing(**(vars(order) | {"confirmed_at": None}))
    package = Thing(name="İLETİ 150")
    review = Thing(made_at=AT, act=ReviewAct.SENT_BACK, note="İmza eksik.", called_on=DAY)
    return may(
        provider=shown, standing=stage_of(shown), words=STAGE_LABELS, missing=[*MISSING_LABELS.values()][:2],
        papers=[Thing(id=1, kind=PaperKind.SIGNATURE, size=12345, uploaded_at=AT)],
        reviews=[(review, "Derya")], orders=[(order, package), (declined, package), (waits, package)],
        usage=Thing(package=package, ends_on=DAY, used=1000, records=150_000, iys_count=900, runs_out_on=DAY),
        connection={"kind": CredentialKind.PARTNER, "tested_at": AT, "findings": found()},
        look=(AT, look()), support={"answers": [SUPPORT], "others": [SUPPORT]},
        members=[Thing(membership=Thing(id=1, role=Role.OWNER), user=SUPPORT, seen_at=AT)],
        explain_problem=explain_problem, channels=list(Channel), wrong="",
        form=forms.AdmissionForm(formdata=None), note_form=forms.NoteForm(formdata=None),
    ) | other  # fmt: skip


def _nothing_known() -> dict:
    usage = Thing(package=None, ends_on=None, used=0, records=None, iys_count=None, runs_out_on=None)
    nothing = {"papers": [], "reviews": [], "orders": [], "connection": None, "missing": [], "look": None}
    nothing |= {"support": {"answers": [], "others": []}, "members": []}
    return one(provider(), usage=usage, form=wrong(forms.AdmissionForm()), **nothing)


def _sent_back_without_words() -> dict:
    trouble = CallProblem("brands", 403, "H402")
    connection = {
        "kind": CredentialKind.DIRECT, "tested_at": None,
        "findings": found(title_agrees=False, brands=None, troubles=(trouble,)),
    }  # fmt: skip
    shown = provider(**ADMITTED)
    return one(shown, note_form=wrong(forms.NoteForm()), wrong="provider.suspended", connection=connection)


def wrong(form):
    """The same form after it came back empty."""
    form.validate()
    return form


def asked(answered: bool = False) -> inquiries.InquiryRow:
    answer = ("Belgeyi imzalayıp yükleyin.", AT) if answered else (None, None)
    return inquiries.InquiryRow(1, 1, "Örnek Mağazacılık A.Ş.", 3, AT, "Yetki belgesini\nkim imzalar?", *answer)


def questions(**other) -> dict:
    return {
        "page": Page([asked()], 1, has_more=True), "answered": False,
        "form": forms.AnswerForm(formdata=None), "wrong_id": None,
    } | other  # fmt: skip


def orders(**other) -> dict:
    order = Thing(id=1, provider_id=1, records=150_000, price=1290, kind=OrderKind.UPGRADE, ordered_at=AT)
    return {
        "orders": [(order, "Örnek Mağazacılık A.Ş.", "İLETİ 150", DAY)],
        "confirming": forms.ConfirmationForm(formdata=None), "declining": forms.DeclineForm(formdata=None),
        "wrong_id": None,
    } | other  # fmt: skip


def tariff(**other) -> dict:
    rows = [
        Thing(id=1, name="İLETİ 5", records=5000, price=290, withdrawn_at=None),
        Thing(id=2, name="İLETİ 25", records=25_000, price=490, withdrawn_at=AT),
    ]
    return {"packages": rows, "form": forms.PackageForm(formdata=None)} | other


def year(**other) -> dict:
    days = [
        CalendarDay(date(2026, 10, 29), DayKind.FULL, "Cumhuriyet Bayramı", is_ours=False),
        CalendarDay(DAY, DayKind.HALF, "Karar", True),
    ]
    return {
        "year": 2026, "days": days, "form": forms.HolidayForm(formdata=None), "version": "0.58", "has_before": True,
        "has_after": True,
    } | other  # fmt: skip


PROBLEM = Thing(sentence="Adres eksik.", cure="Tamamını yazın.")
HEAD = Thing(
    brand_name="Örnek Mağaza", channel=Channel.SMS, recipient_type=RecipientType.INDIVIDUAL, status=Status.GRANTED,
    effective_at=AT, iys_status="ONAY", iys_as_of=AT, may_send=True, is_practice=False,
)  # fmt: skip
TOLD = Told(
    AT,
    "Örnek Mağaza",
    False,
    Channel.SMS,
    Status.GRANTED,
    "HS_WEB",
    DecisionOrigin.LINK,
    Outcome.ACCEPTED,
    False,
    "abc",
    AT,
    None,
    None,
    None,
    None,
    Urgency.OK,
)


def assist(**other) -> dict:
    return {"provider": provider(), "form": forms.ReasonedSearchForm(formdata=None)} | other


def audit(**other) -> dict:
    entry = EntryView(AT, "Derya", "Hizmet sağlayıcı durduruldu", "Firma", 1, "", "Chrome (Windows), 192.0.2.•")
    return {
        "form": AuditFilter([SUPPORT]), "provider": None, "entries": [(entry, 1), (entry, None)],
        "titles": {1: "Örnek Mağazacılık A.Ş."}, "before": 1, "is_first": False, "chosen": {},
    } | other  # fmt: skip


def staff(**other) -> dict:
    admin = Thing(id=1, name="Derya", operator_role=OperatorRole.ADMIN)
    invitation = Thing(id=1, operator_role=OperatorRole.SUPPORT, expires_at=AT)
    return {
        "members": [(admin, "d•••@e•••.com"), (SUPPORT, "d•••@e•••.com")], "seen": {1: AT},
        "assigned": {2: [provider(), provider(id=3)]}, "invitations": [(invitation, "e•••@e•••.com")],
        "other_role": OTHER_ROLE, "me": 1, "form": forms.StaffForm(formdata=None),
    } | other  # fmt: skip


OF_CONSOLE: dict[tuple[str, str], Callable[[], dict]] = {
    ("operator/providers.html", ""): providers,
    ("operator/providers.html", "at first"): lambda: providers(page=Page([], 1, has_more=False)),
    ("operator/providers.html", "not found"): lambda: providers(
        page=Page([], 1, has_more=False), searched="Yok", show="waiting"
    ),
    ("operator/provider.html", "waits"): lambda: one(provider(), missing=[]),
    ("operator/provider.html", "at first"): _nothing_known,
    ("operator/provider.html", "wrong"): _sent_back_without_words,
    ("operator/provider.html", "taken code"): lambda: one(
        provider(), look=(AT, look(clear=False, title_agrees=False, elsewhere=[700001]))
    ),
    ("operator/provider.html", "no list"): lambda: one(provider(), look=(AT, look(clear=False, trouble="H402"))),
    ("operator/provider.html", "not now"): lambda: one(provider(), look=(AT, look(clear=False, not_now=True))),
    ("operator/provider.html", "direct"): lambda: one(provider(kind=ProviderKind.DIRECT)),
    ("operator/provider.html", "exempt"): lambda: one(provider(kind=ProviderKind.EXEMPT)),
    ("operator/provider.html", "admitted"): lambda: one(provider(**ADMITTED)),
    ("operator/provider.html", "left"): lambda: one(provider(**ADMITTED, suspended_at=AT, left_at=AT)),
    ("operator/provider.html", "suspended"): lambda: one(provider(**ADMITTED, suspended_at=AT)),
    ("operator/provider.html", "support"): lambda: one(provider(), may=lambda _power: False),
    ("operator/inquiries.html", ""): questions,
    ("operator/inquiries.html", "wrong"): lambda: questions(form=wrong(forms.AnswerForm()), wrong_id=1),
    ("operator/inquiries.html", "answered"): lambda: questions(
        page=Page([asked(answered=True)], 2, has_more=False), answered=True
    ),
    ("operator/inquiries.html", "nothing"): lambda: questions(page=Page([], 1, has_more=False)),
    ("operator/orders.html", ""): orders,
    ("operator/orders.html", "wrong"): lambda: orders(declining=wrong(forms.DeclineForm()), wrong_id=1),
    ("operator/orders.html", "nothing"): lambda: orders(orders=[]),
    ("operator/price_list.html", ""): tariff,
    ("operator/price_list.html", "at first"): lambda: tariff(packages=[], form=wrong(forms.PackageForm())),
    ("operator/package.html", ""): lambda: {"package": Thing(id=1, name="İLETİ 5"), "form": wrong(forms.PackageForm())},
    ("operator/holidays.html", ""): year,
    ("operator/holidays.html", "wrong"): lambda: year(form=wrong(forms.HolidayForm())),
    ("operator/recipient_search.html", ""): assist,
    ("operator/recipient_search.html", "problem"): lambda: assist(problem=PROBLEM),
    ("operator/recipient_search.html", "wrong"): lambda: assist(form=wrong(forms.ReasonedSearchForm())),
    ("operator/recipient_search.html", "not found"): lambda: assist(not_found=True),
    ("operator/recipient_search.html", "found"): lambda: assist(
        address="+90 5•• ••• •• 67", heads=[HEAD], decisions=[TOLD]
    ),
    ("operator/recipient_search.html", "nothing decided"): lambda: assist(
        address="+90 5•• ••• •• 67", heads=[], decisions=[]
    ),
    ("operator/audit_log.html", ""): audit,
    ("operator/audit_log.html", "of one"): lambda: audit(provider=provider()),
    ("operator/audit_log.html", "nothing"): lambda: audit(entries=[]),
    ("operator/health.html", ""): lambda: {
        "vitals": [HealthCheck("İYS", "Cevap vermiyor.", tone, "Bakın.") for tone in ("bad", "amber", "good")],
        "at": AT,
    },
    ("operator/staff.html", ""): staff,
    ("operator/staff.html", "at first"): lambda: staff(invitations=[], form=wrong(forms.StaffForm())),
}
