"""Joining: whoever proved an address at a point is found or made, and gets a link of their own, for ever the same."""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import shortlinks
from portal.core.addresses import Address
from portal.core.models import AddressProof, AudienceEntry, ConsentRequest, Recipient
from portal.core.models.ids import new_id
from portal.core.models.upsert import insert_missing
from portal.core.vault import Vault
from portal.domain.consent_points.lookup import PublicPoint
from portal.domain.consents import recipients


def register_recipient(session: Session, vault: Vault, salt: str, place: PublicPoint, address: Address, at: datetime) -> int:
    """The link of whoever has this address, by its id: their way to change their mind, and to refuse, ever after.

    It offers all that the point asks for and the address serves. Who comes again gets the same one; two at once come
    one by one.
    """
    (recipient_id,) = recipients.gather(session, vault, place.provider_id, [address], at).values()
    session.execute(select(Recipient.id).where(Recipient.id == recipient_id).with_for_update())
    theirs = (AudienceEntry.campaign_id == place.campaign_id, AudienceEntry.recipient_id == recipient_id)
    link_id = session.scalar(select(AudienceEntry.link_id).where(*theirs))
    return link_id or _linked(session, salt, place, recipient_id, address, at)


def proof_digest(proof: AddressProof) -> bytes:
    """What lets a proof decide once; it stands in the receipt, which so names the proof that it came by."""
    return hashlib.sha256(f"point|{proof.id}|{proof.nonce}".encode()).digest()


def _linked(session: Session, salt: str, place: PublicPoint, recipient_id: int, address: Address, at: datetime) -> int:
    channels = [channel for channel in place.channels if channel in address.channels]
    link_id, _ = shortlinks.create(session, salt, place.provider_id, at)
    entry = AudienceEntry(
        id=new_id(), provider_id=place.provider_id, campaign_id=place.campaign_id, recipient_id=recipient_id,
        link_id=link_id, channels=",".join(channels),
    )  # fmt: skip
    session.add(entry)
    session.flush()
    asked = {"brand_id": place.brand_id, "recipient_id": recipient_id, "entry_id": entry.id}
    insert_missing(session, ConsentRequest, [asked | {"channel": channel} for channel in channels])
    return link_id
