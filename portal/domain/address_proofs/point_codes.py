"""For which brands' consent points a code was sent to an address: they wrote to it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.models import AddressProof, Brand, Provider, Purpose
from portal.core.vault import Vault
from portal.domain.address_proofs.codes import mailbox_indexes


def find_brands_of_codes(session: Session, vault: Vault, address: Address, since: datetime) -> Sequence[Brand]:
    """Those that codes since then named: one of sandbox mode names none (sandbox_addresses), and speaks for the
    portal."""
    is_named = Brand.is_sandbox.is_(False), Provider.admitted_at.is_not(None)
    was_sent = AddressProof.purpose == Purpose.POINT, AddressProof.was_sent, AddressProof.created_at >= since
    theirs = select(AddressProof.brand_id).where(AddressProof.has_index(mailbox_indexes(vault, address)), *was_sent)
    named = select(Brand).join(Provider, Provider.id == Brand.provider_id).where(Brand.id.in_(theirs), *is_named)
    return session.scalars(named.order_by(Brand.id)).all()
