"""Content of a complaint's page: how the message compares with the refusal, and the summary for the Ministry."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import url_for
from flask_babel import format_datetime, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import addresses, clock
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Complaint, ComplaintKind, Finding, Provider, Receipt, Recipient, Submission
from portal.core.vault import Vault
from portal.domain import complaints
from portal.domain.complaints import Comparison, OpenedReport, OpenedStep
from portal.domain.consents import recipients
from portal.domain.providers import sandbox_mode
from portal.domain.receipts import format_number
from portal.web.recipient import page_content
from portal.web.shared import decision_status
from portal.web.shared.labels import label

MONTHS_TO_COMPLAIN = 3
MOMENT = "d MMMM yyyy HH:mm"


@dataclass(frozen=True)
class CasePage:
    """A case as its person sees it."""

    case: Complaint
    code: str
    language_args: dict[str, Any]
    is_closed: bool
    is_erasure: bool
    sender: str
    compared: Comparison | None
    complain_until: date | None
    may_refuse: bool
    may_reopen: bool
    reopen_until: datetime | None
    steps: list[OpenedStep]
    summary: list[tuple[str, str]]
    gets_message: bool  # A landline takes none.
    receipt_url: str | None
    colour_url: str | None


@dataclass(frozen=True)
class _Parties:
    provider: Provider
    brand: Brand | None
    recipient: Recipient
    receipt: Receipt | None


def build_case_page(
    session: Session, vault: Vault, case: Complaint, code: str, at: datetime, *, receipt_code: str | None
) -> CasePage:  # fmt: skip
    """The page of a case. `receipt_code` is that of the receipt from which it was opened."""
    whose = _Parties(
        session.get_one(Provider, case.provider_id),
        session.get_one(Brand, case.brand_id) if case.brand_id else None,
        session.get_one(Recipient, case.recipient_id),
        session.get(Receipt, case.receipt_id) if case.receipt_id else None,
    )
    is_erasure = case.kind == ComplaintKind.ERASURE
    report = complaints.read_report(vault, case)
    compared = None if is_erasure else current_comparison(session, case)
    reopen_until = case.closed_at + complaints.REOPEN_WITHIN if case.closed_at else None
    colour = whose.brand.colour if whose.brand else None
    return CasePage(
        case=case,
        code=code,
        language_args=page_content.language_args(),
        is_closed=case.closed_at is not None,
        is_erasure=is_erasure,
        sender=whose.brand.name if whose.brand else whose.provider.title,
        compared=compared,
        complain_until=add_months(clock.day(case.came_at), MONTHS_TO_COMPLAIN) if case.came_at else None,
        may_refuse=not is_erasure and may_refuse(session, case, whose.recipient),
        may_reopen=reopen_until is not None and at <= reopen_until,
        reopen_until=reopen_until,
        steps=complaints.list_steps(session, vault, [case.id]),
        summary=[] if compared is None else _summary_lines(session, vault, case, whose, report, compared),
        gets_message=gets_message(vault, whose.recipient),
        receipt_url=url_for(".receipt", code=receipt_code, **page_content.language_args()) if receipt_code else None,
        colour_url=url_for(".colour", colour=colour.removeprefix("#")) if colour else None,
    )


def current_comparison(session: Session, case: Complaint) -> Comparison:
    """How the message compares with what is known today: İYS may have reported an earlier refusal since."""
    assert case.brand_id is not None and case.channel and case.came_at  # All but erasure requests have them.
    return complaints.compare_with_refusal(
        session, recipient_id=case.recipient_id, brand_id=case.brand_id, channel=case.channel, came_at=case.came_at
    )


def may_refuse(session: Session, case: Complaint, recipient: Recipient) -> bool:
    """Whether the present owner of the address has not refused the channel."""
    if recipient.reassigned_at is not None and recipient.reassigned_at > case.created_at:
        return False
    assert case.brand_id is not None and case.channel  # All but erasure requests have them.
    return not complaints.is_refused(
        session, recipient_id=case.recipient_id, brand_id=case.brand_id, channel=case.channel
    )


def gets_message(vault: Vault, recipient: Recipient) -> bool:
    return addresses.parse(recipients.address_of(vault, recipient)).takes_messages


def add_months(day: date, months: int) -> date:
    """The same day that many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _summary_lines(
    session: Session, vault: Vault, case: Complaint, whose: _Parties, report: OpenedReport, compared: Comparison
) -> list[tuple[str, str]]:  # fmt: skip
    """(name, value) pairs for the Ministry's form, as far as we know them."""
    assert whose.brand and case.channel  # All but erasure requests have them.
    number = whose.provider.number
    pairs = [
        (gettext("Belge no"), format_number(whose.receipt.number) if whose.receipt else ""),
        (gettext("Gönderen firma"), whose.provider.title),
        (gettext("MERSİS no") if whose.provider.mersis else gettext("Vergi ya da kimlik no"), number),
        (gettext("Marka"), whose.brand.name),
        (gettext("Adresiniz (bir bölümü gizli)"), recipients.masked_address(vault, whose.recipient)),
        (gettext("Kanal"), label(case.channel)),
        (gettext("İletideki gönderen"), report.header),
        (gettext("Geldiği zaman"), format_datetime(case.came_at, MOMENT)),
        (gettext("İletinin tam metni"), report.text),
        (gettext("Ekran görüntüsü"), gettext("Başvurunuza eklediniz") if report.has_picture else ""),
        *_refusal_lines(session, compared),
        (gettext("Karşılaştırma"), label(compared.finding)),
        (gettext("Bu başvurunun zamanı"), format_datetime(case.created_at, MOMENT)),
    ]
    return [(name, value) for name, value in pairs if value]


def _refusal_lines(session: Session, compared: Comparison) -> list[tuple[str, str]]:
    """The refusal that the message is compared with, and its state at İYS."""
    if compared.finding == Finding.NO_REFUSAL:
        return [(gettext("Ret kararınız"), gettext("Bu kanalda yok"))]
    own = select(Submission).where(Submission.decision_id == compared.decision_id)
    sent = sandbox_mode.submission_to_iys(session.scalar(own))
    lines = [
        (gettext("Ret kararınız"), format_datetime(compared.refused_at, f"{MOMENT}:ss")),
        (gettext("Üç iş gününün sonu"), format_datetime(compared.obeyed_by, MOMENT)),
    ]
    if sent is not None:
        lines.append((gettext("İYS'deki durumu"), decision_status.iys_state_text(sent.outcome, Status.REFUSED)))
        lines.append((gettext("İYS işlem no"), sent.transaction_id or ""))
    return lines
