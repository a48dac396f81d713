"""Results of a campaign, counted by the database: by step, mail service, channel and hour of the day.

A link is a person's. Who answered is counted by posted forms and replies: an opening proves nobody, since machines open
links, too.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, distinct, extract, func, literal_column, or_, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import AddressKind, MailService
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    TAKEN_OUTCOMES,
    AudienceEntry,
    Campaign,
    Decision,
    DecisionOrigin,
    Delivery,
    Message,
    MessageState,
    Receipt,
    ReceiptDecision,
    Recipient,
    Submission,
    is_void,
)
from shortlinks import Visit, VisitKind

MACHINES = (VisitKind.SCANNER, VisitKind.PREVIEW)
UTC_OFFSET = clock.ISTANBUL.utcoffset(None) // timedelta(hours=1)


class Step(StrEnum):
    """What became of links. The first six are the funnel."""

    MADE = "made"
    SENT = "sent"  # The gateway accepted the message,
    DELIVERED = "delivered"  # and reported its delivery.
    OPENED = "opened"  # Not by a known machine only.
    ANSWERED = "answered"  # Somebody posted the form, or consented by a reply.
    ACCEPTED = "accepted"  # İYS accepted one of these decisions.
    GRANTED = "granted"  # One of these decisions is a grant that was not undone.
    UNSUBSCRIBED = "unsubscribed"  # A mail program refused by one click (RFC 8058).


ANSWERS = (Step.ANSWERED, Step.ACCEPTED, Step.GRANTED, Step.UNSUBSCRIBED)
# Where the firm sends the links itself, nobody here knows what was sent.
UNSEEN = {Delivery.CSV: (Step.SENT, Step.DELIVERED)}


@dataclass(frozen=True)
class Group:
    """Phones, or the mailboxes of one service; of none: noted before services were."""

    kind: AddressKind
    service: MailService | None


@dataclass(frozen=True)
class ChannelCounts:
    """Links by channel: whoever granted and refused later counts as both."""

    offered: int
    granted: int
    refused: int
    accepted: int


@dataclass(frozen=True)
class Results:
    steps: tuple[Step, ...]  # Those that are known of this campaign.
    groups: dict[Group, Counter[Step]]
    openings: dict[Group, Counter[VisitKind]]
    channels: dict[Channel, ChannelCounts]
    hours: dict[Step, Counter[int]]  # Messages sent, openings by no known machine, and people who answered.

    @cached_property
    def total(self) -> Counter[Step]:
        return sum(self.groups.values(), Counter[Step]())

    def of_kind(self, kind: AddressKind) -> Counter[Step]:
        return sum((counts for group, counts in self.groups.items() if group.kind == kind), Counter[Step]())

    def machine_openings(self, group: Group) -> tuple[int, int]:
        """Openings by known machines, and all."""
        openings = self.openings.get(group, Counter[VisitKind]())
        return sum(openings[each] for each in MACHINES), openings.total()


def count_results(session: Session, campaign: Campaign) -> Results:
    """A fixed number of statements, however many links there are."""
    openings, opened_by_hour = _count_openings(session, campaign)
    hours = {Step.SENT: _hours_sent(campaign), Step.ANSWERED: _hours_answered(campaign)}
    by_hour = {step: _by_hour(session.execute(statement).all()) for step, statement in hours.items()}
    return Results(
        known_steps(campaign),
        count_steps(session, campaign),
        openings,
        _count_channels(session, campaign),
        {Step.SENT: by_hour[Step.SENT], Step.OPENED: opened_by_hour, Step.ANSWERED: by_hour[Step.ANSWERED]},
    )


def known_steps(campaign: Campaign) -> tuple[Step, ...]:
    return tuple(step for step in Step if step not in UNSEEN.get(campaign.delivery, ()))


def count_steps(session: Session, campaign: Campaign) -> dict[Group, Counter[Step]]:
    """Links by step, each group of recipients on its own; one statement."""
    answers, opened = _answers(campaign), _opened_links(campaign)
    answered = answers.c[Step.ANSWERED] == 1
    conditions = {
        Step.SENT: _is_sent(),
        Step.DELIVERED: Message.state == MessageState.DELIVERED,
        Step.OPENED: or_(opened.c.link_id.is_not(None), answered),  # A visit may be lost; a posted form was opened.
        **{step: answers.c[step] == 1 for step in ANSWERS},
    }
    counted = (
        _linked(
            campaign, Recipient.kind, Recipient.mail_service, func.count(),
            *(func.sum(case((condition, 1), else_=0)) for condition in conditions.values()),
        )
        .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
        .outerjoin(Message, and_(Message.link_id == AudienceEntry.link_id, _is_invitation()))
        .outerjoin(opened, opened.c.link_id == AudienceEntry.link_id)
        .outerjoin(answers, answers.c.link_id == AudienceEntry.link_id)
        .group_by(Recipient.kind, Recipient.mail_service)
    )  # fmt: skip
    return {
        _group(kind, service): Counter(dict(zip((Step.MADE, *conditions), counts, strict=True)))
        for kind, service, *counts in session.execute(counted)
    }


def _opened_links(campaign: Campaign) -> Subquery:
    visits = _linked(campaign, Visit.link_id).join(Visit, Visit.link_id == AudienceEntry.link_id)
    return visits.where(Visit.kind.not_in(MACHINES)).distinct().subquery()


def _answers(campaign: Campaign) -> Subquery:
    """Links with a receipt, with 1 or 0 for each of ANSWERS: whether one of its receipts and decisions is such."""
    conditions = (
        _by_person(),
        and_(_by_person(), Submission.outcome.in_(TAKEN_OUTCOMES)),
        and_(_by_person(), Decision.status == Status.GRANTED),
        ~_by_person(),
    )
    found = [
        func.max(case((condition, 1), else_=0)).label(step) for step, condition in zip(ANSWERS, conditions, strict=True)
    ]
    return _decided(_linked(campaign, Receipt.link_id, *found)).group_by(Receipt.link_id).subquery()


def _decided(entries: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Entries with each receipt of their link and each of its decisions that was not undone."""
    return (
        entries.join(Receipt, Receipt.link_id == AudienceEntry.link_id)
        .outerjoin(ReceiptDecision, ReceiptDecision.receipt_id == Receipt.id)
        .outerjoin(Decision, and_(Decision.id == ReceiptDecision.decision_id, ~is_void()))
        .outerjoin(Submission, Submission.decision_id == Decision.id)
    )


