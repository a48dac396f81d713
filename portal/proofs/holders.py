"""Who holds an address: the blind index is each provider's own, so all are asked, whether it is known or not."""

from itertools import islice

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from portal.addresses import Address
from portal.models import Provider, Recipient
from portal.vault import Vault

CHUNK = 500  # Providers a statement.


def holders(session: Session, vault: Vault, address: Address) -> list[Recipient]:
    """The recipients with this address, at most one of each provider. As many statements as there are providers to ask
    (a CHUNK each, two while keys rotate), wherever it is found."""
    found: dict[int, Recipient] = {}
    provider_ids = iter(session.scalars(select(Provider.id).order_by(Provider.id)).all())
    while chunk := list(islice(provider_ids, CHUNK)):
        indexes = {provider_id: vault.indexes(provider_id, address.text) for provider_id in chunk}
        for column in indexes[chunk[0]]:
            pairs = [(provider_id, each[column]) for provider_id, each in indexes.items()]
            theirs = tuple_(Recipient.provider_id, getattr(Recipient, column)).in_(pairs)
            found |= {recipient.id: recipient for recipient in session.scalars(select(Recipient).where(theirs))}
    return list(found.values())
