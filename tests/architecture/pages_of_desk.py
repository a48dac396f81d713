"""The pages of complaints, of the person's and of the desk's, with things to show."""

from datetime import UTC, date, datetime
from types import SimpleNamespace as Thing

from portal.core.addresses import Address, AddressKind
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    Closing,
    ComplaintKind,
    DecisionOrigin,
    Finding,
    MessageKind,
    MessageState,
    Outcome,
    ReceivedVia,
    StepAct,
)
from portal.domain.complaints import Compared, Pressure, Said, Shown
from portal.domain.consents.deadlines import Urgency
from portal.web.dashboard.forms import SearchForm
from portal.web.desk.forms import AnswerForm, CloseForm, DueForm, NoteForm, ReopenForm
from portal.web.desk.link_openings import Opened
from portal.web.desk.queue import SHOWS, Show
from portal.web.desk.timeline import Event, Events, Given, Told, What
from portal.web.recipient.complaint_forms import ComplaintForm, WordForm
from portal.web.shared.pagination import Page
from shortlinks import VisitKind
from tests.architecture.pages_of_brands import acts_on_a_recipient

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
ADDRESS = "+90 5•• ••• •• 67"
PROBLEM = Thing(sentence="Numara eksik.", cure="Başında 0 ile yazın.")
CHANNELS = Address(AddressKind.PHONE, "+905321234567", is_mobile=True).channels
COMPARED = Compared(Finding.AFTER_REFUSAL, 1, AT, AT)


def _row(**other) -> Thing:
    row = {
        "id": 1, "kind": ComplaintKind.STILL_RECEIVING, "channel": Channel.SMS, "came_at": AT, "due_at": AT,
        "closing": None, "closed_at": None, "created_at": AT, "language": "tr", "finding": Finding.WITHIN_TERM,
    }  # fmt: skip
    return Thing(**(row | other))


def _steps() -> list[Shown]:
    return [
        Shown(1, AT, act, is_persons, None if is_persons else "Ayşe", "Söz")
        for act in StepAct
        for is_persons in (True, False)
    ]


def _wrong(form):
    form.validate()
    return form


def _complain(wrong: bool = False, **other) -> dict:
    form = ComplaintForm(formdata=None, senders=[(1, "Örnek Mağaza"), (2, "Örnek Ev")], channels=CHANNELS)
    return {
        "form": _wrong(form) if wrong else form, "act": Thing(address=ADDRESS), "code": "code", "spoken": {},
        "today": "2026-11-24", "is_practice": True, "gets_message": True, "too_many": None,
        "cases": [(_row(), "/s/a"), (_row(closed_at=AT), "/s/b")],
    } | other  # fmt: skip


def _complaint(wrong: bool = False, problem: str | None = None, **other) -> dict:
    page = {
        "case": _row(), "code": "code", "spoken": {}, "is_closed": False, "is_erasure": False,
        "sender": "Örnek Mağaza", "said": Said("ORNEKMGZ", "İndirim!", True), "compared": COMPARED,
        "complain_until": date(2027, 2, 24), "may_refuse": True, "may_reopen": False, "reopen_until": None,
        "steps": _steps(), "summary": [("Gönderen firma", "Örnek Mağazacılık A.Ş."), ("Kanal", "SMS")],
        "receipt_url": "/m/code", "colour_url": None, "gets_message": True,
    }  # fmt: skip
    form = WordForm(formdata=None)
    return {"page": Thing(**(page | other)), "form": _wrong(form) if wrong else form, "problem": problem}


def _closed(**other) -> dict:
    case = _row(closing=Closing.STOPPED, closed_at=AT)
    return _complaint(case=case, is_closed=True, may_reopen=True, reopen_until=AT, **other)


def _queue(**other) -> dict:
    rows = [
        Thing(
            id=number, address=ADDRESS, kind=kind, finding=finding, brand_name=None, created_at=AT, due_at=AT,
            pressure=pressure, closing=closing,
        )
        for number, (kind, finding, pressure, closing) in enumerate([
            (ComplaintKind.STILL_RECEIVING, Finding.AFTER_REFUSAL, Pressure.OVERDUE, None),
            (ComplaintKind.ERASURE, None, Pressure.SOON, None),
            (ComplaintKind.STILL_RECEIVING, Finding.NO_REFUSAL, Pressure.NONE, Closing.OTHER),
        ])
    ]  # fmt: skip
    return {
        "page": Page(rows, 2, has_more=True), "waiting": Thing(open=2, overdue=1), "show": Show.OPEN, "shows": SHOWS,
        "kind": None, "kinds": list(ComplaintKind),
    } | other  # fmt: skip


