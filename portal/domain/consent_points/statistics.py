"""Statistics of a consent point: proved addresses, decisions, and today's codes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AddressProof,
    AudienceEntry,
    ConsentPoint,
    Decision,
    DecisionOrigin,
    Receipt,
    ReceiptDecision,
    is_void,
)
from portal.domain import address_proofs


@dataclass(frozen=True)
class PointStatistics:
    """What a point's page shows. Only posted forms count, never openings."""

    addresses: int  # Proved here.
    decided: dict[tuple[Channel, Status], int]  # Annulled ones excepted.
    codes_today: dict[AddressKind, int]
    proved_today: int


def count_statistics(session: Session, point: ConsentPoint, at: datetime) -> PointStatistics:
    entries = select(func.count()).where(AudienceEntry.campaign_id == point.campaign_id)
    today = (
        AddressProof.brand_id == point.brand_id,
        AddressProof.campaign_id == point.campaign_id,
        AddressProof.created_at >= clock.start_of_day(clock.day(at)),
    )
    proved = select(func.count()).where(*today, AddressProof.proved_at.is_not(None))
    return PointStatistics(
        addresses=session.scalars(entries).one(),
        decided=_count_decisions(session, point),
        codes_today={
            kind: address_proofs.count_today(session, point.brand_id, point.campaign_id, kind, at)
            for kind in AddressKind
        },
        proved_today=session.scalars(proved).one(),
    )


def _count_decisions(session: Session, point: ConsentPoint) -> dict[tuple[Channel, Status], int]:
    rows = session.execute(
        select(Decision.channel, Decision.status, func.count(Decision.id.distinct()))
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .join(Receipt, Receipt.id == ReceiptDecision.receipt_id)
        .join(AudienceEntry, AudienceEntry.link_id == Receipt.link_id)
        .where(AudienceEntry.campaign_id == point.campaign_id, Receipt.origin == DecisionOrigin.POINT)
        .where(~is_void())
        .group_by(Decision.channel, Decision.status)
    )
    return {(channel, status): count for channel, status, count in rows}
