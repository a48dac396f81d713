"""Content of a complaint's page: how the message compares with the refusal, and the summary for the Ministry."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask import render_template, url_for
from flask_babel import format_datetime, gettext
from sqlalchemy import select

from portal.core import address_holders, clock, display_names
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Complaint, ComplaintKind, Finding, Provider, Receipt, Recipient, Submission
from portal.domain import complaints
from portal.domain.complaints import Comparison
from portal.domain.consents import recipients
from portal.domain.providers import sandbox_mode
from portal.domain.receipts import format_number
from portal.web.recipient import branding, page_content
from portal.web.recipient.complaint_forms import WordForm
from portal.web.recipient.complaint_refusals import Refusal
from portal.web.recipient.receipts import receipt_code
from portal.web.shared import absolute_urls, address_session, decision_status, form_tokens, hosts
from portal.web.shared.labels import label

MONTHS_TO_COMPLAIN = 3
MOMENT = "d MMMM yyyy HH:mm"


def render_case(
    case: Complaint, code: str, form: WordForm, *, problem: str | None = None, refusal: Refusal = Refusal.NOT_ASKED
) -> str:  # fmt: skip
    """The page of a case. Its code may be known to others than its person, such as the firm that sent the link."""
    session, at = read_session(), clock.now()
    provider = session.get_one(Provider, case.provider_id)
    brand = session.get_one(Brand, case.brand_id) if case.brand_id else None
    name, code_at_iys = _sender(provider, brand)
    is_trial = code_at_iys in sandbox_mode.CODES
    recipient = session.get_one(Recipient, case.recipient_id)
    compared, is_erasure = complaints.compare_for_person(session, case), case.kind == ComplaintKind.ERASURE
    reopen_until = case.closed_at + complaints.REOPEN_WITHIN if case.closed_at else None
    return render_template(
        "recipient/complaint.html",
        form=form,
        problem=problem,
        refusal=refusal,
        case=case,
        code=code,
        language_args=page_content.language_args(),
        is_erasure=is_erasure,
        sender=sandbox_mode.shown_name(name, code_at_iys),
        trial_name=display_names.trial_name(code_at_iys) if is_trial else None,
        compared=compared,
        complain_until=add_months(clock.day(case.came_at), MONTHS_TO_COMPLAIN) if case.came_at else None,
        may_reopen=reopen_until is not None and at <= reopen_until,
        reopen_until=reopen_until,
        break_links=display_names.break_links,
        takes_message=takes_message(recipient, complaints.held_at(session, case)),
        address=recipients.masked_address(vault(), recipient),
        token=form_tokens.asking_token(),
        main_url=absolute_urls.absolute_url("recipient.complaint", code=code) if hosts.is_short_host() else None,
        colour_url=branding.colour_url(brand.colour) if brand and not is_trial else None,
        **_refusable(case, recipient),
        **_words(case, compared, may_firm_speak=not is_trial and provider.suspended_at is None),
    )


def is_proved(case: Complaint) -> bool:
    """Whether this request comes from the person of a case, who has proved its address."""
    session = read_session()
    return proves_holder(session.get_one(Recipient, case.recipient_id), complaints.held_at(session, case))


def proves_holder(recipient: Recipient, held_at: datetime) -> bool:
    """Whether this request comes from who has proved an address, and had it at that moment already."""
    return address_session.proves(recipient) and not recipient.changed_hands_after(held_at)


def _refusable(case: Complaint, recipient: Recipient) -> dict[str, bool]:
    """Whether somebody else has the address by now, and whether the channel of the case is still to be refused there by
    the person themself: whose case that may be else is told only of refusals in it."""
    session = read_session()
    is_anothers = complaints.held_until(session, recipient, complaints.acted_at(session, case)) is not None
    if is_anothers or case.brand_id is None or case.channel is None:
        has_refused = True
    elif complaints.case_may_be_anothers(session, case):
        has_refused = complaints.was_refused_in(session, case)
    else:
        has_refused = complaints.has_refused(
            session, recipient_id=recipient.id, brand_id=case.brand_id, channel=case.channel,
            held_since=recipient.held_since,
        )  # fmt: skip
    return {"is_anothers": is_anothers, "may_refuse": not has_refused}


def _words(case: Complaint, compared: Comparison | None, *, may_firm_speak: bool) -> dict[str, Any]:
    """What only who has proved the address reads: all words, the summary, and the receipt, which may name other firms.
    A firm that is suspended, or that nobody has reviewed, speaks to nobody."""
    is_reader, receipt_url = is_proved(case), None
    if is_reader and case.receipt_id:
        receipt = read_session().get_one(Receipt, case.receipt_id)
        code = receipt_code(receipt.id, receipt.nonce)
        receipt_url = url_for(".receipt", code=code, **page_content.language_args())
    steps = complaints.list_steps(read_session(), vault(), [case.id])
    return {
        "is_proved": is_reader,
        "steps": [
            step if is_reader and (step.is_persons or may_firm_speak) else replace(step, text="") for step in steps
        ],
        "summary": summary_lines(case, compared) if is_reader else [],
        "caution": caution(case),
        "receipt_url": receipt_url,
    }


def _sender(provider: Provider, brand: Brand | None) -> tuple[str, int]:
    """Name and code at İYS of whom the case is about."""
    return (brand.name, brand.brand_code) if brand else (provider.title, provider.iys_code)


def takes_message(recipient: Recipient, held_at: datetime) -> bool:
    """Whether who had the address then may be sent a code, and so a message, there still; a landline takes none. Where
    only a provider in sandbox mode brought it none is sent, but nobody learns that: others hold it or they do not."""
    is_anothers = recipient.changed_hands_after(held_at)
    return not is_anothers and recipients.read_address(vault(), recipient).takes_codes


def add_months(day: date, months: int) -> date:
    """The same day that many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def summary_lines(case: Complaint, compared: Comparison | None) -> list[tuple[str, str]]:
    """(name, value) pairs for the Ministry's form, as far as we know them; none of an erasure request."""
    if compared is None:
        return []
    assert case.brand_id is not None and case.channel  # All but erasure requests have them.
    session = read_session()
    provider, brand = session.get_one(Provider, case.provider_id), session.get_one(Brand, case.brand_id)
    receipt = session.get(Receipt, case.receipt_id) if case.receipt_id else None
    report = complaints.read_report(vault(), case)
    recipient = session.get_one(Recipient, case.recipient_id)
    address = recipients.masked_address(vault(), recipient)
    code, is_trial = brand.brand_code, brand.brand_code in sandbox_mode.CODES
    pairs = [
        (gettext("Belge no"), format_number(receipt.number) if receipt else ""),
        (gettext("Gönderen firma"), sandbox_mode.shown_name(provider.title, code)),
        (
            gettext("MERSİS no") if provider.mersis else gettext("Vergi ya da kimlik no"),
            "" if is_trial else provider.number,
        ),
        (gettext("Marka"), sandbox_mode.shown_name(brand.name, code)),
        (gettext("Adresiniz (bir bölümü gizli)"), address),
        (gettext("Kanal"), label(case.channel)),
        (gettext("İletideki gönderen"), report.header),
        (gettext("Geldiği zaman"), format_datetime(case.came_at, MOMENT)),
        (gettext("İletinin tam metni"), report.text),
        (gettext("Ekran görüntüsü"), gettext("Başvurunuza eklediniz") if report.has_picture else ""),
        *_refusal_lines(compared, recipient.held_since),
        *_consent_lines(compared),
        (gettext("Bu başvurunun zamanı"), format_datetime(case.created_at, MOMENT)),
    ]
    return [(name, value) for name, value in pairs if value]