def _events() -> Events:
    decision = Thing(
        decided_at=AT, brand_name="Örnek Mağaza", channel=Channel.SMS, status=Status.REFUSED, source="HS_WEB",
        origin=DecisionOrigin.LINK, outcome=Outcome.ACCEPTED, transaction_id="ab" * 32, accepted_at=AT, code=None,
        urgency=Urgency.OK, is_closed=False, is_practice=True, consent_date=AT,
    )  # fmt: skip
    message = Thing(kind=MessageKind.CONFIRMATION, state=MessageState.ACCEPTED, created_at=AT)
    receipt = Thing(origin=DecisionOrigin.LINK, language="tr")
    chosen = [(Channel.SMS, Status.REFUSED), (Channel.CALL, Status.GRANTED)]
    movement = Thing(
        status=Status.REFUSED, source="IYS_WEB", received_via=ReceivedVia.PULL, received_at=AT, transaction_id="ab"
    )
    of = [
        (What.MESSAGE, (message, "Kasım")),
        (What.MESSAGE, (Thing(**vars(message) | {"state": MessageState.FAILED}), None)),
        *((What.OPENING, Opened(AT, kind, is_human, "203.0.113.0/24", "Kasım"))
          for kind in VisitKind for is_human in (True, False)),
        (What.RECEIPT, Given(receipt, "0000-0000-0000-0000", chosen, Thing(version=1))),
        (What.RECEIPT, Given(receipt, "0000-0000-0000-0000", chosen[:1], None)),
        (What.DECISION, decision),
        (What.UNDONE, (Thing(at=AT), decision)),
        *((What.TOLD, Told(decision, Thing(http_status=status, code=code), is_question, PROBLEM.sentence, "ab"))
          for status, code in ((200, None), (0, None), (400, "H120")) for is_question in (True, False)),
        (What.HEARD, (movement, Thing(channel=Channel.SMS))),
        (What.DISOWNED, Thing()),
        *((What.STEP, step) for step in _steps()),
    ]  # fmt: skip
    return Events([Event(AT, what, each) for what, each in of], 2, has_more=True)


def _head() -> Thing:
    return Thing(
        brand_name="Örnek Mağaza", channel=Channel.SMS, recipient_type=RecipientType.INDIVIDUAL,
        status=Status.REFUSED, effective_at=AT, iys_status="RET", iys_as_of=AT, may_send=False, is_practice=True,
    )  # fmt: skip


def _case(wrong=None, row=None, **other) -> dict:
    row = row or _row()
    case = {
        "id": 1, "row": row, "is_erasure": row.kind == ComplaintKind.ERASURE, "is_closed": row.closed_at is not None,
        "address": ADDRESS, "recipient_id": 1, "brand_name": "Örnek Mağaza", "receipt_number": "0000-0000-0000-0000",
        "said": Said("ORNEKMGZ", "İndirim!", True), "compared": COMPARED, "pressure": Pressure.OVERDUE,
    }  # fmt: skip
    forms = {
        "answer": AnswerForm(formdata=None), "note": NoteForm(formdata=None), "due": DueForm(formdata=None),
        "reopen": ReopenForm(formdata=None), "close": CloseForm(formdata=None, case=row),
        "refusal": acts_on_a_recipient()["refusal_form"],
    }  # fmt: skip
    if wrong:
        _wrong(forms[wrong])
    return {
        "case": Thing(**(case | other)), "forms": forms, "wrong": forms.get(wrong), "heads": [_head()],
        "events": _events(), "steps": _steps(), "today": "2026-11-24",
    }  # fmt: skip


def _bare_case() -> dict:
    """A request for erasure of somebody of whom little is known."""
    row = _row(kind=ComplaintKind.ERASURE, channel=None, came_at=None, language="en")
    page = _case(row=row, brand_name=None, receipt_number=None, said=Said("", "", False), compared=None)
    return page | {"heads": [], "events": Events([], 1, has_more=False)}


def _person(**other) -> dict:
    return {
        "recipient_id": 1, "address": ADDRESS,
        "cases": [(_row(), Pressure.SOON), (_row(closing=Closing.OTHER, closed_at=AT), Pressure.NONE)],
        "heads": [_head()], "events": _events(),
    } | other  # fmt: skip


OF_DESK = {
    ("recipient/complaint_form.html", ""): _complain,
    ("recipient/complaint_form.html", "wrong"): lambda: _complain(wrong=True),
    ("recipient/complaint_form.html", "too many"): lambda: _complain(too_many="open", cases=[]),
    ("recipient/complaint.html", ""): _complaint,
    ("recipient/complaint.html", "wrong"): lambda: _complaint(wrong=True),
    **{
        ("recipient/complaint.html", finding): lambda finding=finding: _complaint(compared=Compared(finding, 1, AT, AT))
        for finding in Finding
    },
    **{
        ("recipient/complaint.html", problem): lambda problem=problem: _complaint(problem=problem)
        for problem in ("TooManyWords", "AlreadyClosed", "TooLate")
    },
    ("recipient/complaint.html", "closed"): _closed,
    ("recipient/complaint.html", "erasure"): lambda: _complaint(
        case=_row(kind=ComplaintKind.ERASURE), is_erasure=True, compared=None, summary=[], may_refuse=False,
        receipt_url=None,
    ),
    ("desk/queue.html", ""): _queue,
    ("desk/queue.html", "at first"): lambda: _queue(page=Page([], 1, has_more=False)),
    ("desk/queue.html", "nothing"): lambda: _queue(page=Page([], 1, has_more=False), show=Show.CLOSED),
    ("desk/search.html", "problem"): lambda: {"form": SearchForm(), "problem": PROBLEM, "not_found": False},
    ("desk/search.html", "not found"): lambda: {"form": SearchForm(), "problem": None, "not_found": True},
    ("desk/person.html", ""): _person,
    ("desk/person.html", "at first"): lambda: _person(cases=[], heads=[], events=Events([], 1, has_more=False)),
    ("desk/case.html", ""): _case,
    ("desk/case.html", "closed"): lambda: _case(row=_row(closing=Closing.STOPPED, closed_at=AT)),
    ("desk/case.html", "erasure"): _bare_case,
    ("desk/case.html", "never consented"): lambda: _case(compared=Compared(Finding.WITHIN_TERM, 1, AT, AT)),
    **{
        ("desk/case.html", f"wrong {name}"): lambda name=name: _case(wrong=name)
        for name in ("answer", "note", "due", "close")
    },
}  # fmt: skip
