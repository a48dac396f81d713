"""Fill in which mailbox recipients reach that an older release wrote, or one that knew mail services by another rule,
and what was said of it by another spelling."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.core.address_holders import find_mailbox_holders
from portal.core.addresses import MAILBOX_RULE, AddressKind, find_mailbox, read_canonical
from portal.core.ids import first_id
from portal.core.models import NO_PROVIDER, NodeCounter, ReassignedAddress, Recipient
from portal.core.models.inserts import insert_missing
from portal.core.models.recipient import latest
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import locking, reassigned_addresses
from portal.domain.consents.reassigned_addresses import NOTHING_KNOWN, SETTLED

AT_ONCE = 2000  # Rows of each table.
# How a NodeCounter is called that holds up to which row a table was read; the rule follows, in ten characters.
RECIPIENTS_READ, REASSIGNED_READ = "mb.", "ra."
POSITIONS = {Recipient: RECIPIENTS_READ, ReassignedAddress: REASSIGNED_READ}


@dataclass(frozen=True)
class _Alias:
    """A recipient whose mailbox is spelled otherwise, or was by an older rule; since when another person has it, as it
    was heard of this one."""

    id: int
    provider_id: int
    text: str
    reassigned_at: datetime | None


def index_mailboxes(session: Session, vault: Vault, at: datetime) -> bool:
    """Look at the next recipients, and at what was said of the next addresses; whether there may be more. Those that
    are new are looked at, too: a program of the release before may have written them."""
    rows = _take_next(
        session, Recipient, at,
        Recipient.provider_id, Recipient.kind, Recipient.address, Recipient.reassigned_anywhere_at,
        Recipient.mailbox_odd, Recipient.mailbox_even,
    )  # fmt: skip
    said = _take_next(session, ReassignedAddress, at, ReassignedAddress.address, ReassignedAddress.reassigned_at)
    aliases = [alias for row in rows for alias in _read_alias(vault, row)]
    moments = _find_moments(session, vault, aliases, (each for row in said for each in _read_said(vault, row)))
    _index(session, vault, aliases, moments)
    return AT_ONCE in (len(rows), len(said))


def _take_next(
    session: Session, model: type[Recipient | ReassignedAddress], at: datetime, *columns: InstrumentedAttribute[Any]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The next rows of a table. Where the last ones were read by another rule, it starts over: also where that is one
    of a newer release that was taken back."""
    prefix, name = POSITIONS[model], f"{POSITIONS[model]}{MAILBOX_RULE}"
    session.execute(delete(NodeCounter).where(NodeCounter.name.startswith(prefix), NodeCounter.name != name))
    insert_missing(session, NodeCounter, [{"name": name, "next": 0}])
    position = session.scalars(select(NodeCounter).where(NodeCounter.name == name).with_for_update()).one()
    following = select(model.id, *columns).where(model.id > position.next, model.id < first_id(at - SETTLED))
    rows = session.execute(following.order_by(model.id).limit(AT_ONCE)).all()
    if rows:
        position.next = rows[-1].id
    return rows


def _read_alias(vault: Vault, row: Row[*tuple[Any, ...]]) -> Iterator[_Alias]:
    if row.kind != AddressKind.EMAIL:
        return
    try:
        text = vault.read(row.address, Recipient.PLACE, row.provider_id, row.id)
    except CannotOpen:
        return
    if find_mailbox(text) != text or row.mailbox_odd or row.mailbox_even:
        yield _Alias(row.id, row.provider_id, text, row.reassigned_anywhere_at)


def _read_said(vault: Vault, row: Row[*tuple[Any, ...]]) -> Iterator[tuple[str, datetime]]:
    """An address that is no mailbox's own spelling, and since when another person has it."""
    try:
        text = vault.read(row.address, ReassignedAddress.PLACE, NO_PROVIDER, row.id)
    except CannotOpen:
        return
    if find_mailbox(text) != text:
        yield text, row.reassigned_at


def _find_moments(
    session: Session, vault: Vault, aliases: Sequence[_Alias], said: Iterable[tuple[str, datetime]]
) -> dict[str, datetime]:
    """Mailboxes that changed hands, as it was heard of one of their spellings, and when."""
    known = reassigned_addresses.find_known_changes(session, vault, {each.text for each in aliases})
    heard = list(said)
    for alias in aliases:
        anywhere = known.get(alias.text, NOTHING_KNOWN).reassigned_anywhere_at
        if since := latest(alias.reassigned_at, anywhere):
            heard.append((alias.text, since))
    moments: dict[str, datetime] = {}
    for text, since in heard:
        box = find_mailbox(text)
        moments[box] = max(since, moments.get(box, since))
    return moments


def _index(session: Session, vault: Vault, aliases: Sequence[_Alias], moments: Mapping[str, datetime]) -> None:
    """All recipients are locked at once, as elsewhere, before any is written."""
    addresses = {box: read_canonical(box) for box in moments}
    holders = {box: {each.id for each in find_mailbox_holders(session, vault, addresses[box])} for box in moments}
    for alias in aliases:
        holders.get(find_mailbox(alias.text), set()).add(alias.id)
    locking.lock_recipients(session, {each.id for each in aliases}.union(*holders.values()))
    if aliases:
        indexes = [{"id": each.id, **Recipient.mailbox_indexes(vault, each.provider_id, each.text)} for each in aliases]
        session.execute(update(Recipient), indexes)
    for box, at in moments.items():
        reassigned_addresses.spread(session, vault, addresses[box], holders[box], at)
