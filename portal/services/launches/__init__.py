"""Launching: a campaign's audience becomes personal links, piece by piece, and each piece is kept."""

from datetime import timedelta

from sqlalchemy import insert, or_, select, update

import shortlinks
from portal.core import clock
from portal.core.addresses import Address, AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.models import AudienceEntry, Campaign, Delivery, Message, MessageState, Recipient
from portal.core.models.ids import new_id
from portal.domain import campaigns
from portal.domain.consents.recipients import address_of
from portal.domain.providers.brands import base_of_links
from portal.services.launches import invitation_text

LEASE = timedelta(seconds=60)
UNFINISHED = (Campaign.launched_at.is_not(None), Campaign.linked_at.is_(None), Campaign.closed_at.is_(None))


def unfinished() -> list[int]:
    """Campaigns that were launched, have no end yet, and that nobody has in hand."""
    free = or_(Campaign.lease_until.is_(None), Campaign.lease_until <= clock.now())
    waiting = select(Campaign.id).where(*UNFINISHED, free)
    ids = list(db.session.scalars(waiting))
    db.session.rollback()
    return ids


def run(campaign_id: int, salt: str, link_base: str) -> None:
    """Make the links of a launched campaign to the end, unless another worker has it in hand."""
    if not _lease(campaign_id):
        return
    while _next_piece(campaign_id, salt, link_base):
        pass


def _lease(campaign_id: int) -> bool:
    at = clock.now()
    free = or_(Campaign.lease_until.is_(None), Campaign.lease_until <= at)
    mine = update(Campaign).where(Campaign.id == campaign_id, *UNFINISHED, free)
    took = db.session.execute(mine.values(lease_until=at + LEASE)).rowcount == 1
    db.session.commit()
    return took


def _next_piece(campaign_id: int, salt: str, link_base: str) -> bool:
    campaign = db.session.get_one(Campaign, campaign_id, populate_existing=True)
    at = clock.now()
    if campaign.closed_at:
        campaign.lease_until = None  # Somebody closed it meanwhile; opened again it goes on here.
        db.session.commit()
        return False
    linked = campaigns.link_some(db.session, salt, campaign, at)
    if linked is None:
        campaign.linked_at, campaign.lease_until = at, None
    else:
        campaign.lease_until = at + LEASE
        if campaign.delivery == Delivery.GATEWAY:
            _write_messages(campaign, linked, salt, link_base, at)
    db.session.commit()
    return linked is not None


def _write_messages(campaign: Campaign, linked: list[campaigns.Linked], salt: str, link_base: str, at) -> None:
    if not linked:
        return
    base = base_of_links(db.session, campaign.brand_id, link_base)
    write = invitation_text.writer(db.session, campaign, salt, base)
    found = _addresses_of([each.recipient_id for each in linked])
    rows = []
    for each in linked:
        if not found[each.recipient_id].takes_messages:
            continue
        message_id, is_mail = new_id(), found[each.recipient_id].kind == AddressKind.EMAIL
        rows.append(
            {
                "id": message_id,
                "provider_id": campaign.provider_id,
                "campaign_id": campaign.id,
                "recipient_id": each.recipient_id,
                "link_id": each.link_id,
                "text": vault().seal(write(each.code, is_mail), Message.PLACE, campaign.provider_id, message_id),
                "state": MessageState.WAITING,
                "due_at": at,
                "attempts": 0,
                "created_at": at,
            }
        )
    if rows:
        db.session.execute(insert(Message.__table__), rows)


def _addresses_of(recipient_ids: list[int]) -> dict[int, Address]:
    """Where each link goes; a landline takes no message, its link is in the CSV all the same."""
    those = db.session.scalars(select(Recipient).where(Recipient.id.in_(recipient_ids)))
    return {each.id: parse(address_of(vault(), each)) for each in those}


def links_of(session, campaign: Campaign, salt: str, link_base: str):
    """(address, link) of every entry that has one, read in pieces."""
    last, link_base = 0, base_of_links(session, campaign.brand_id, link_base)
    while True:
        rows = session.execute(
            select(AudienceEntry.id, AudienceEntry.link_id, shortlinks.Link.nonce, Recipient)
            .join(shortlinks.Link, shortlinks.Link.id == AudienceEntry.link_id)
            .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
            .where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.id > last)
            .order_by(AudienceEntry.id)
            .limit(2000)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            address = vault().read(row.Recipient.address, Recipient.PLACE, campaign.provider_id, row.Recipient.id)
            yield address, f"{link_base}/{shortlinks.code_of(salt, row.link_id, row.nonce)}"
