"""Conditions on what a provider has from its sandbox mode."""

from sqlalchemy import ColumnElement, Select, and_, exists, not_, or_, select

from portal.core.models.campaign import AudienceEntry, Campaign
from portal.core.models.provider import Brand
from portal.core.models.recipient import Consent, Recipient
from portal.core.models.sends import ReportedSend


def is_sandbox_recipient(provider_id: int) -> ColumnElement[bool]:
    """The condition that a provider knows a recipient by brands of its sandbox mode only."""
    theirs = select(Brand.id).where(Brand.provider_id == provider_id)
    in_sandbox, real = theirs.where(Brand.is_sandbox), theirs.where(Brand.is_sandbox.is_(False))
    return and_(Recipient.provider_id == provider_id, _is_known(in_sandbox), not_(_is_known(real)))


def _is_known(brands: Select[int]) -> ColumnElement[bool]:
    """A recipient decided at one of the brands, stands in the audience of one, or was messaged by one elsewhere."""
    campaigns = select(Campaign.id).where(Campaign.brand_id.in_(brands))
    return or_(
        exists().where(Consent.recipient_id == Recipient.id, Consent.brand_id.in_(brands)),
        exists().where(AudienceEntry.recipient_id == Recipient.id, AudienceEntry.campaign_id.in_(campaigns)),
        exists().where(ReportedSend.recipient_id == Recipient.id, ReportedSend.brand_id.in_(brands)),
    )
