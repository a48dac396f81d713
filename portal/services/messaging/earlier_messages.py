"""Which brands wrote to a recipient, about what, and by which of our accounts."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select

from portal.core import clock
from portal.core.addresses import Address
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    Brand,
    Campaign,
    Complaint,
    Decision,
    DecisionOrigin,
    Message,
    MessageGateway,
    MessageKind,
    ReceiptDecision,
    Recipient,
)
from portal.core.vault import CannotOpen
from portal.domain import address_proofs
from portal.domain.consents import recipients
from portal.domain.replies import fold

ANSWERED_WITHIN = timedelta(days=7)  # What the operator's accounts wrote in a brand's name: later nobody answers it.


def wrote_to(recipient_id: int | None, gateway_ids: Collection[int] | None = None) -> ColumnElement[bool]:
    """The condition that a message for a brand left for a recipient, by any or one of these accounts, whichever way the
    brand has by now. Codes of points, and what İzinlerim tells of its acts, leave by the operator's."""
    by_these = Message.gateway_id.is_not(None) if gateway_ids is None else Message.gateway_id.in_(gateway_ids)
    sent = by_these, Message.recipient_id == recipient_id
    asked = exists().where(*sent, Message.campaign_id == Campaign.id, Campaign.brand_id == Brand.id)
    of_act = ReceiptDecision.receipt_id == Message.receipt_id, ReceiptDecision.decision_id == Decision.id
    confirmed = exists().where(*sent, *of_act, Decision.recipient_id == recipient_id, Decision.brand_id == Brand.id)
    of_case = Complaint.recipient_id == recipient_id, Complaint.brand_id == Brand.id, Complaint.closed_at.is_not(None)
    settled = and_(exists().where(*sent, Message.kind == MessageKind.COMPLAINT_SETTLED), exists().where(*of_case))
    conditions = [asked, confirmed, settled]
    if recipient_id is not None and (gateway_ids is None or _is_operators(gateway_ids)):
        told = exists().where(*told_by_portal(), Decision.recipient_id == recipient_id, Decision.brand_id == Brand.id)
        conditions += [told, Brand.id.in_(_brands_of_codes(recipient_id))]
    return or_(*conditions)


def told_by_portal() -> tuple[ColumnElement[bool], ...]:
    """The condition that a decision is one of which the portal's own message told lately, naming its brand."""
    return Decision.origin == DecisionOrigin.MINE, Decision.recorded_at >= clock.now() - ANSWERED_WITHIN


def brands_of_recent_codes(address: Address) -> Sequence[Brand]:
    """Those at whose consent points an address was sent a code within ANSWERED_WITHIN."""
    return address_proofs.find_brands_of_codes(db.session, vault(), address, clock.now() - ANSWERED_WITHIN)


def channels_offered_to(recipient_id: int | None, brands: Collection[Brand] | None) -> set[Channel]:
    """The channels about which campaigns (of these brands) wrote to a recipient."""
    wrote = Message.campaign_id == Campaign.id, Message.recipient_id == recipient_id, Message.gateway_id.is_not(None)
    theirs = select(Campaign).where(exists().where(*wrote))
    if brands is not None:
        theirs = theirs.where(Campaign.brand_id.in_([brand.id for brand in brands]))
    return set().union(*(each.offered for each in db.session.scalars(theirs)))


def left_by(gateway: MessageGateway) -> ColumnElement[bool]:
    """The condition that a message left by an account, or by one of the same owner that had the same header at some
    time, which a phone cannot tell from it, or that was removed: it may have been added again, or its number be at
    another vendor."""
    theirs, own = db.session.scalars(select(MessageGateway).where(*_is_of_owner(gateway))).all(), headers_of(gateway)
    return Message.gateway_id.in_(
        [each.id for each in theirs if each.removed_at or each.id == gateway.id or own & headers_of(each)]
    )


def headers_of(gateway: MessageGateway) -> set[str]:
    """Also former ones, folded."""
    return set(map(fold, (gateway.header, *gateway.former_headers.splitlines())))


def left_by_owner(gateway: MessageGateway) -> ColumnElement[bool]:
    """The condition that a message left by any account of the same owner."""
    return Message.gateway_id.in_(select(MessageGateway.id).where(*_is_of_owner(gateway)))


def _brands_of_codes(recipient_id: int) -> list[int]:
    try:
        address = recipients.read_address(vault(), db.session.get_one(Recipient, recipient_id))
    except CannotOpen:
        return []
    return [each.id for each in brands_of_recent_codes(address)]


def _is_operators(gateway_ids: Collection[int]) -> bool:
    operators = select(MessageGateway.id).where(MessageGateway.provider_id.is_(None))
    return db.session.scalars(operators.where(MessageGateway.id.in_(gateway_ids))).first() is not None


def _is_of_owner(gateway: MessageGateway) -> tuple[ColumnElement[bool], ...]:
    """The condition that an account carries the same for the same owner."""
    return MessageGateway.provider_id == gateway.provider_id, MessageGateway.carries == gateway.carries
