"""Bring back the permanent refusing addresses that programs got after the backup."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

import shortlinks
from portal.core import addresses
from portal.core.addresses import Address
from portal.core.ids import new_ids
from portal.core.journal_records import Row
from portal.core.models import AudienceEntry, Brand, Recipient
from portal.core.vault import CannotOpen, Vault
from portal.domain.campaigns.permanent_links import find_refusing_campaign
from portal.domain.consents import recipients


def restore_links(session: Session, vault: Vault, links: Iterable[Row], at: datetime) -> int:
    """Write these links (≤ 1,000), which are missing, as the journal had them; how many have a brand here, and an
    address that opens. Nothing is committed."""
    by_brand, written = defaultdict[int, dict[int, tuple[Row, Address]]](dict), 0
    for link in links:
        try:
            text = vault.read(link["address"], Recipient.PLACE, link["provider_id"], link["recipient_id"])
        except CannotOpen:
            continue
        by_brand[link["brand_id"]][link["id"]] = link, addresses.read_canonical(text)
    for brand_id, theirs in by_brand.items():
        if brand := session.get(Brand, brand_id):
            _restore_links(session, vault, brand, list(theirs.values()), at)
            written += len(theirs)
    return written


def _restore_links(
    session: Session, vault: Vault, brand: Brand, links: list[tuple[Row, Address]], at: datetime
) -> None:  # fmt: skip
    campaign = find_refusing_campaign(session, brand, at)
    named = {address.text: link["recipient_id"] for link, address in links}
    holders = recipients.gather(session, vault, brand.provider_id, [address for _, address in links], at, named)
    shortlinks.restore(
        session, brand.provider_id, [(link["id"], link["nonce"], link["created_at"]) for link, _ in links]
    )
    rows = [
        {
            "id": entry_id, "provider_id": brand.provider_id, "campaign_id": campaign.id,
            "recipient_id": holders[address.text], "link_id": link["id"], "channels": link["channels"],
        }
        for entry_id, (link, address) in zip(new_ids(len(links)), links, strict=True)
    ]  # fmt: skip
    session.execute(insert(AudienceEntry.__table__), rows)
