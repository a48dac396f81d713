"""Permanent addresses at which recipients only refuse, for the merge field of a provider's own mailings.

They lead to the pages that every link has at /u/. Theirs are the links of a campaign of the brand that offers refusal,
is never launched and sends nothing; it reaches nobody by itself, so the rules of exclusion.py are not asked.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core import journal
from portal.core.addresses import Address
from portal.core.ids import new_ids
from portal.core.journal_records import REFUSING_LINK
from portal.core.models import AudienceEntry, Brand, Campaign
from portal.core.vault import Vault
from portal.domain.campaigns.permanent_links import find_refusing_campaign, journalled_links
from portal.domain.consents import recipients
from portal.domain.providers.brands import link_base_url

AT_ONCE = 5000


def refusing_urls(
    session: Session, vault: Vault, salt: str, link_base: str, brand: Brand, addresses: Sequence[Address], at: datetime
) -> dict[str, str]:  # fmt: skip
    """The URL of each address by its canonical text: the same one each time, while the address has the same holder.
    Unknown addresses become recipients. Nothing is committed."""
    # Locked until the transaction ends, so that nobody gets two.
    session.execute(select(Brand.id).where(Brand.id == brand.id).with_for_update(key_share=True))
    campaign, codes = find_refusing_campaign(session, brand, at), dict[str, str]()
    for some in recipients.chunks(list(addresses), AT_ONCE):
        codes |= _find_codes(session, vault, salt, campaign, some, at)
    root = refusal_root(session, brand.id, link_base)
    return {text: f"{root}{code}" for text, code in codes.items()}


def refusal_root(session: Session, brand_id: int, link_base: str) -> str:
    """What the refusing URL of a brand's link begins with; its code follows."""
    return f"{link_base_url(session, brand_id, link_base).removesuffix('/k')}/u/"


def _find_codes(
    session: Session, vault: Vault, salt: str, campaign: Campaign, addresses: Sequence[Address], at: datetime
) -> dict[str, str]:
    """Codes by canonical address; missing links are made."""
    ids = recipients.gather(session, vault, campaign.provider_id, list(addresses), at)
    held_since = recipients.held_since(session, list(ids.values()))
    serves = {ids[each.text]: each.all_channels for each in addresses}
    link = shortlinks.Link
    linked = (
        select(AudienceEntry.recipient_id, AudienceEntry.channels, link.id, link.nonce, link.created_at)
        .join(link, link.id == AudienceEntry.link_id)
        .where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.recipient_id.in_(ids.values()))
        .order_by(link.id.desc())  # The earliest one stays.
    )
    found = {
        recipient_id: shortlinks.code_of(salt, link_id, nonce)
        for recipient_id, channels, link_id, nonce, created_at in session.execute(linked)
        # One that a restore brought back for a confirmation may refuse fewer.
        if set(serves[recipient_id]) <= set((channels or "").split(","))
        and (recipient_id not in held_since or created_at >= held_since[recipient_id])
    }
    missing = sorted(serves.keys() - found.keys())
    links = shortlinks.create_many(session, salt, campaign.provider_id, len(missing), at)
    rows: list[dict[str, Any]] = [
        {
            "id": entry_id, "provider_id": campaign.provider_id, "campaign_id": campaign.id,
            "recipient_id": recipient_id, "link_id": link_id, "channels": ",".join(serves[recipient_id]),
        }
        for entry_id, recipient_id, (link_id, _) in zip(new_ids(len(missing)), missing, links, strict=True)
    ]  # fmt: skip
    if rows:
        session.execute(insert(AudienceEntry.__table__), rows)
        made = journalled_links().where(AudienceEntry.link_id.in_([link_id for link_id, _ in links]))
        journal.note(session, REFUSING_LINK, [dict(each) for each in session.execute(made).mappings()])
    found |= {recipient_id: code for recipient_id, (_, code) in zip(missing, links, strict=True)}
    return {text: found[recipient_id] for text, recipient_id in ids.items()}
