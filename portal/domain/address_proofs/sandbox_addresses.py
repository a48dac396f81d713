"""Where messages of a provider in sandbox mode may go: to its own people, at addresses that they proved.

Nobody has reviewed such a provider, whose brand may bear any firm's name: its messages must not reach strangers.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.models import NO_PROVIDER, AddressProof, Membership, Purpose, User
from portal.core.vault import Vault
from portal.domain.address_proofs.codes import mailbox_indexes

MOST_ADDRESSES = 10  # Proved by one provider.


def list_proved(session: Session, provider_id: int) -> list[AddressProof]:
    """The addresses that a provider's people proved, the oldest first."""
    proved = select(AddressProof).where(
        AddressProof.sandbox_provider_id == provider_id, AddressProof.purpose == Purpose.SANDBOX,
        AddressProof.proved_at.is_not(None), AddressProof.ended_at.is_(None),
    )  # fmt: skip
    return list(session.scalars(proved.order_by(AddressProof.id)))


def find_own(session: Session, vault: Vault, provider_id: int, addresses: Iterable[Address]) -> set[Address]:
    """Those of the addresses that belong to a provider's people: proved ones, and those its members sign in with."""
    proved = _indexes(list_proved(session, provider_id))
    members = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.provider_id == provider_id, Membership.ended_at.is_(None), Membership.suspended_at.is_(None))
        .where(User.confirmed_at.is_not(None), User.closed_at.is_(None))
    )
    signing_in = _indexes(session.scalars(members))
    return {
        each
        for each in addresses
        if proved & set(mailbox_indexes(vault, each).items())
        or signing_in & set(vault.indexes(NO_PROVIDER, each.text).items())
    }


def _indexes(rows: Iterable[AddressProof | User]) -> set[tuple[str, bytes | None]]:
    return {(name, getattr(row, name)) for row in rows for name in ("index_odd", "index_even")}
