"""Create, close and reopen a campaign. Nothing here commits."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, or_, update
from sqlalchemy.orm import Session

from portal.core.display_names import trial_name
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, CampaignKind, ConsentText, ContactKind, Delivery, Message, Provider
from portal.core.models.invitations import is_unsent_invitation, resume_invitations
from portal.domain.campaigns import text_reviews
from portal.domain.campaigns.default_texts import Wording, default_wording


class ContactToCome(ValueError):
    """The contact that makes asking lawful is dated in the future."""


@dataclass(frozen=True)
class Contact:
    """The lawful-contact basis of an asking campaign; `note` says more where the kind is OTHER."""

    kind: ContactKind
    date: date
    note: str = ""


def open_campaign(
    session: Session, brand: Brand, *, name: str, kind: CampaignKind, channels: Sequence[Channel], wording: Wording,
    contact: Contact | None, expires_at: datetime | None, delivery: Delivery, at: datetime, today: date,
    by: int | None = None,
) -> Campaign:  # fmt: skip
    """Create a campaign with the first version of its text: in sandbox mode our own, without a link, since nobody has
    reviewed who writes to whom. Where an asking one has no contact, only people with one of their own are asked.
    Raises ContactToCome."""
    if kind == CampaignKind.ASK and contact is not None and contact.date > today:
        raise ContactToCome
    campaign = Campaign(
        id=new_id(), provider_id=brand.provider_id, brand_id=brand.id, name=name, kind=kind,
        channels=",".join(channels), delivery=delivery, created_at=at, prepared_by=by,
        contact_kind=contact.kind if contact else None, contact_date=contact.date if contact else None,
        contact_note=contact.note if contact else None, expires_at=expires_at if kind.takes_grants else None,
    )  # fmt: skip
    provider = session.get_one(Provider, brand.provider_id)
    if provider.in_sandbox_mode:
        wording = default_wording(trial_name(brand.brand_code), kind, notice_url="")
    text = _write_text(provider, brand, campaign, wording, 1, at)
    session.add(text)
    session.flush()
    campaign.text_id = text.id
    session.add(campaign)
    session.flush()
    return campaign


def renew_text(session: Session, campaign: Campaign, notice_url: str | None, at: datetime) -> None:
    """Let pages name the sender as it is named now, in the usual words. None: the campaign's own notice stays."""
    shown = session.get_one(ConsentText, campaign.text_id)
    provider, brand = session.get_one(Provider, campaign.provider_id), session.get_one(Brand, campaign.brand_id)
    wording = default_wording(brand.name, campaign.kind, shown.notice_url if notice_url is None else notice_url)
    text = _write_text(provider, brand, campaign, wording, shown.version + 1, at)
    session.add(text)
    session.flush()
    campaign.text_id = text.id


def _write_text(
    provider: Provider, brand: Brand, campaign: Campaign, wording: Wording, version: int, at: datetime
) -> ConsentText:  # fmt: skip
    contact = brand.contact or provider.contact
    shown = [provider.title, provider.number, contact, brand.name, *asdict(wording).values()]
    return ConsentText(
        id=new_id(), provider_id=provider.id, campaign_id=campaign.id, version=version, sender_title=provider.title,
        sender_mersis=provider.number, sender_contact=contact, brand_name=brand.name, created_at=at,
        digest=hashlib.sha256("\x00".join(shown).encode()).digest(), **asdict(wording),
    )  # fmt: skip


def is_halted() -> ColumnElement[bool]:
    """The condition that a campaign sends nothing now: it is paused, stopped or closed, of a passive brand or a
    suspended provider."""
    passive = or_(Brand.closed_at.is_not(None), Provider.suspended_at.is_not(None))
    of_it = exists().where(Brand.id == Campaign.brand_id, Provider.id == Brand.provider_id, passive)
    halts = (Campaign.paused_at, Campaign.stopped_at, Campaign.closed_at)
    return or_(*(each.is_not(None) for each in halts), of_it.correlate(Campaign))


class NotLaunched(ValueError):
    """A draft asks nobody; there is nothing to close."""


def close(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Send no further requests; returns whether that is new. Raises NotLaunched."""
    session.refresh(campaign, ["launched_at", "closed_at"], with_for_update=True)
    if campaign.launched_at is None:
        raise NotLaunched
    if campaign.closed_at:
        return False
    campaign.closed_at = at
    theirs = is_unsent_invitation(), Message.campaign_id == campaign.id
    session.execute(update(Message).where(*theirs, Message.due_at.is_not(None)).values(due_at=None))
    return True


def reopen(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Send what was left unsent; returns whether that is new. Links keep the day on which they expire. Raises
    text_reviews.TextNotApproved where the operator took an approval back meanwhile."""
    session.refresh(campaign, ["closed_at"], with_for_update=True)
    if campaign.closed_at is None:
        return False
    if text_reviews.list_unapproved(session, campaign):
        raise text_reviews.TextNotApproved
    campaign.closed_at = None
    resume_invitations(session, Message.campaign_id == campaign.id, at)
    return True
