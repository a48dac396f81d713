"""Recipients with an address at any provider. Blind indexes are per provider, so each provider's index is computed."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import BigInteger, ColumnElement, LargeBinary, Select, cast, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.models import Provider, Recipient
from portal.core.vault import Vault

CHUNK = 1000  # Providers per statement.


def find_holders(session: Session, vault: Vault, address: Address) -> list[Recipient]:
    """The recipients with this address, at most one per provider."""
    found: dict[int, Recipient] = {}
    for theirs in _conditions(session, vault, address):
        found |= {recipient.id: recipient for recipient in session.scalars(select(Recipient).where(theirs))}
    return list(found.values())


def is_held(session: Session, vault: Vault, address: Address) -> bool:
    """Whether any provider holds the address. Each statement returns one count, so timing reveals nothing."""
    count = select(func.count()).select_from(Recipient)
    return sum([session.scalars(count.where(theirs)).one() for theirs in _conditions(session, vault, address)]) > 0


def _conditions(session: Session, vault: Vault, address: Address) -> Iterator[ColumnElement[bool]]:
    """One condition for each CHUNK of providers, two while keys rotate."""
    provider_ids = iter(session.scalars(select(Provider.id).order_by(Provider.id)).all())
    is_postgresql = session.get_bind(Recipient).dialect.name == "postgresql"
    pairs = _in_arrays if is_postgresql else _in_values
    while chunk := list(islice(provider_ids, CHUNK)):
        indexes = [vault.indexes(provider_id, address.text) for provider_id in chunk]
        for column in indexes[0]:
            is_one = tuple_(Recipient.provider_id, getattr(Recipient, column))
            yield is_one.in_(pairs(chunk, [each[column] for each in indexes]))


def _in_values(provider_ids: list[int], indexes: list[bytes]) -> list[tuple[int, bytes]]:
    return list(zip(provider_ids, indexes, strict=True))


def _in_arrays(provider_ids: list[int], indexes: list[bytes]) -> Select[int, bytes]:
    """Two array parameters instead of two thousand, so PostgreSQL plans the statement once."""
    both = func.unnest(cast(provider_ids, ARRAY(BigInteger)), cast(indexes, ARRAY(LargeBinary)))
    of = both.table_valued("provider_id", "index").render_derived()
    return select(of.c.provider_id, of.c.index)
