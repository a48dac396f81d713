"""Complaints (“I still get messages”): a case is opened from a receipt and has a page of its own."""

from collections.abc import Callable
from functools import partial

from flask import Response, abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import Complaint, Receipt, Recipient
from portal.domain import complaints
from portal.domain.complaints import ReceiptBrand, screenshots
from portal.domain.consents import recipients
from portal.domain.receipts.contents import ReceiptContents
from portal.web.recipient import page_content, receipts
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.complaint_forms import ComplaintForm, WordForm
from portal.web.recipient.complaint_page import (
    caution,
    is_proved,
    proves_holder,
    render_case,
    summary_lines,
    takes_message,
)
from portal.web.recipient.complaint_refusals import (
    Refusal,
    refuse_by_receipt,
    refuse_channel,
    refuse_channel_if_asked,
    refuse_if_asked,
    refuse_in_case,
    refuse_or_hold,
    refuse_or_hold_by_report,
)
from portal.web.recipient.foreign_host import check_host
from portal.web.shared import error_pages, limits
from portal.web.shared.downloads import attachment

FORM_BYTES = 1024 * 1024  # Bytes around a picture.
TOO_MANY = {complaints.TooManyOpen: "open", complaints.TooManyToday: "today"}


@blueprint.get("/m/<code>/sikayet", endpoint="complain")
def show_complain(code: str) -> str:
    """Show the form. Opening it opens no case."""
    act = receipts.find_act(code)
    return _form_page(code, act, _complaint_form(act, formdata=None))


@blueprint.post("/m/<code>/sikayet", endpoint="open_case")
def open_case(code: str) -> ResponseReturnValue:
    """Open a case and redirect to its page."""
    act = receipts.find_act(code)
    request.max_content_length = screenshots.LARGEST + FORM_BYTES  # Only after the code was found.
    try:
        form = _complaint_form(act)
    except RequestEntityTooLarge:
        error_pages.discard_body(request.environ["wsgi.input"])
        return _form_page(code, act, _complaint_form(act, formdata=None), too_many="bytes"), 413
    if limits.wait_for(limits.COMPLAINTS, "complaints", str(act.receipt_ids[0])):
        return _say_not_opened(code, act, form, too_many="hour")
    if not form.validate():
        return _say_not_opened(code, act, form)
    sender = _sender(code, form)
    at, report = (
        clock.now(),
        complaints.MessageReport(form.header.data, form.chosen_channel, form.came_at, form.text.data or "", form.png),
    )
    try:
        case = complaints.open_case(
            db.session, vault(), sender, report, language=get_locale().language, at=at,
            is_proved=proves_holder(sender.recipient, complaints.held_at(db.session, sender.receipt)),
        )  # fmt: skip
    except (complaints.TooManyOpen, complaints.TooManyToday) as too_many:
        db.session.rollback()
        return _say_not_opened(code, act, form, too_many=TOO_MANY[type(too_many)])
    is_new = case.created_at == at  # Else its words were told before, and may have been read.
    refusal = refuse_or_hold_by_report(form, partial(refuse_in_case, case), [case] if is_new else [])
    return _commit_and_answer(case, complaints.case_code(current_app.config["LINK_SALT"], case), refusal)


@blueprint.get("/s/<code>", endpoint="complaint")
def show_complaint(code: str) -> str:
    """Show a case: its finding, due date and steps; to who has proved its address also what was written, and that is
    noted."""
    case = _find_case(code)
    if case.proved_at is None and is_proved(case):
        complaints.record_proof(db.session.get_one(Complaint, case.id), clock.now())
        db.session.commit()
    return render_case(case, code, WordForm(case=case, formdata=None))


@blueprint.get("/s/<code>/ozet.txt", endpoint="complaint_summary")
def download_summary(code: str) -> Response:
    """Download the summary for the Ministry's form as plain text."""
    case = _find_case(code)
    if not is_proved(case):
        return make_response(_redirect_to_case(code))
    summary = summary_lines(case, complaints.compare_for_person(read_session(), case))
    if not summary:
        abort(404)
    lines = [f"{name}: {value}" for name, value in summary]
    text = "\r\n".join(filter(None, [_("Ticari ileti şikâyeti için özet"), caution(case), *lines])) + "\r\n"
    return attachment(text, "text/plain", "izinlink-sikayet-ozeti.txt")


@blueprint.post("/s/<code>/ekle", endpoint="complaint_word")
def add_word(code: str) -> ResponseReturnValue:
    case = _find_proved_case(code)
    form = WordForm(case=case)
    return _add_word(case, code, form) if form.validate() else _say_not_taken(case, code, form)


@blueprint.post("/s/<code>/yeniden-ac", endpoint="complaint_reopening")
def reopen(code: str) -> ResponseReturnValue:
    """Reopen a case that its answer did not solve."""
    case = _find_proved_case(code)
    form = WordForm(case=case)
    if not form.validate():
        return _say_not_taken(case, code, form)
    try:
        complaints.reopen_case(db.session, vault(), case, form.text.data, user_id=None, at=clock.now())
    except complaints.AlreadyOpen:
        db.session.rollback()
        steps = complaints.list_steps(db.session, vault(), [case.id])
        if form.text.data not in [step.text for step in steps if step.is_persons]:
            return _add_word(case, code, form)  # Staff reopened it meanwhile.
        refusal = refuse_if_asked(case, form)
    except complaints.TooLate as refused:
        return _say_not_taken(case, code, form, refused)
    else:
        refusal = refuse_or_hold(case, form)
    return _commit_and_answer(case, code, refusal)


@blueprint.post("/s/<code>/ret", endpoint="complaint_refusal")
def refuse(code: str) -> ResponseReturnValue:
    """Refuse the channel on which the message came, where it was not refused. Idempotent."""
    case = _find_case(code, refuse_channel)
    return _commit_and_answer(case, code, refuse_channel(case) if case.channel else Refusal.NOT_ASKED)


