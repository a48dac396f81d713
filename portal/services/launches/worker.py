"""Run launches, under a lease: links and messages for one chunk of the audience after the other; and withdraw what had
not left a campaign that was stopped."""

from datetime import datetime, timedelta

from sqlalchemy import insert, or_, select

from portal.core import clock, leases
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.models import Campaign, Delivery, Message, MessageState, Provider, Recipient
from portal.domain import campaigns
from portal.domain.campaigns import sending
from portal.domain.campaigns.lifecycle import is_halted
from portal.domain.campaigns.quiet_hours import next_opening
from portal.domain.consents.may_send import standing
from portal.domain.consents.recipients import read_address
from portal.services.launches.links import waits_for_iys

LEASE = timedelta(seconds=60)
UNFINISHED = (
    Campaign.launched_at.is_not(None),
    Campaign.linked_at.is_(None),
    or_(Campaign.stopped_at.is_not(None), ~is_halted()),
)


def unfinished() -> list[int]:
    """Ids of campaigns with entries left, or stopped ones with messages, that nobody works on."""
    free = leases.is_free(Campaign, clock.now())
    return list(read_session().scalars(select(Campaign.id).where(*UNFINISHED, free)))


def run(campaign_id: int, salt: str) -> None:
    """Make the links of a launched campaign, or settle a stopped one, unless another worker has its lease."""
    is_it = Campaign.id == campaign_id
    claimed = leases.claim(db.session, Campaign, is_it, *UNFINISHED, at=clock.now(), lease=LEASE)
    db.session.commit()
    if not claimed:
        return
    try:
        while _work_on(campaign_id, salt):
            pass
        finish_sent(clock.now())
    except leases.LeaseLost:
        db.session.rollback()  # Another worker goes on from the last chunk, or it was halted meanwhile.


def finish_sent(at: datetime) -> None:
    """Note which campaigns have ended. Commits."""
    sending.finish_sent(db.session, at)
    db.session.commit()


def _work_on(campaign_id: int, salt: str) -> bool:
    """One chunk; False where nothing is left now."""
    campaign = db.session.get_one(Campaign, campaign_id, populate_existing=True)
    if campaign.stopped_at:
        return _withdraw_next_chunk(campaign)
    if db.session.scalar(select(Campaign.id).where(Campaign.id == campaign_id, is_halted())):
        leases.release(db.session, Campaign, [campaign])  # Meanwhile; opened again it goes on here.
        db.session.commit()
        return False
    if waits_for_iys(db.session, campaign, clock.now()):
        return False  # Nobody is left out for that: looked at again once the lease has ended.
    return _link_next_chunk(campaign, salt)


def _withdraw_next_chunk(campaign: Campaign) -> bool:
    """What is in a call now is settled a minute later. The campaign is locked before its messages, as everywhere."""
    at = clock.now()
    db.session.execute(select(Campaign.id).where(Campaign.id == campaign.id).with_for_update())
    has_more = sending.withdraw_next(db.session, campaign, at)
    if has_more:
        leases.renew(db.session, Campaign, campaign, at=at, lease=LEASE)
    else:
        has_open = db.session.scalar(select(sending.has_open_message(campaign.id)))
        leases.release(db.session, Campaign, [campaign], **({} if has_open else {"linked_at": at}))
    db.session.commit()
    return has_more


def _link_next_chunk(campaign: Campaign, salt: str) -> bool:
    """Whoever pauses or stops the campaign meanwhile takes the lease, and with it this chunk."""
    at = clock.now()
    linked = campaigns.create_next_links(db.session, salt, campaign, at, standing=standing(at))
    if linked is None:
        leases.release(db.session, Campaign, [campaign], linked_at=at)
    else:
        leases.renew(db.session, Campaign, campaign, at=at, lease=LEASE)
        if linked and campaign.delivery == Delivery.GATEWAY:
            _queue_messages(campaign, linked, at)
    db.session.commit()
    return linked is not None


def _queue_messages(campaign: Campaign, linked: list[campaigns.LinkedEntry], at: datetime) -> None:
    """One message per link, written when it leaves. A landline takes none; its link is in the CSV all the same."""
    opens_at = next_opening(db.session.get_one(Provider, campaign.provider_id), at)
    recipients = db.session.scalars(select(Recipient).where(Recipient.id.in_([each.recipient_id for each in linked])))
    addresses = {each.id: read_address(vault(), each) for each in recipients}
    rows = []
    for each in linked:
        address = addresses[each.recipient_id]
        if not address.takes_messages:
            continue
        rows.append(
            {
                "id": new_id(),
                "provider_id": campaign.provider_id,
                "campaign_id": campaign.id,
                "recipient_id": each.recipient_id,
                "link_id": each.link_id,
                "address_kind": address.kind,
                "state": MessageState.WAITING,
                "due_at": opens_at or at,
                "attempts": 0,
                "created_at": at,
            }
        )
    if rows:
        db.session.execute(insert(Message.__table__), rows)
