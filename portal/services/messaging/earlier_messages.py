"""Which brands wrote to a recipient, about what, and by which of our accounts."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, exists, or_, select

from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, Decision, Message, MessageGateway, ReceiptDecision, Recipient
from portal.core.vault import CannotOpen
from portal.domain import address_proofs
from portal.domain.consents import recipients
from portal.domain.replies import fold


def wrote_to(recipient_id: int | None, gateway_ids: Collection[int] | None = None) -> ColumnElement[bool]:
    """The condition that a message for a brand left for a recipient, by any or one of these accounts, whichever way the
    brand has by now. Codes leave by the operator's."""
    by_these = Message.gateway_id.is_not(None) if gateway_ids is None else Message.gateway_id.in_(gateway_ids)
    sent = by_these, Message.recipient_id == recipient_id
    asked = exists().where(*sent, Message.campaign_id == Campaign.id, Campaign.brand_id == Brand.id)
    of_act = ReceiptDecision.receipt_id == Message.receipt_id, ReceiptDecision.decision_id == Decision.id
    confirmed = exists().where(*sent, *of_act, Decision.recipient_id == recipient_id, Decision.brand_id == Brand.id)
    by_code = [] if recipient_id is None else _brands_of_codes(recipient_id)
    if by_code and gateway_ids is not None:
        operators = select(MessageGateway.id).where(MessageGateway.provider_id.is_(None))
        by_code = by_code if db.session.scalars(operators.where(MessageGateway.id.in_(gateway_ids))).first() else []
    return or_(asked, confirmed, Brand.id.in_(by_code))


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
    same = MessageGateway.provider_id == gateway.provider_id, MessageGateway.carries == gateway.carries
    theirs, own = db.session.scalars(select(MessageGateway).where(*same)).all(), headers_of(gateway)
    return Message.gateway_id.in_(
        [each.id for each in theirs if each.removed_at or each.id == gateway.id or own & headers_of(each)]
    )


def headers_of(gateway: MessageGateway) -> set[str]:
    """Also former ones, folded."""
    return set(map(fold, (gateway.header, *gateway.former_headers.splitlines())))


def left_by_owner(gateway: MessageGateway) -> ColumnElement[bool]:
    """The condition that a message left by any account of the same owner."""
    same = MessageGateway.provider_id == gateway.provider_id, MessageGateway.carries == gateway.carries
    return Message.gateway_id.in_(select(MessageGateway.id).where(*same))


def _brands_of_codes(recipient_id: int) -> list[int]:
    try:
        address = parse(recipients.address_of(vault(), db.session.get_one(Recipient, recipient_id)))
    except CannotOpen:
        return []
    return [each.id for each in address_proofs.find_brands_of_codes(db.session, vault(), address)]