def _count_openings(session: Session, campaign: Campaign) -> tuple[dict[Group, Counter[VisitKind]], Counter[int]]:
    """Openings by group and kind, and those by no known machine by hour."""
    hour = extract("hour", Visit.at)
    visits = (
        _linked(campaign, Recipient.kind, Recipient.mail_service, Visit.kind, hour, func.count())
        .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
        .join(Visit, Visit.link_id == AudienceEntry.link_id)
        .group_by(Recipient.kind, Recipient.mail_service, Visit.kind, hour)
    )
    rows = session.execute(visits).all()
    openings: dict[Group, Counter[VisitKind]] = {}
    for kind, service, visit_kind, _, count in rows:
        openings.setdefault(_group(kind, service), Counter())[visit_kind] += count
    return openings, _by_hour([row[3:] for row in rows if row[2] not in MACHINES])


def _count_channels(session: Session, campaign: Campaign) -> dict[Channel, ChannelCounts]:
    offered = session.execute(_linked(campaign, AudienceEntry.channels, func.count()).group_by(AudienceEntry.channels))
    by_channels: dict[str | None, int] = dict(offered.all())
    accepted = case((Submission.outcome.in_(TAKEN_OUTCOMES), Receipt.link_id))
    people = func.count(distinct(Receipt.link_id)), func.count(distinct(accepted))
    decided = _decided(_linked(campaign, Decision.channel, Decision.status, *people))
    by_choice = session.execute(decided.group_by(Decision.channel, Decision.status))
    counts = {(channel, status): each for channel, status, *each in by_choice}
    nobody = [0, 0]
    return {
        channel: ChannelCounts(
            sum(count for channels, count in by_channels.items() if channel in (channels or "").split(",")),
            counts.get((channel, Status.GRANTED), nobody)[0],
            counts.get((channel, Status.REFUSED), nobody)[0],
            sum(counts.get((channel, status), nobody)[1] for status in Status),
        )
        for channel in campaign.offered
    }


def _hours_sent(campaign: Campaign) -> Select[*tuple[Any, ...]]:
    hour = extract("hour", Message.called_at)
    ours = Message.campaign_id == campaign.id, _is_invitation(), _is_sent()
    return select(hour, func.count()).where(*ours, Message.called_at.is_not(None)).group_by(hour)


def _hours_answered(campaign: Campaign) -> Select[*tuple[Any, ...]]:
    hour = extract("hour", Receipt.decided_at)
    counted = _linked(campaign, hour, func.count(distinct(Receipt.link_id))).where(_by_person()).group_by(hour)
    return counted.join(Receipt, Receipt.link_id == AudienceEntry.link_id)


def _by_hour(rows: Any) -> Counter[int]:
    """(hour in UTC, count) by hour in Istanbul."""
    hours = Counter[int]()
    for hour, count in rows:
        hours[(int(hour) + UTC_OFFSET) % 24] += count
    return hours


def _linked(campaign: Campaign, *columns: Any) -> Select[*tuple[Any, ...]]:
    """A statement over the entries of a campaign whose link was made, and not withdrawn unsent."""
    ours = AudienceEntry.link_id.is_not(None), AudienceEntry.left_out.is_(None)
    return select(*columns).select_from(AudienceEntry).where(AudienceEntry.campaign_id == campaign.id, *ours)


def _group(kind: AddressKind, service: str | None) -> Group:
    return Group(kind, MailService(service) if service else None)


def _is_invitation() -> ColumnElement[bool]:
    return Message.kind == literal_column("'invitation'")  # As the index of links says it.


def _is_sent() -> ColumnElement[bool]:
    return or_(Message.state.in_((MessageState.ACCEPTED, MessageState.DELIVERED)), Message.reported_at.is_not(None))


def _by_person() -> ColumnElement[bool]:
    return Receipt.origin != DecisionOrigin.ONE_CLICK
