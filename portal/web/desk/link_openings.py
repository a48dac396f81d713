"""Openings of a person's links, by what opened them. *Human* is said only of one that a posted form followed."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import AudienceEntry, Campaign, Receipt
from shortlinks import Visit, VisitKind


@dataclass(frozen=True)
class Opening:
    """One opening."""

    at: datetime
    kind: VisitKind
    is_human: bool
    network: str
    campaign: str


def openings_of(session: Session, recipient_id: int, most: int) -> list[Opening]:
    """The openings of all links that one person was given, the newest first."""
    campaigns = dict(
        session.execute(
            select(AudienceEntry.link_id, Campaign.name)
            .join(Campaign, Campaign.id == AudienceEntry.campaign_id)
            .where(AudienceEntry.recipient_id == recipient_id, AudienceEntry.link_id.is_not(None))
        ).all()
    )
    theirs = select(Visit).where(Visit.link_id.in_(list(campaigns)))
    visits = list(session.scalars(theirs.order_by(Visit.at.desc(), Visit.id.desc()).limit(most)))
    human = _followed_by_a_post(visits, _posted_forms(session, recipient_id))
    return [Opening(each.at, each.kind, each.id in human, each.network, campaigns[each.link_id]) for each in visits]


def _posted_forms(session: Session, recipient_id: int) -> list[tuple[int, datetime]]:
    posts = select(Receipt.link_id, Receipt.decided_at).where(
        Receipt.recipient_id == recipient_id, Receipt.link_id.is_not(None)
    )
    return [(row.link_id, row.decided_at) for row in session.execute(posts)]


def _followed_by_a_post(visits: list[Visit], posts: list[tuple[int, datetime]]) -> set[int]:
    """Of each posted form the opening just before it, machines that said so left aside."""
    human = set()
    for link_id, posted_at in posts:
        before = (
            each.id for each in visits
            if each.link_id == link_id and each.at <= posted_at and each.kind == VisitKind.UNKNOWN
        )  # fmt: skip
        human.update(islice(before, 1))
    return human
