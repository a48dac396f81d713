"""Find or create the recipients behind a list of addresses; one address is one recipient of a provider."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import addresses
from portal.core.addresses import HIDDEN, Address, BadAddress, mask
from portal.core.database import is_one_of
from portal.core.ids import new_ids
from portal.core.models import Recipient
from portal.core.models.inserts import insert_missing
from portal.core.models.recipient import has_held_since, latest
from portal.core.vault import CannotOpen, KeyMissing, Vault, index_column
from portal.domain.consents import reassigned_addresses
from portal.domain.consents.reassigned_addresses import NOTHING_KNOWN, KnownChanges

Item = TypeVar("Item")
Indexes = dict[str, dict[str, bytes]]  # Blind indexes, by canonical address and column.
NONE_KNOWN: Mapping[int, str] = MappingProxyType({})
CHUNK = 5_000  # Of a statement.


def gather(
    session: Session, vault: Vault, provider_id: int, addresses: list[Address], at: datetime,
    ids: Mapping[str, int] | None = None,
) -> dict[str, int]:  # fmt: skip
    """Recipient ids by canonical address; missing ones are created, with their id of `ids` where there is one. One
    statement each: call with ≤ 5,000."""
    indexes = blind_indexes(vault, provider_id, (address.text for address in addresses))
    found = find_known_ids(session, vault, provider_id, indexes)
    missing = {address.text: address for address in addresses if address.text not in found}
    if missing:
        drawn = dict(zip(missing, new_ids(len(missing)), strict=True)) | dict(ids or {})
        new = {text: (drawn[text], address) for text, address in missing.items()}
        changes = reassigned_addresses.find_changes_for(session, vault, provider_id, new)
        insert_recipients(session, recipient_rows(vault, provider_id, new, indexes, at, changes))
        found |= find_known_ids(session, vault, provider_id, {text: indexes[text] for text in missing})
    return found


def recipient_rows(
    vault: Vault, provider_id: int, new: dict[str, tuple[int, Address]], indexes: Indexes, at: datetime,
    changes: Mapping[str, KnownChanges],
) -> list[dict[str, Any]]:  # fmt: skip
    """The rows of recipients to be created: {canonical address: (id, address)}. In one order, or two lists imported at
    once deadlock. `changes` are those that
    find_changes_for finds."""
    return [
        {
            "id": recipient_id,
            "provider_id": provider_id,
            "kind": address.kind,
            "mail_service": address.mail_service,
            "address": vault.seal(text, Recipient.PLACE, provider_id, recipient_id),
            "closed_at": (known := changes.get(text, NOTHING_KNOWN)).closed_at,
            "reassigned_anywhere_at": known.reassigned_anywhere_at,
            "reassigned_at": known.reassigned_at,
            "created_at": at,
            **indexes[text],
            **Recipient.mailbox_indexes(vault, provider_id, text),
        }
        for text, (recipient_id, address) in sorted(new.items())
    ]


def insert_recipients(session: Session, new: list[dict[str, Any]]) -> int:
    """Insert those that nobody created meanwhile; how many they were."""
    return insert_missing(session, Recipient, new)


def blind_indexes(vault: Vault, provider_id: int, texts: Iterable[str]) -> Indexes:
    return {text: vault.indexes(provider_id, text) for text in texts}


def held_since(session: Session, recipient_ids: list[int]) -> dict[int, datetime]:
    """Since when these addresses belong to who has them now, by recipient id; of those that changed hands."""
    moments = Recipient.reassigned_at, Recipient.closed_at, Recipient.reassigned_anywhere_at
    theirs = is_one_of(session, Recipient.id, recipient_ids), has_held_since()
    rows = session.execute(select(Recipient.id, *moments).where(*theirs))
    return {recipient_id: since for recipient_id, *each in rows if (since := latest(*each)) is not None}


def count_unknown(session: Session, vault: Vault, provider_id: int, addresses: list[Address]) -> int:
    """How many of these addresses the provider does not have. One statement: call with ≤ 5,000."""
    indexes = blind_indexes(vault, provider_id, (address.text for address in addresses))
    return len(indexes) - len(find_known_ids(session, vault, provider_id, indexes))


def find(session: Session, vault: Vault, provider_id: int, address: Address) -> Recipient | None:
    """The recipient with this address, if the provider has one."""
    same = Recipient.has_index(vault.indexes(provider_id, address.text))
    return session.scalar(select(Recipient).where(Recipient.provider_id == provider_id, same))


def parse_known(session: Session, vault: Vault, provider_id: int, text: str) -> Address:
    """Parse an address; one that the numbering plan, or the rules for mail, do not know (any more) where the provider
    has a recipient with it. Raises BadAddress."""
    return known_parser(session, vault, provider_id, [text])(text)


def known_parser(
    session: Session, vault: Vault, provider_id: int, texts: Iterable[str]
) -> Callable[[str], Address]:  # fmt: skip
    """`parse_known` for any of these texts, ≤ 10,000: whom the provider has is looked up once for all of them."""
    possible = {text: found for text in texts if (found := _find_possible(text)) is not None}
    known: set[str] = set()
    for some in chunks(sorted(set(possible.values())), CHUNK):
        known.update(find_known_ids(session, vault, provider_id, blind_indexes(vault, provider_id, some)))

    def parse(text: str) -> Address:
        is_known = possible.get(text) in known
        return addresses.parse_possible(text) if is_known else addresses.parse(text)

    return parse


def _find_possible(text: str) -> str | None:
    try:
        addresses.parse(text)
    except BadAddress as bad:
        return bad.possible
    return None


def address_of(vault: Vault, recipient: Recipient) -> str:
    """A recipient's address in clear. Raises CannotOpen."""
    return vault.read(recipient.address, Recipient.PLACE, recipient.provider_id, recipient.id)


