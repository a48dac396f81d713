"""Opening a case: the report is sealed, compared with the refusal, and gets a due date."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import throttle
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel
from portal.core.models import (
    Actor,
    AuditEntry,
    Complaint,
    ComplaintKind,
    ComplaintStep,
    Event,
    EventType,
    Recipient,
    StepAct,
)
from portal.core.throttle import Counted, Limit, TooManyRequests
from portal.core.vault import CannotOpen, Vault
from portal.domain.complaints.case_steps import lock_recipient, record_proof
from portal.domain.complaints.comparison import compare_with_refusal
from portal.domain.complaints.due_dates import due_at
from portal.domain.complaints.queries import ReceiptBrand, list_cases, read_report, same_receipt_ids

NONCE_BITS = 63
MOST_OPEN = 3  # Of one receipt; further reports become messages in a case.


class TooManyOpen(Exception):
    """MOST_OPEN cases of this receipt are open."""


class TooManyToday(Exception):
    """Limit.COMPLAINTS_OF_ADDRESS is reached."""


@dataclass(frozen=True)
class MessageReport:
    """A recipient's report of a message. `picture` is a PNG that we encoded."""

    header: str
    channel: Channel
    came_at: datetime
    text: str = ""
    picture: bytes | None = None


def open_case(
    session: Session, vault: Vault, sender: ReceiptBrand, report: MessageReport, *, language: str, at: datetime,
    is_proved: bool = False,
) -> Complaint:  # fmt: skip
    """Open a case at the sender's provider; the same report again is the same case. `is_proved` says whether the
    caller has proved the address. Raises TooManyOpen and TooManyToday."""
    whose = lock_recipient(session, sender.recipient.id)  # Of concurrent cases of one address each is counted.
    cases = list_cases(session, same_receipt_ids(session, sender.receipt))
    still_open = [case for case in cases if case.closed_at is None]
    for case in still_open:
        if _is_same(vault, case, sender, report):
            if is_proved:
                record_proof(case, at)
            return case
    _check_limits(session, whose, still_open, at)
    compared = compare_with_refusal(
        session, whose, brand_id=sender.brand.id, channel=report.channel, came_at=report.came_at,
        held_at=sender.receipt.decided_at,
    )  # fmt: skip
    case_id, of = new_id(), whose.provider_id
    return _create_case(
        session, whose, ComplaintKind.STILL_RECEIVING, case_id, language=language, at=at,
        brand_id=sender.brand.id, receipt_id=sender.receipt.id, channel=report.channel, came_at=report.came_at,
        proved_at=at if is_proved else None,
        finding=compared.finding, header=vault.seal(report.header, Complaint.HEADER, of, case_id),
        text=vault.seal(report.text, Complaint.TEXT, of, case_id) if report.text else None,
        picture=vault.seal(report.picture, Complaint.PICTURE, of, case_id) if report.picture else None,
    )  # fmt: skip


def request_erasure(
    session: Session, recipient: Recipient, *, language: str, at: datetime
) -> Complaint:  # fmt: skip
    """Request the erasure of an address that the caller has proved; an open request is returned again, but not one of
    an earlier holder."""
    whose = lock_recipient(session, recipient.id)
    still_open = select(Complaint).where(
        Complaint.recipient_id == whose.id, Complaint.kind == ComplaintKind.ERASURE, Complaint.closed_at.is_(None)
    )
    if whose.held_since is not None:
        still_open = still_open.where(Complaint.created_at >= whose.held_since)
    waiting = session.scalar(still_open)
    return waiting or _create_case(
        session, whose, ComplaintKind.ERASURE, new_id(), language=language, at=at, proved_at=at
    )


def _is_same(vault: Vault, case: Complaint, sender: ReceiptBrand, report: MessageReport) -> bool:
    if (case.brand_id, case.channel, case.came_at) != (sender.brand.id, report.channel, report.came_at):
        return False
    before = read_report(vault, case)
    try:
        picture = vault.open(case.picture, Complaint.PICTURE, case.provider_id, case.id) if case.picture else None
    except CannotOpen:
        return False
    return (before.header, before.text, picture) == (report.header, report.text, report.picture)


def _check_limits(session: Session, whose: Recipient, still_open: list[Complaint], at: datetime) -> None:
    if len(still_open) >= MOST_OPEN:
        raise TooManyOpen
    theirs = Counted(Limit.COMPLAINTS_OF_ADDRESS, Complaint.created_at, Complaint.recipient_id == whose.id)
    try:
        throttle.check(session, [theirs], at)
    except TooManyRequests as many:
        raise TooManyToday from many


def _create_case(
    session: Session, whose: Recipient, kind: ComplaintKind, case_id: int, *, language: str, at: datetime, **facts: Any
) -> Complaint:  # fmt: skip
    case = Complaint(
        id=case_id, nonce=secrets.randbits(NONCE_BITS), kind=kind, provider_id=whose.provider_id,
        recipient_id=whose.id, language=language, due_at=due_at(kind, at), created_at=at, **facts,
    )  # fmt: skip
    session.add(case)
    session.flush()
    session.add_all([
        ComplaintStep(provider_id=whose.provider_id, complaint_id=case_id, at=at, act=StepAct.OPENED),
        AuditEntry(
            provider_id=whose.provider_id, at=at, actor=Actor.RECIPIENT, actor_id=whose.id, act="complaint.opened",
            subject="complaint", subject_id=case_id,
            facts={"kind": kind.value} | ({"finding": case.finding.value} if case.finding else {}),
        ),
    ])  # fmt: skip
    Event.record(
        session, EventType.COMPLAINT_OPENED, case_id, provider_id=whose.provider_id, brand_id=case.brand_id, at=at,
        facts={"kind": kind.value},
    )  # fmt: skip
    return case
