"""The pages of files that the operator brings for a provider, with things to show, on both sides."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace as Thing

from portal.core.models import BatchState
from portal.domain.consents.bulk_import import Effect
from portal.domain.identity.permissions import Permission
from portal.services.imports import provider_questions
from portal.services.imports.batches import Progress
from portal.services.imports.layout import Field, Layout
from portal.services.imports.outline import Outline, Sheet
from portal.services.imports.reading.file_problems import FileProblem
from portal.services.imports.row_results import RowProblem
from portal.web.dashboard.imports.delegation import Given, LeaveForm
from portal.web.dashboard.imports.provider_answers import AnswerForm
from portal.web.operator.import_page import WORDS, AskForm
from portal.web.operator.imports import FileForm
from portal.web.shared.column_layout_form import form_of
from portal.web.shared.column_layout_page import LayoutPage
from portal.web.shared.row_result_labels import all_told

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
DAY = date(2026, 12, 24)
FIRST = {"first_day": "2026-11-24", "last_day": "2027-11-24"}
BRANDS = [Thing(id=1, name="Örnek Mağaza")]
HEADER = ("Telefon", "Ad Soyad", "Durum")
LEAVE = Thing(id=1, given_at=AT, ends_on=DAY, withdrawn_at=None)
TALLY = {Effect.GRANT: 3, RowProblem.SOURCE_MISSING: 40}


def batch(**other) -> Thing:
    facts = {
        "id": 1, "state": BatchState.DRY_RUN, "lines": 43, "created_at": AT, "asked": None, "asked_at": None,
        "answered_at": None, "on_behalf": True,
    }  # fmt: skip
    return Thing(**(facts | other))


ASKED = {"asked": list(provider_questions.ASKABLE), "asked_at": AT}


def wrong(form):
    """The same form after it came back empty."""
    form.validate()
    return form


def leave(**other) -> dict:
    taken_back = Thing(**(vars(LEAVE) | {"withdrawn_at": AT}))
    return {
        "form": LeaveForm(formdata=None), "standing": LEAVE,
        "given": [Given(LEAVE, "Ayşe", ""), Given(taken_back, "Ayşe", "Burak")],
        "brought": [(batch(), "Örnek Mağaza", "Deniz"), (batch(**ASKED), "Örnek Mağaza", None)], **FIRST,
    } | other  # fmt: skip


def answer(**other) -> dict:
    return {
        "batch": batch(**ASKED),
        "form": AnswerForm(formdata=None, asked=list(provider_questions.ASKABLE)),
        "file": "izinler.xlsx",
        "brand": "Örnek Mağaza",
        "by": "Deniz",
        "first_day": "2015-05-01",
        "today": "2026-11-24",
    } | other


def console(**other) -> dict:
    provider = Thing(id=1, title="Örnek Mağazacılık A.Ş.", suspended_at=None)
    return {"provider": provider, "may": lambda _power: True, "Permission": Permission} | other


def imports(**other) -> dict:
    rows = [batch(), batch(**ASKED), batch(**ASKED, answered_at=AT), batch(state=BatchState.DONE)]
    return (
        console(
            form=FileForm(formdata=None, brands=BRANDS),
            problem=None,
            leave=LEAVE,
            may_bring=True,
            waits=provider_questions.awaits_answer,
            brought=[(each, "Örnek Mağaza", "Deniz") for each in rows],
        )
        | other
    )


def layout_page() -> LayoutPage:
    sheet = Sheet("Sayfa1", 44, 3, 1, HEADER, 0, 1)
    form = form_of(
        Outline("xlsx", None, None, (sheet,)), Layout(columns={Field.PHONE: 0}), {"status": {"beklemede": 4}},
        posted=False, asks_facts=False,
    )  # fmt: skip
    return LayoutPage(form, sheet, [(1, list(HEADER)), (2, ["+90 5•• ••• •• 67", "A••• I•••", "ONAY"])])


def one(**other) -> dict:
    good, problems = all_told(TALLY)
    return console(
        batch=batch(), name="izinler.xlsx", brand_name="Örnek Mağaza", problem=None, is_working=False, progress=None,
        page=layout_page(), good=good, problems=problems, total=43, waits=False, asked=[], may_begin=False,
        ask=AskForm(formdata=None, what=["source"]), may_drop=True,
    ) | other  # fmt: skip


def _nothing_yet(state: BatchState, **other) -> dict:
    nothing = {"page": None, "good": [], "problems": [], "ask": None, "total": 0}
    return one(**nothing, batch=batch(state=state)) | other


OF_BEHALF: dict[tuple[str, str], Callable[[], dict]] = {
    ("dashboard/imports/delegation.html", ""): leave,
    ("dashboard/imports/delegation.html", "at first"): lambda: leave(standing=None, given=[], brought=[]),
    ("dashboard/imports/delegation.html", "wrong"): lambda: leave(standing=None, form=wrong(LeaveForm(formdata=None))),
    ("dashboard/imports/provider_answers.html", ""): answer,
    ("dashboard/imports/provider_answers.html", "wrong"): lambda: answer(
        form=wrong(AnswerForm(formdata=None, asked=list(provider_questions.ASKABLE)))
    ),
    ("dashboard/imports/provider_answers.html", "one question"): lambda: answer(
        form=AnswerForm(formdata=None, asked=["date"])
    ),
    ("operator/imports.html", ""): imports,
    ("operator/imports.html", "wrong"): lambda: imports(form=wrong(FileForm(formdata=None, brands=BRANDS))),
    ("operator/imports.html", "unreadable"): lambda: imports(problem=FileProblem.PDF),
    ("operator/imports.html", "without leave"): lambda: imports(leave=None, may_bring=False, brought=[]),
    ("operator/imports.html", "suspended"): lambda: imports(
        may_bring=False, provider=Thing(id=1, title="Örnek Mağazacılık A.Ş.", suspended_at=AT)
    ),
    ("operator/import.html", ""): one,
    ("operator/import.html", "complete"): lambda: one(may_begin=True, batch=batch(**ASKED, answered_at=AT)),
    ("operator/import.html", "asked"): lambda: one(
        batch=batch(**ASKED), waits=True, asked=[*WORDS.values()], ask=None, page=None
    ),
    ("operator/import.html", "working"): lambda: _nothing_yet(
        BatchState.MAPPED, is_working=True, progress=Progress(1, 43, None, None)
    ),
    ("operator/import.html", "unreadable"): lambda: _nothing_yet(BatchState.UNREADABLE, problem=FileProblem.EMPTY),
}
