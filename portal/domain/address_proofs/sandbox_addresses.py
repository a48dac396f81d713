"""Where messages of a provider in sandbox mode may go: to its own people, at addresses that they proved.

Nobody has reviewed such a provider, whose brand may bear any firm's name: its messages must not reach strangers, nor
may it choose where codes go.
"""

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.core import address_holders
from portal.core.addresses import Address
from portal.core.models import NO_PROVIDER, AddressProof, Membership, Provider, Purpose, User
from portal.core.vault import Vault
from portal.domain.address_proofs.codes import mailbox_indexes

MOST_ADDRESSES = 10  # Proved by one provider.
IS_PROVED = (
    AddressProof.purpose == Purpose.SANDBOX, AddressProof.proved_at.is_not(None), AddressProof.ended_at.is_(None)
)  # fmt: skip
IS_MEMBER = (
    Membership.ended_at.is_(None), Membership.suspended_at.is_(None), User.confirmed_at.is_not(None),
    User.closed_at.is_(None),
)  # fmt: skip


def list_proved(session: Session, provider_id: int) -> list[AddressProof]:
    """The addresses that a provider's people proved, the oldest first."""
    proved = select(AddressProof).where(AddressProof.sandbox_provider_id == provider_id, *IS_PROVED)
    return list(session.scalars(proved.order_by(AddressProof.id)))


def find_own(session: Session, vault: Vault, provider_id: int, addresses: Iterable[Address]) -> set[Address]:
    """Those of the addresses that belong to a provider's people: proved ones, and those its members sign in with."""
    proved = _indexes(list_proved(session, provider_id))
    members = select(User).join(Membership, Membership.user_id == User.id)
    signing_in = _indexes(session.scalars(members.where(Membership.provider_id == provider_id, *IS_MEMBER)))
    return {
        each
        for each in addresses
        if proved & set(mailbox_indexes(vault, each).items())
        or signing_in & set(vault.indexes(NO_PROVIDER, each.text).items())
    }


def may_send_code(session: Session, vault: Vault, address: Address) -> bool:
    """Whether the portal sends a code to an address, of itself: an admitted provider holds it, or one in sandbox mode
    whose people's own it is. The same statements whatever the answer."""
    proved = select(AddressProof.sandbox_provider_id).where(
        AddressProof.has_index(mailbox_indexes(vault, address)), *IS_PROVED
    )
    members = select(Membership.provider_id).join(User, User.id == Membership.user_id)
    signing_in = members.where(User.has_index(vault.indexes(NO_PROVIDER, address.text)), *IS_MEMBER)
    may_choose = or_(Provider.admitted_at.is_not(None), Provider.id.in_(proved), Provider.id.in_(signing_in))
    is_held = address_holders.is_held(session, vault, address, may_choose)
    return is_held and address.takes_codes


def _indexes(rows: Iterable[AddressProof | User]) -> set[tuple[str, bytes | None]]:
    return {(name, getattr(row, name)) for row in rows for name in ("index_odd", "index_even")}
