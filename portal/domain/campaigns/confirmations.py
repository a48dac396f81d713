"""Whether somebody could confirm a campaign's consents on the same day (Regulation art. 7): a gateway or, by its
recorded word, the provider itself."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import AddressKind
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, BrandGateway, Campaign, GatewayState, MessageGateway, OwnConfirmation, Provider


def why_not_begin(session: Session, campaign: Campaign, *, in_development: bool) -> tuple[AddressKind, ...]:
    """The kinds of address at which nobody could confirm a consent; empty where the campaign, or its consent point, may
    begin. In development, and for whoever is not admitted yet, the fake gateway confirms."""
    brand = session.get_one(Brand, campaign.brand_id)
    is_sandbox = brand.is_sandbox or session.get_one(Provider, campaign.provider_id).in_sandbox_mode
    if not campaign.kind.takes_grants or is_sandbox or in_development or find_own(session, campaign.id):
        return ()
    asked = {AddressKind.EMAIL if channel == Channel.EMAIL else AddressKind.PHONE for channel in campaign.offered}
    return tuple(kind for kind in AddressKind if kind in asked and not _is_served(session, brand, kind))


def find_own(session: Session, campaign_id: int) -> OwnConfirmation | None:
    """The provider's word that it confirms this campaign's consents itself."""
    return session.get(OwnConfirmation, campaign_id)


def confirm_ourselves(session: Session, campaign: Campaign, user_id: int, at: datetime) -> bool:
    """Record the provider's word; returns whether that is new. It cannot be taken back: consents may rest on it."""
    session.refresh(campaign, with_for_update=True)
    if find_own(session, campaign.id):
        return False
    session.add(OwnConfirmation(campaign_id=campaign.id, provider_id=campaign.provider_id, user_id=user_id, at=at))
    session.flush()
    return True


def _is_served(session: Session, brand: Brand, kind: AddressKind) -> bool:
    """Whether a gateway works that carries the brand's confirmations: its own, else its provider's, else, where the
    provider has none, the operator's."""
    gateway = MessageGateway
    kept = select(gateway).where(gateway.carries == kind, gateway.state != GatewayState.REMOVED)
    by_brand = kept.join(BrandGateway, BrandGateway.gateway_id == gateway.id).where(BrandGateway.brand_id == brand.id)
    by_provider, by_operator = (kept.where(gateway.provider_id == each) for each in (brand.provider_id, None))
    for whose in (by_brand, by_provider, by_operator):
        if found := session.scalars(whose).all():
            return any(each.state == GatewayState.WORKING for each in found)
    return False
