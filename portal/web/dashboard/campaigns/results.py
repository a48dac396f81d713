"""Results of a campaign. People are counted by the forms they posted: an opening proves no person."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, distinct, exists, func, select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Status
from portal.core.models import AudienceEntry, Campaign, Decision, DecisionOrigin, Receipt, ReceiptDecision, is_void
from shortlinks import Visit, VisitKind


@dataclass(frozen=True)
class Answers:
    people: int  # Links by which somebody posted a form.
    granted: int  # Of these, with a grant that was not undone.
    by_mail_program: int  # Links refused by a mail program's one-click unsubscribe.
    openings: dict[VisitKind, int]
    human: int  # Openings of unknown kind that a posted form followed.


def count_answers(session: Session, campaign: Campaign) -> Answers:
    links = AudienceEntry.campaign_id == campaign.id
    posted = Receipt.origin != DecisionOrigin.ONE_CLICK
    people, by_mail_program = session.execute(
        select(
            func.count(distinct(case((posted, Receipt.link_id)))),
            func.count(distinct(case((~posted, Receipt.link_id)))),
        )
        .join(AudienceEntry, AudienceEntry.link_id == Receipt.link_id)
        .where(links)
    ).one()
    followed = exists().where(
        Receipt.link_id == Visit.link_id, Receipt.decided_at >= Visit.at, Receipt.origin != DecisionOrigin.ONE_CLICK
    )
    opened = session.execute(
        select(Visit.kind, func.count(), func.sum(case((followed, 1), else_=0)))
        .join(AudienceEntry, AudienceEntry.link_id == Visit.link_id)
        .where(links)
        .group_by(Visit.kind)
    ).all()
    openings = dict.fromkeys(VisitKind, 0) | {kind: count for kind, count, _ in opened}
    human = sum(count for kind, _, count in opened if kind == VisitKind.UNKNOWN)
    return Answers(people, _count_granting_links(session, links), by_mail_program, openings, human)


def _count_granting_links(session: Session, links: ColumnElement[bool]) -> int:
    return session.execute(
        select(func.count(distinct(Receipt.link_id)))
        .join(AudienceEntry, AudienceEntry.link_id == Receipt.link_id)
        .join(ReceiptDecision, ReceiptDecision.receipt_id == Receipt.id)
        .join(Decision, Decision.id == ReceiptDecision.decision_id)
        .where(links, Decision.status == Status.GRANTED, ~is_void())
    ).scalar_one()
