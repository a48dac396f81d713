"""Codes that were sent to an address, and which brand each named."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.models import AddressProof, Brand, Provider, Purpose
from portal.core.vault import Vault
from portal.domain.address_proofs.codes import mailbox_indexes


def find_codes(
    session: Session, vault: Vault, address: Address, since: datetime, until: datetime
) -> Sequence[Row[datetime, Brand]]:  # fmt: skip
    """When each was sent between two moments, with the brand of its consent point; None where it spoke for the portal,
    as those of sandbox mode do (sandbox_addresses)."""
    admitted = select(Provider.id).where(Provider.admitted_at.is_not(None))
    is_named = Brand.is_sandbox.is_(False), Brand.provider_id.in_(admitted), AddressProof.purpose == Purpose.POINT
    sent = AddressProof.has_index(mailbox_indexes(vault, address)), AddressProof.was_sent
    codes = select(AddressProof.created_at, Brand).outerjoin(Brand, and_(Brand.id == AddressProof.brand_id, *is_named))
    return session.execute(codes.where(*sent, AddressProof.created_at.between(since, until))).all()
