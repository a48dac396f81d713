"""Bring back the permanent refusing addresses that programs got after the backup, and those in confirmations of grants.

The database gives the ids of lost links anew. A link is known by its id and nonce, so that none is taken for another.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core import addresses
from portal.core.addresses import Address
from portal.core.database import is_one_of
from portal.core.ids import new_ids
from portal.core.journal_records import Row
from portal.core.models import AudienceEntry, Brand, Recipient
from portal.core.vault import CannotOpen, Vault
from portal.domain.campaigns.permanent_links import find_refusing_campaign
from portal.domain.consents import recipients
from portal.domain.consents.restoration import find_missing

LinkKey = tuple[int, int]  # A link's id and nonce.
# Ids that are left out behind the last one that the journals name: another machine's journal, found later, may name
# these, and a refusing address of which another link has the id is lost. More of them would make codes longer: so they
# are as long as before where there were 1,000 links, and by two letters longer at most.
SPARE_IDS = 10_000


def reserve_ids(session: Session, last_id: int) -> None:
    """Have no new link get an id up to the last one that the journals name: receipts that come back name lost links,
    and whoever got the id of one would be shown the other one's receipt. A further run moves nothing."""
    if last_id:
        shortlinks.reserve_ids(session, last_id + SPARE_IDS)


def find_missing_links(session: Session, keys: Collection[LinkKey]) -> set[LinkKey]:
    """Those of these links (≤ 1,000) that are not here; also where another link has the id."""
    link = shortlinks.Link
    there = select(link.id, link.nonce).where(is_one_of(session, link.id, {link_id for link_id, _ in keys}))
    return set(keys).difference((link_id, nonce) for link_id, nonce in session.execute(there))


def restore_links(session: Session, vault: Vault, links: Collection[Row], at: datetime) -> int:
    """Write these links (≤ 1,000), which are missing, as the journal had them; how many have a brand here, an address
    that opens, and an id that no other link has got meanwhile. Nothing is committed."""
    by_brand, written = defaultdict[int, dict[int, tuple[Row, Address]]](dict), 0
    for link in _with_free_ids(session, links):
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


def _with_free_ids(session: Session, links: Iterable[Row]) -> list[Row]:
    """Those whose id no other link has; of two with the same one the first."""
    by_id: dict[int, Row] = {}
    for link in links:
        by_id.setdefault(link["id"], link)
    free = find_missing(session, shortlinks.Link.id, by_id)
    return [link for link_id, link in by_id.items() if link_id in free]


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
