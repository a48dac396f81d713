"""One person's history in one timeline: messages, also of other systems, openings, receipts, decisions, calls to İYS
and its movements, and the steps of their cases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import Result, Select, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.core import iys_protocol
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Channel, Operation, Status
from portal.core.models import (
    Annulment,
    Attempt,
    AudienceEntry,
    Brand,
    Campaign,
    Complaint,
    Consent,
    ConsentText,
    Decision,
    Message,
    MessageKind,
    Movement,
    Receipt,
    Recipient,
    Submission,
    UnsentReason,
)
from portal.domain import campaigns, complaints
from portal.domain.consents import history, reassigned_addresses
from portal.domain.receipts import format_number
from portal.web.desk import sends
from portal.web.shared.pagination import Page, requested_number
from shortlinks import Visit, VisitKind

INQUIRIES = {Operation.STATUS, Operation.MULTI_STATUS, Operation.HISTORY, Operation.BULK_RESULT}  # They submit nothing.
PAGE_SIZE = 100
MAX_PER_KIND = 1000  # A person's events are fewer; a scanner's openings have no end.


class TimelineKind(StrEnum):
    MESSAGE = "message"
    SEND = "send"  # By another system, as the provider reported it.
    OPENING = "opening"
    RECEIPT = "receipt"
    DECISION = "decision"
    ANNULMENT = "annulment"
    ATTEMPT = "attempt"  # A submission to İYS, or an inquiry before it, and İYS's answer.
    MOVEMENT = "movement"  # From İYS.
    REASSIGNED = "reassigned"
    LINE_CLOSED = "line_closed"
    STEP = "step"


@dataclass(frozen=True)
class TimelineEvent:
    at: datetime
    kind: TimelineKind
    details: Any  # What templates/desk/event.html shows of its kind.


def events_page(recipient: Recipient, at: datetime) -> Page:
    """The page of the history that the query string asks for, the newest event first."""
    found = sorted(_all_events(recipient, at), key=lambda event: event.at, reverse=True)
    number = requested_number()
    start = (number - 1) * PAGE_SIZE
    return Page(found[start : start + PAGE_SIZE], number, len(found) > start + PAGE_SIZE)


def _all_events(recipient: Recipient, at: datetime) -> Iterator[TimelineEvent]:
    change = reassigned_addresses.find_own_change(read_session(), recipient)
    yield from _messages(recipient, hides_others=change.own_held_since is None)
    for each in sends.list_sends(recipient):
        yield TimelineEvent(each.send.sent_at, TimelineKind.SEND, each)
    yield from _openings(recipient)
    yield from _receipts(recipient)
    for decision in history.list_decisions(read_session(), recipient.id, at):
        yield TimelineEvent(decision.decided_at or decision.recorded_at, TimelineKind.DECISION, decision)
    yield from _annulments(recipient)
    yield from _attempts(recipient)
    yield from _movements(recipient)
    ids = list(read_session().scalars(select(Complaint.id).where(Complaint.recipient_id == recipient.id)))
    for step in complaints.list_steps(read_session(), vault(), ids, staff_at=at):
        yield TimelineEvent(step.at, TimelineKind.STEP, step)
    if change.said_last_at is not None:
        yield TimelineEvent(change.said_last_at, TimelineKind.REASSIGNED, recipient)
    if recipient.closed_at is not None:
        yield TimelineEvent(recipient.closed_at, TimelineKind.LINE_CLOSED, recipient)


def _newest(rows: Select[*tuple[Any, ...]], moment: InstrumentedAttribute[datetime]) -> Result[*tuple[Any, ...]]:
    return read_session().execute(rows.order_by(moment.desc()).limit(MAX_PER_KIND))


def _messages(recipient: Recipient, *, hides_others: bool) -> Iterator[TimelineEvent]:
    """What another firm heard of the address is not told."""
    rows = select(Message, Campaign.name, *campaigns.effective_contact())
    rows = rows.outerjoin(Campaign, Campaign.id == Message.campaign_id)
    rows = rows.outerjoin(AudienceEntry, AudienceEntry.link_id == Message.link_id)
    for message, campaign, *contact in _newest(rows.where(Message.recipient_id == recipient.id), Message.created_at):
        if message.kind == MessageKind.COMPLAINT_SETTLED and hides_others:
            continue  # It leaves wherever no firm heard.
        is_others = hides_others and message.unsent_reason == UnsentReason.REASSIGNED
        details = {
            "message": message, "campaign": campaign, "contact": contact if all(contact) else None,
            "unsent_reason": None if is_others else message.unsent_reason,
        }  # fmt: skip
        yield TimelineEvent(message.ended_at or message.created_at, TimelineKind.MESSAGE, details)


def _openings(recipient: Recipient) -> Iterator[TimelineEvent]:
    """Openings of the person's links. Only one that a posted form followed counts as human."""
    brands = select(Brand.id).where(Brand.provider_id == recipient.provider_id)
    links = (  # By way of campaigns, of which there are few: entries have no index by recipient alone.
        select(AudienceEntry.link_id, Campaign.name)
        .join(Campaign, Campaign.id == AudienceEntry.campaign_id)
        .where(Campaign.brand_id.in_(brands), AudienceEntry.recipient_id == recipient.id)
        .where(AudienceEntry.link_id.is_not(None))
    )
    names = dict(read_session().execute(links).all())
    opened = select(Visit).where(Visit.link_id.in_(names)).order_by(Visit.at.desc(), Visit.id.desc())
    visits = read_session().scalars(opened.limit(MAX_PER_KIND)).all()
    human = _followed_by_a_post(recipient, visits)
    for visit in visits:
        details = {"visit": visit, "is_human": visit.id in human, "campaign": names[visit.link_id]}
        yield TimelineEvent(visit.at, TimelineKind.OPENING, details)


