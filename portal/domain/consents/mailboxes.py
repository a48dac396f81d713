"""Fill in which mailbox recipients reach that an older release wrote, and what was said of it by another spelling."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from portal.core.address_holders import find_mailbox_holders
from portal.core.addresses import AddressKind, find_mailbox, read_canonical
from portal.core.ids import first_id
from portal.core.models import NodeCounter, Recipient
from portal.core.models.inserts import insert_missing
from portal.core.models.recipient import latest
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import locking, reassigned_addresses
from portal.domain.consents.reassigned_addresses import NOTHING_KNOWN, SETTLED

AT_ONCE = 2000  # Recipients.
POSITION = "by_service"  # The row whose `next` is the last recipient that was looked at.


@dataclass(frozen=True)
class _Alias:
    """A recipient whose mailbox is spelled otherwise; since when another person has it, as it was heard of this one."""

    id: int
    provider_id: int
    text: str
    reassigned_at: datetime | None


def index_mailboxes(session: Session, vault: Vault, at: datetime) -> bool:
    """Look at the next recipients; whether there may be more. Those that are new are looked at, too: a program of the
    release before may have written them."""
    insert_missing(session, NodeCounter, [{"name": POSITION, "next": 0}])
    position = session.scalars(select(NodeCounter).where(NodeCounter.name == POSITION).with_for_update()).one()
    columns = Recipient.id, Recipient.provider_id, Recipient.kind, Recipient.address, Recipient.reassigned_anywhere_at
    following = select(*columns).where(Recipient.id > position.next, Recipient.id < first_id(at - SETTLED))
    rows = session.execute(following.order_by(Recipient.id).limit(AT_ONCE)).all()
    if found := [alias for row in rows for alias in _read_alias(vault, row)]:
        _index(session, vault, found)
    if rows:
        position.next = rows[-1].id
    return len(rows) == AT_ONCE


def _read_alias(vault: Vault, row: Row[*tuple[Any, ...]]) -> Iterator[_Alias]:
    if row.kind != AddressKind.EMAIL:
        return
    try:
        text = vault.read(row.address, Recipient.PLACE, row.provider_id, row.id)
    except CannotOpen:
        return
    if find_mailbox(text) != text:
        yield _Alias(row.id, row.provider_id, text, row.reassigned_anywhere_at)


def _index(session: Session, vault: Vault, found: list[_Alias]) -> None:
    """All recipients are locked at once, as elsewhere, before any is written."""
    known = reassigned_addresses.find_known_changes(session, vault, {each.text for each in found})
    changes = []
    for alias in found:
        address = read_canonical(alias.text)
        at = latest(alias.reassigned_at, known.get(alias.text, NOTHING_KNOWN).reassigned_anywhere_at)
        if at is not None:
            holders = {alias.id, *(each.id for each in find_mailbox_holders(session, vault, address))}
            changes.append((address, holders, at))
    locking.lock_recipients(session, {each.id for each in found}.union(*(holders for _, holders, _ in changes)))
    indexes = [{"id": each.id, **Recipient.mailbox_indexes(vault, each.provider_id, each.text)} for each in found]
    session.execute(update(Recipient), indexes)
    for address, holders, at in changes:
        reassigned_addresses.spread(session, vault, address, holders, at)
