"""A link of a consent point for one person whom the provider wants to ask now: at a till, or on the telephone.

The person did not come by themselves, so asking is restricted as by a campaign (checklist C-4): with a contact that
they began, once per address and channel, never after a refusal.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import shortlinks
from portal.core.addresses import Address
from portal.core.models import AudienceEntry, Campaign, ExclusionReason, Recipient
from portal.core.models.recipient import has_changed_hands_after
from portal.core.vault import Vault
from portal.domain import campaigns
from portal.domain.campaigns import exclusion
from portal.domain.consent_points.public_points import PublicPoint
from portal.domain.consents import locking, may_send, recipients

NewestEntry = tuple[int | None, int | None, ExclusionReason | None]  # Link id and nonce, or why there is none.


def request_link(
    session: Session, vault: Vault, salt: str, place: PublicPoint, address: Address, contact: campaigns.OwnContact,
    at: datetime,
) -> tuple[int, int] | ExclusionReason:  # fmt: skip
    """The id and nonce of a person's link of an open point, the same one each time; or why they may not be asked.

    Concurrent calls for one address queue up. The contact is kept with a new link; who has the address since another
    firm heard "this is not me" gets one, too.
    """
    campaign = session.get_one(Campaign, place.campaign_id)
    (recipient_id,) = recipients.gather(session, vault, place.provider_id, [address], at).values()
    locking.lock_recipients(session, [recipient_id])
    standing = may_send.standing(at)
    link_id, nonce, _ = _newest_entry(session, campaign, recipient_id)
    if link_id is None:
        retry = update(AudienceEntry).where(
            AudienceEntry.campaign_id == campaign.id, AudienceEntry.recipient_id == recipient_id,
            AudienceEntry.link_id.is_(None), AudienceEntry.channels.is_not(None),
        )  # fmt: skip
        own = {"left_out": None, "contact_kind": contact.kind, "contact_date": contact.day}
        session.execute(retry.values(own).execution_options(synchronize_session=False))
        campaigns.insert_entries(session, campaign, {recipient_id: address.channels}, {recipient_id: contact})
        while campaigns.create_next_links(session, salt, campaign, at, standing=standing) is not None:
            pass
        link_id, nonce, reason = _newest_entry(session, campaign, recipient_id)
    else:
        reason = exclusion.find_excluded(session, campaign, [recipient_id], standing, at).get(recipient_id)
    if reason is not None:
        return reason
    assert link_id is not None and nonce is not None  # It was left out otherwise.
    return link_id, nonce


def _newest_entry(session: Session, campaign: Campaign, recipient_id: int) -> NewestEntry:
    """Of who has the address now."""
    entries = (
        select(AudienceEntry.link_id, shortlinks.Link.nonce, AudienceEntry.left_out)
        .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
        .outerjoin(shortlinks.Link, shortlinks.Link.id == AudienceEntry.link_id)
        .where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.recipient_id == recipient_id)
        .where(~has_changed_hands_after(shortlinks.Link.created_at))
    )
    row = session.execute(entries.order_by(AudienceEntry.id.desc()).limit(1)).one_or_none()
    return (row.link_id, row.nonce, row.left_out) if row else (None, None, None)
