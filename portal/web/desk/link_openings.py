"""Openings of a person's links, by kind. Only one that a posted form followed counts as human."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import AudienceEntry, Campaign, Receipt
from shortlinks import Visit, VisitKind


@dataclass(frozen=True)
class Opening:
    at: datetime
    kind: VisitKind
    is_human: bool
    network: str
    campaign: str


def openings_of(session: Session, recipient_id: int, most: int) -> list[Opening]:
    """The openings of all links of one person, the newest first."""
    campaigns = dict(
        session.execute(
            select(AudienceEntry.link_id, Campaign.name)
            .join(Campaign, Campaign.id == AudienceEntry.campaign_id)
            .where(AudienceEntry.recipient_id == recipient_id, AudienceEntry.link_id.is_not(None))
        ).all()
    )
    opened = select(Visit).where(Visit.link_id.in_(list(campaigns)))
    visits = list(session.scalars(opened.order_by(Visit.at.desc(), Visit.id.desc()).limit(most)))
    human = _followed_by_a_post(visits, _posted_forms(session, recipient_id))
    return [Opening(each.at, each.kind, each.id in human, each.network, campaigns[each.link_id]) for each in visits]


def _posted_forms(session: Session, recipient_id: int) -> list[tuple[int, datetime]]:
    posts = select(Receipt.link_id, Receipt.decided_at).where(
        Receipt.recipient_id == recipient_id, Receipt.link_id.is_not(None)
    )
    return [(row.link_id, row.decided_at) for row in session.execute(posts)]


def _followed_by_a_post(visits: list[Visit], posts: list[tuple[int, datetime]]) -> set[int]:
    """Ids of the last opening before each posted form, without known scanners and previews."""
    human: set[int] = set()
    for link_id, posted_at in posts:
        before = (
            each.id for each in visits
            if each.link_id == link_id and each.at <= posted_at and each.kind == VisitKind.UNKNOWN
        )  # fmt: skip
        human.update(islice(before, 1))
    return human
