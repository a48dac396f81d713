"""Codes that were sent to an address, which brand each named, and by which account it left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.models import AddressProof, Brand, Message, Provider, Purpose
from portal.core.vault import Vault
from portal.domain.address_proofs.codes import mailbox_indexes


@dataclass(frozen=True)
class SentCode:
    at: datetime
    brand: Brand | None  # Of its consent point; None where it spoke for the portal, as those of sandbox mode do.
    gateway_id: int | None  # None: not known.


def find_codes(
    session: Session, vault: Vault, address: Address, since: datetime, until: datetime
) -> Sequence[SentCode]:  # fmt: skip
    """Those between two moments."""
    admitted = select(Provider.id).where(Provider.admitted_at.is_not(None))
    is_named = Brand.is_sandbox.is_(False), Brand.provider_id.in_(admitted), AddressProof.purpose == Purpose.POINT
    sent = AddressProof.has_index(mailbox_indexes(vault, address)), AddressProof.was_sent
    codes = select(AddressProof.created_at, Brand, Message.gateway_id).select_from(AddressProof)
    codes = codes.outerjoin(Brand, and_(Brand.id == AddressProof.brand_id, *is_named))
    codes = codes.outerjoin(Message, and_(Message.id == AddressProof.id, Message.called_at <= until))
    found = session.execute(codes.where(*sent, AddressProof.created_at.between(since, until)))
    return [SentCode(*row) for row in found]