def _add_word(case: Complaint, code: str, form: WordForm) -> ResponseReturnValue:
    try:
        complaints.add_message(db.session, vault(), case, form.text.data, clock.now())
    except (complaints.AlreadyClosed, complaints.TooManyMessages) as refused:
        return _say_not_taken(case, code, form, refused)
    return _commit_and_answer(case, code, refuse_or_hold(case, form))


def _say_not_taken(case: Complaint, code: str, form: WordForm, why: Exception | None = None) -> ResponseReturnValue:
    """Say why words are not taken; a refusal that was posted with them is, and they hold as others do."""
    db.session.rollback()
    refusal = refuse_or_hold(case, form)
    db.session.commit()
    read_session().rollback()  # The page shows what was just written.
    problem = type(why).__name__ if why else None
    return render_case(case, code, form, problem=problem, refusal=refusal), 409 if why else 422


def _say_not_opened(
    code: str, act: ReceiptContents, form: ComplaintForm, *, too_many: str | None = None
) -> ResponseReturnValue:  # fmt: skip
    """Show the form again. Its refusal counts, whatever limit is reached and whatever else is wrong, and its words hold
    by its firm's newest case of theirs, or each firm's where none is chosen."""
    newest = complaints.find_newest_cases(db.session, act.receipt_ids)
    if form.is_brand_known:
        firm = _sender(code, form).brand.provider_id
        newest = {firm: newest[firm]} if firm in newest else {}
    refusal = refuse_or_hold_by_report(
        form, lambda channels: refuse_by_receipt(_sender(code, form), channels), newest.values()
    )
    db.session.commit()
    read_session().rollback()  # The page shows what was just written.
    return _form_page(code, act, form, too_many=too_many, refusal=refusal), 429 if too_many else 422


def _sender(code: str, form: ComplaintForm) -> ReceiptBrand:
    receipt = receipts.find_receipt(db.session, code)
    assert receipt  # Its act was found.
    found = complaints.list_receipt_brands(db.session, receipt)
    return next(each for each in found if each.brand.id == form.brand_id)


def _complaint_form(act: ReceiptContents, **options) -> ComplaintForm:
    senders = {part.brand_id: part.brand_name for part in act.parts}
    channels = recipients.read_address(vault(), _recipient(act)).all_channels
    return ComplaintForm(senders=list(senders.items()), channels=channels, **options)


def _recipient(act: ReceiptContents) -> Recipient:
    """The recipient at the act's first provider: all have the same address."""
    receipt = read_session().get_one(Receipt, act.receipt_ids[0])
    return read_session().get_one(Recipient, receipt.recipient_id)


def _form_page(
    code: str, act: ReceiptContents, form: ComplaintForm, *, too_many: str | None = None,
    refusal: Refusal = Refusal.NOT_ASKED,
) -> str:  # fmt: skip
    recipient, receipt = _recipient(act), read_session().get_one(Receipt, act.receipt_ids[0])
    held_at = complaints.held_at(read_session(), receipt)
    return render_template(
        "recipient/complaint_form.html",
        form=form,
        act=act,
        code=code,
        language_args=page_content.language_args(),
        is_sandbox=act.is_sandbox,
        takes_message=takes_message(recipient, held_at),
        is_proved=proves_holder(recipient, held_at),
        today=clock.day(clock.now()).isoformat(),
        cases=[] if receipts.act_may_be_anothers(act) else complaints.list_cases(read_session(), act.receipt_ids),
        too_many=too_many,
        refusal=refusal,
    )


def _find_case(code: str, refuse_posted: Callable[[Complaint], Refusal] | None = None) -> Complaint:
    """The case with this code; a brand's own host shows cases about that brand only. Its pages are in its person's
    language, unless the URL asks for another. Where the address changed hands since, they show nothing, but refuse what
    was posted, and say whether they did."""
    case = complaints.find_case(read_session(), current_app.config["LINK_SALT"], code)
    if case is None:
        limits.count_bad_code()
        abort(404)
    check_host([case.provider_id])
    g.language = case.language
    recipient = read_session().get_one(Recipient, case.recipient_id)
    if recipient.changed_hands_after(case.created_at):
        refusal = refuse_posted(case) if refuse_posted else Refusal.NOT_ASKED
        db.session.commit()
        page = render_template("recipient/complaint_over.html", is_posted=refuse_posted, refusal=refusal)
        abort(make_response(page, 410))
    return case


def _find_proved_case(code: str) -> Complaint:
    """The case with this code, for who has proved its address; everybody else gets its page, where they can. A refusal
    that they posted counts as `refuse` does."""
    case = _find_case(code, refuse_channel_if_asked)
    if is_proved(case):
        return case
    refusal = refuse_channel_if_asked(case) if case.channel else Refusal.NOT_ASKED
    db.session.commit()
    read_session().rollback()  # The page shows what was just written.
    form = WordForm(case=case, formdata=None)
    page = render_case(case, code, form, problem="NotProved", refusal=refusal)
    abort(make_response(page, 403))


def _commit_and_answer(case: Complaint, code: str, refusal: Refusal) -> ResponseReturnValue:
    """Lead to the page of a case; where a refusal was asked for and not recorded, it says so at once."""
    db.session.commit()
    if refusal != Refusal.NOT_RECORDED:
        return _redirect_to_case(code)
    read_session().rollback()  # The page shows what was just written.
    return render_case(case, code, WordForm(case=case, formdata=None), refusal=refusal), 409


def _redirect_to_case(code: str) -> ResponseReturnValue:
    return redirect(url_for(".complaint", code=code, **page_content.language_args()), 303)
