"""Registering a visitor who proved an address at a point: a recipient with a permanent personal link."""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import shortlinks
from portal.core.addresses import Address
from portal.core.models import AddressProof, AudienceEntry, ConsentRequest
from portal.core.models.ids import new_id
from portal.core.models.inserts import insert_missing
from portal.core.vault import Vault
from portal.domain.consent_points.lookup import PublicPoint
from portal.domain.consents import locking, recipients


def register_recipient(
    session: Session, vault: Vault, salt: str, place: PublicPoint, address: Address, at: datetime
) -> int:
    """The id of the personal link for this address, by which its holder can decide again later.

    It offers all channels that the point asks for and the address serves. The same address gets the same link again;
    concurrent calls queue up.
    """
    (recipient_id,) = recipients.gather(session, vault, place.provider_id, [address], at).values()
    locking.lock_recipients(session, [recipient_id])
    theirs = (AudienceEntry.campaign_id == place.campaign_id, AudienceEntry.recipient_id == recipient_id)
    link_id = session.scalar(select(AudienceEntry.link_id).where(*theirs))
    return link_id or _create_link(session, salt, place, recipient_id, address, at)


def proof_digest(proof: AddressProof) -> bytes:
    """The digest by which a proof decides once; the receipt stores it and so names its proof."""
    return hashlib.sha256(f"point|{proof.id}|{proof.nonce}".encode()).digest()


def _create_link(
    session: Session, salt: str, place: PublicPoint, recipient_id: int, address: Address, at: datetime
) -> int:
    channels = [channel for channel in place.channels if channel in address.channels]
    link_id, _ = shortlinks.create(session, salt, place.provider_id, at)
    entry = AudienceEntry(
        id=new_id(), provider_id=place.provider_id, campaign_id=place.campaign_id, recipient_id=recipient_id,
        link_id=link_id, channels=",".join(channels),
    )  # fmt: skip
    session.add(entry)
    session.flush()
    request = {"brand_id": place.brand_id, "recipient_id": recipient_id, "entry_id": entry.id}
    insert_missing(session, ConsentRequest, [request | {"channel": channel} for channel in channels])
    return link_id
