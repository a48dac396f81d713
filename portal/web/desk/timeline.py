"""One person's history in one timeline: messages, openings, receipts, decisions, calls to İYS and its movements, and
the steps of their cases."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask import request
from sqlalchemy import select

from portal.core import iys_protocol
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Channel, Operation, Status
from portal.core.models import (
    Annulment,
    Attempt,
    Campaign,
    Complaint,
    Consent,
    ConsentText,
    Decision,
    Message,
    Movement,
    Receipt,
    Recipient,
    Submission,
)
from portal.domain import complaints
from portal.domain.consents import history
from portal.domain.receipts import format_number
from portal.web.desk import link_openings
from portal.web.shared.pagination import MAX_PAGE, Page

INQUIRIES = {Operation.STATUS, Operation.MULTI_STATUS, Operation.HISTORY, Operation.BULK_RESULT}  # They submit nothing.
PAGE_SIZE = 100
MAX_PER_KIND = 1000  # A person's events are fewer; a scanner's openings have no end.


class EventKind(StrEnum):
    MESSAGE = "message"
    OPENING = "opening"
    RECEIPT = "receipt"
    DECISION = "decision"
    ANNULMENT = "annulment"
    ATTEMPT = "attempt"  # A call to İYS.
    MOVEMENT = "movement"  # From İYS.
    REASSIGNED = "reassigned"
    STEP = "step"


@dataclass(frozen=True)
class Event:
    at: datetime
    kind: EventKind
    details: object  # By its kind.


@dataclass(frozen=True)
class ReceiptDetails:
    receipt: Receipt
    number: str  # With hyphens.
    choices: list[tuple[Channel, Status]]
    text: ConsentText | None  # The text that was shown.


@dataclass(frozen=True)
class AttemptDetails:
    """A submission to İYS, or an inquiry before it, and İYS's answer."""

    decision: Decision
    attempt: Attempt
    is_question: bool
    sentence: str | None
    transaction_id: str | None


def events_page(recipient: Recipient, at: datetime) -> Page:
    """The page of the history that the query string asks for, the newest event first."""
    found = sorted(_all_events(recipient, at), key=lambda event: event.at, reverse=True)
    number = min(max(1, request.args.get("page", 1, type=int)), MAX_PAGE)
    start = (number - 1) * PAGE_SIZE
    return Page(found[start : start + PAGE_SIZE], number, len(found) > start + PAGE_SIZE)


def _all_events(recipient: Recipient, at: datetime) -> Iterator[Event]:
    yield from _messages(recipient)
    yield from (
        Event(each.at, EventKind.OPENING, each)
        for each in link_openings.openings_of(read_session(), recipient.id, MAX_PER_KIND)
    )
    yield from _receipts(recipient)
    yield from (
        Event(each.decided_at, EventKind.DECISION, each)
        for each in history.list_decisions(read_session(), recipient.id, at)
    )
    yield from _annulments(recipient)
    yield from _attempts(recipient)
    yield from _movements(recipient)
    yield from _steps(recipient)
    if recipient.reassigned_at is not None:
        yield Event(recipient.reassigned_at, EventKind.REASSIGNED, recipient)


def _messages(recipient: Recipient) -> Iterator[Event]:
    rows = read_session().execute(
        select(Message, Campaign.name)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(Message.recipient_id == recipient.id)
        .order_by(Message.created_at.desc())
        .limit(MAX_PER_KIND)
    )
    for message, campaign in rows:
        yield Event(message.ended_at or message.created_at, EventKind.MESSAGE, (message, campaign))


def _receipts(recipient: Recipient) -> Iterator[Event]:
    rows = read_session().execute(
        select(Receipt, ConsentText)
        .outerjoin(ConsentText, ConsentText.id == Receipt.text_id)
        .where(Receipt.recipient_id == recipient.id)
        .order_by(Receipt.decided_at.desc())
        .limit(MAX_PER_KIND)
    )
    for receipt, text in rows:
        pairs = (pair.split("=") for pair in receipt.choices.split())
        choices = [(Channel(channel), Status(status)) for channel, status in pairs]
        yield Event(
            receipt.decided_at, EventKind.RECEIPT, ReceiptDetails(receipt, format_number(receipt.number), choices, text)
        )


def _annulments(recipient: Recipient) -> Iterator[Event]:
    rows = read_session().execute(
        select(Annulment, Decision)
        .join(Decision, Decision.id == Annulment.decision_id)
        .where(Decision.recipient_id == recipient.id)
    )
    for annulment, decision in rows:
        yield Event(annulment.at, EventKind.ANNULMENT, (annulment, decision))


def _attempts(recipient: Recipient) -> Iterator[Event]:
    rows = read_session().execute(
        select(Attempt, Submission, Decision)
        .join(Submission, Submission.id == Attempt.submission_id)
        .join(Decision, Decision.id == Submission.decision_id)
        .where(Decision.recipient_id == recipient.id)
        .order_by(Attempt.at.desc())
        .limit(MAX_PER_KIND)
    )
    for attempt, submission, decision in rows:
        sentence = iys_protocol.sentence_of(attempt.code) if attempt.code else None
        is_question = attempt.question in INQUIRIES
        transaction_id = None if attempt.code or is_question else submission.transaction_id
        details = AttemptDetails(decision, attempt, is_question, sentence, transaction_id)
        yield Event(attempt.at, EventKind.ATTEMPT, details)


def _movements(recipient: Recipient) -> Iterator[Event]:
    rows = read_session().execute(
        select(Movement, Consent)
        .join(Consent, Consent.id == Movement.consent_id)
        .where(Consent.recipient_id == recipient.id)
        .order_by(Movement.creation_date.desc())
        .limit(MAX_PER_KIND)
    )
    for movement, consent in rows:
        yield Event(movement.creation_date, EventKind.MOVEMENT, (movement, consent))


def _steps(recipient: Recipient) -> Iterator[Event]:
    ids = list(read_session().scalars(select(Complaint.id).where(Complaint.recipient_id == recipient.id)))
    for step in complaints.list_steps(read_session(), vault(), ids, for_staff=True):
        yield Event(step.at, EventKind.STEP, step)