def read_address(vault: Vault, recipient: Recipient) -> Address:
    """A recipient's address. Raises CannotOpen."""
    return addresses.read_canonical(address_of(vault, recipient))


def read_addresses(vault: Vault, found: Iterable[Recipient]) -> dict[Recipient, Address]:
    """Those of recipients that can be opened: to others nothing can be sent."""
    opened = {}
    for each in found:
        with suppress(CannotOpen):
            opened[each] = read_address(vault, each)
    return opened


def known_or_opened(session: Session, vault: Vault, recipient_id: int, known: Mapping[int, str]) -> str:
    """A recipient's address: of `known`, canonical and by recipient, or opened, which raises CannotOpen."""
    return known.get(recipient_id) or address_of(vault, session.get_one(Recipient, recipient_id))


def masked_address(vault: Vault, recipient: Recipient) -> str:
    """A recipient's address as it is shown; where it cannot be opened, nothing of it: it must not hide all others."""
    try:
        return mask(address_of(vault, recipient))
    except (CannotOpen, KeyMissing):
        return HIDDEN


def find_known_ids(session: Session, vault: Vault, provider_id: int, indexes: Indexes) -> dict[str, int]:
    """Recipient ids by canonical address, of those that the provider holds. One statement a key generation."""
    found: dict[str, int] = {}
    for column in map(index_column, vault.keys):
        texts = {each[column]: text for text, each in indexes.items() if text not in found}
        indexed = getattr(Recipient, column)
        theirs = is_one_of(session, indexed, texts)
        mine = select(indexed, Recipient.id).where(Recipient.provider_id == provider_id, theirs)
        found |= {texts[index]: recipient_id for index, recipient_id in session.execute(mine)}
    return found


def chunks(items: list[Item], size: int) -> Iterable[list[Item]]:
    """The list in chunks, so that no transaction holds the writer for long."""
    return (items[start : start + size] for start in range(0, len(items), size))