def caution(case: Complaint) -> str:
    """What to think of the words of a case that somebody opened without proving its address; otherwise ""."""
    if case.proved_at == case.created_at:
        return ""
    return gettext(
        "Başvuru, adres doğrulanmadan açıldı. Siz açmadıysanız aşağıdaki sözlere güvenmeyin; "
        "kimseye kod, parola ya da kart bilgisi vermeyin."
    )


def _consent_lines(compared: Comparison) -> list[tuple[str, str]]:
    """What the firm's desk reads of it: that no consent was recorded, or how the message stands to the refusal."""
    if compared.is_without_consent:
        return [(gettext("Onay"), gettext("İleti geldiğinde bu kanal için burada kayıtlı bir onay yoktu"))]
    return [(gettext("Karşılaştırma"), label(compared.finding))]


def _refusal_lines(compared: Comparison, held_since: datetime | None) -> list[tuple[str, str]]:
    """The refusal that the message is compared with, and its state at İYS, which only its own holder is told."""
    if compared.finding == Finding.NO_REFUSAL:
        return [(gettext("Ret kararınız"), gettext("Bu kanalda yok"))]
    own = select(Submission).where(Submission.decision_id == compared.decision_id)
    sent = sandbox_mode.submission_to_iys(read_session().scalar(own))
    outcome = sent.outcome if sent else None
    lines = [(gettext("Ret kararınız"), format_datetime(compared.refused_at, f"{MOMENT}:ss"))]
    if not compared.is_without_consent:  # They are for stopping what a consent began.
        lines.append((gettext("Üç iş gününün sonu"), format_datetime(compared.obeyed_by, MOMENT)))
    if sent is not None and not address_holders.hides_iys_answer(Status.REFUSED, outcome, held_since):
        lines.append((gettext("İYS'deki durumu"), decision_status.iys_state_text(outcome, Status.REFUSED)))
        lines.append((gettext("İYS işlem no"), sent.transaction_id or ""))
    return lines