def _followed_by_a_post(recipient: Recipient, visits: Sequence[Visit]) -> set[int]:
    """Ids of the last opening before each posted form, without known scanners and previews."""
    posts = select(Receipt.link_id, Receipt.decided_at).where(
        Receipt.recipient_id == recipient.id, Receipt.link_id.is_not(None)
    )
    human: set[int] = set()
    for link_id, posted_at in read_session().execute(posts):
        before = (
            visit.id for visit in visits
            if visit.link_id == link_id and visit.at <= posted_at and visit.kind == VisitKind.UNKNOWN
        )  # fmt: skip
        human.update(islice(before, 1))
    return human


def _receipts(recipient: Recipient) -> Iterator[TimelineEvent]:
    rows = select(Receipt, ConsentText, *campaigns.effective_contact())
    rows = rows.outerjoin(ConsentText, ConsentText.id == Receipt.text_id)
    rows = rows.outerjoin(AudienceEntry, AudienceEntry.link_id == Receipt.link_id)
    rows = rows.outerjoin(Campaign, Campaign.id == AudienceEntry.campaign_id)
    for receipt, text, *contact in _newest(rows.where(Receipt.recipient_id == recipient.id), Receipt.decided_at):
        pairs = (pair.split("=") for pair in receipt.choices.split())
        choices = [(Channel(channel), Status(status)) for channel, status in pairs]
        details = {
            "receipt": receipt,
            "number": format_number(receipt.number_for_provider),
            "choices": choices,
            "text": text,
        }
        details["contact"] = contact if all(contact) else None
        yield TimelineEvent(receipt.decided_at, TimelineKind.RECEIPT, details)


def _annulments(recipient: Recipient) -> Iterator[TimelineEvent]:
    rows = select(Annulment, Decision).join(Decision, Decision.id == Annulment.decision_id)
    for annulment, decision in read_session().execute(rows.where(Decision.recipient_id == recipient.id)):
        yield TimelineEvent(annulment.at, TimelineKind.ANNULMENT, {"decision": decision})


def _attempts(recipient: Recipient) -> Iterator[TimelineEvent]:
    rows = (
        select(Attempt, Submission, Decision)
        .join(Submission, Submission.id == Attempt.submission_id)
        .join(Decision, Decision.id == Submission.decision_id)
        .where(Decision.recipient_id == recipient.id)
    )
    for attempt, submission, decision in _newest(rows, Attempt.at):
        is_inquiry = attempt.question in INQUIRIES
        details = {
            "decision": decision,
            "attempt": attempt,
            "is_inquiry": is_inquiry,
            "sentence": iys_protocol.sentence_of(attempt.code) if attempt.code else None,
            "transaction_id": None if attempt.code or is_inquiry else submission.transaction_id,
        }
        yield TimelineEvent(attempt.at, TimelineKind.ATTEMPT, details)


def _movements(recipient: Recipient) -> Iterator[TimelineEvent]:
    rows = select(Movement, Consent).join(Consent, Consent.id == Movement.consent_id)
    for movement, consent in _newest(rows.where(Consent.recipient_id == recipient.id), Movement.creation_date):
        yield TimelineEvent(
            movement.creation_date, TimelineKind.MOVEMENT, {"movement": movement, "channel": consent.channel}
        )
