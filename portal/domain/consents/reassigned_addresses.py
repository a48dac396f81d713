"""Since when addresses may be somebody else's, as one firm heard and others must know.

A closed line is a fact about the number, which ends grants at every firm. "This is not me" by one firm's link proves
nothing of another's records: there it counts for what is shown only. Each firm's recipients hold both; tables of their
own keep them for firms that get the address later.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, literal, or_, select, union_all, update
from sqlalchemy.orm import Session

from portal.core import journal
from portal.core.address_holders import find_mailbox_holders
from portal.core.addresses import Address, AddressKind, find_mailbox, read_canonical
from portal.core.database import is_one_of
from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, ClosedLine, Provider, ReassignedAddress, Recipient
from portal.core.models.inserts import insert_rows
from portal.core.models.recipient import MAILBOX_COLUMNS, SPELLED, has_own_held_since, is_unspread, latest
from portal.core.vault import CannotOpen, Vault, index_column
from portal.domain.consents import locking

MOMENTS = {ClosedLine: ClosedLine.closed_at, ReassignedAddress: ReassignedAddress.reassigned_at}
SETTLED = timedelta(minutes=1)  # Longer than any transaction that brings addresses.


@dataclass(frozen=True)
class KnownChanges:
    """What is known of an address: as Recipient has it."""

    closed_at: datetime | None = None
    reassigned_anywhere_at: datetime | None = None  # As any firm heard,
    reassigned_at: datetime | None = None  # and as its own did; of a new recipient by whichever spelling.
    # When the firm heard so by whichever spelling, of recipients that it has.
    said_at: frozenset[datetime] = field(default=frozenset(), kw_only=True)

    @property
    def own_held_since(self) -> datetime | None:
        """Since when what the firm is told is of who has the address now."""
        return latest(self.said_last_at, self.closed_at)

    @property
    def said_last_at(self) -> datetime | None:
        """When the firm last heard "this is not me", by whichever spelling."""
        return latest(*self.said_at, self.reassigned_at)

    def changed_hands_after(self, at: datetime) -> bool:
        """As Recipient.changed_hands_after, of an address that the firm may not have."""
        since = latest(self.own_held_since, self.reassigned_anywhere_at)
        return since is not None and since > at

    @property
    def spelling_held_since(self) -> datetime | None:
        """The same of what it held already: by another spelling nobody said anything of it."""
        return latest(self.reassigned_at, self.closed_at)

    def held_since(self, told_at: datetime) -> datetime | None:
        """The same of what the firm was told then: by another spelling, what was said before."""
        return latest(*(each for each in self.said_at if each < told_at), self.spelling_held_since)


NOTHING_KNOWN = KnownChanges()


def find_known_changes(session: Session, vault: Vault, texts: Iterable[str]) -> dict[str, KnownChanges]:
    """What is known of these canonical addresses, where anything is: of their mailboxes, however these are spelled. One
    statement a key generation: call with ≤ 5,000."""
    boxes = {text: {text, find_mailbox(text)} for text in texts}
    indexes = {box: vault.indexes(NO_PROVIDER, box) for box in chain.from_iterable(boxes.values())}
    found: dict[str, dict[str, datetime]] = {}
    for column in map(index_column, vault.keys):
        by_index = {each[column]: box for box, each in indexes.items()}
        of_tables = [
            select(indexed := getattr(model, column), moment, literal(model.__tablename__)).where(
                is_one_of(session, indexed, by_index)
            )
            for model, moment in MOMENTS.items()
        ]
        for index, at, table in session.execute(union_all(*of_tables)):
            its = found.setdefault(by_index[index], {})
            its[table] = max(at, its.get(table, at))
    moments = {text: [found[box] for box in its if box in found] for text, its in boxes.items()}
    return {
        text: KnownChanges(*(latest(*(each.get(model.__tablename__) for each in its)) for model in MOMENTS))
        for text, its in moments.items()
        if its
    }


def find_changes_for(
    session: Session, vault: Vault, provider_id: int, texts: Collection[str]
) -> dict[str, KnownChanges]:  # fmt: skip
    """The same of addresses that a firm gets now, with what it heard itself."""
    known, heard = find_known_changes(session, vault, texts), find_heard(session, vault, provider_id, texts)
    return known | {text: replace(known.get(text, NOTHING_KNOWN), reassigned_at=at) for text, at in heard.items()}


def find_heard(session: Session, vault: Vault, provider_id: int, texts: Iterable[str]) -> dict[str, datetime]:
    """When who has these e-mail addresses said "this is not me" to a firm, by whichever spelling of their mailboxes."""
    boxes, found = {text: find_mailbox(text) for text in texts if "@" in text}, dict[str, datetime]()
    for column in map(index_column, vault.keys) if boxes else ():
        box = func.coalesce(getattr(Recipient, MAILBOX_COLUMNS[column]), getattr(Recipient, column))
        is_heard = Recipient.reassigned_at.is_not(None), Recipient.kind == AddressKind.EMAIL
        of_firm = select(box, func.max(Recipient.reassigned_at)).where(Recipient.provider_id == provider_id, *is_heard)
        heard: dict[bytes, datetime] = dict(session.execute(of_firm.group_by(box)).all())
        if not heard:
            continue
        own = {box: vault.indexes(provider_id, box)[column] for box in set(boxes.values())}
        its = {text: heard[own[box]] for text, box in boxes.items() if own[box] in heard}
        found |= {text: max(at, found.get(text, at)) for text, at in its.items()}
    return found


def find_own_changes(
    session: Session, recipient_ids: Collection[int], firms: Collection[int]
) -> dict[int, KnownChanges]:  # fmt: skip
    """Since when these recipients' addresses are of who has them now, of those that changed hands as their own firms
    heard; `firms` are those of e-mail addresses among them. Two statements: call with ≤ 5,000."""
    columns, is_theirs = (Recipient.closed_at, Recipient.reassigned_at), is_one_of(session, Recipient.id, recipient_ids)
    own = {
        its_id: KnownChanges(closed_at, None, reassigned_at) for its_id, closed_at, reassigned_at
        in session.execute(select(Recipient.id, *columns).where(is_theirs, has_own_held_since()))
    }  # fmt: skip
    said = read_said(session, Recipient.provider_id.in_(firms)) if firms else {}
    its = own.keys() | said.keys() & set(recipient_ids)
    return {each: replace(own.get(each, NOTHING_KNOWN), said_at=said.get(each, frozenset())) for each in its}


def find_own_change(session: Session, recipient: Recipient) -> KnownChanges:
    """The same of one recipient, which reads no other mailboxes of its firm."""
    own = KnownChanges(recipient.closed_at, None, recipient.reassigned_at)
    if recipient.kind != AddressKind.EMAIL:
        return own
    spelled = [
        or_(getattr(Recipient, index) == box, getattr(Recipient, mailbox) == box)
        for index, mailbox in MAILBOX_COLUMNS.items()
        if (box := getattr(recipient, mailbox) or getattr(recipient, index)) is not None
    ]
    said = read_said(session, Recipient.provider_id == recipient.provider_id, or_(*spelled))
    return replace(own, said_at=said.get(recipient.id, frozenset()))


def read_said(session: Session, *which: ColumnElement[bool]) -> dict[int, frozenset[datetime]]:
    """When who has the mailbox of these recipients said "this is not me" to their firm, by whichever spelling; of
    recipients where that was said, on which `which` are conditions."""
    moments: dict[tuple[int, bytes], set[datetime]] = {}
    for provider_id, box, at in session.execute(_select_moments(*which)):
        moments.setdefault((provider_id, box), set()).add(at)
    by_box: dict[tuple[object, object], frozenset[datetime]] = {box: frozenset(each) for box, each in moments.items()}
    said: dict[int, frozenset[datetime]] = {}
    for its_id, provider_id, box in session.execute(select_said(*which)):
        found = by_box.get((provider_id, box), frozenset())
        said[its_id] = said[its_id] | found if its_id in said else found
    return said


def select_said(*which: ColumnElement[bool]) -> CompoundSelect[int, int, bytes]:
    """These recipients with their mailboxes, once for each key generation, however many spellings it was said by. Found
    by ix_recipient_disowned."""
    found = []
    for index, mailbox in MAILBOX_COLUMNS.items():
        box = _box_of(index, mailbox)
        is_said = Recipient.reassigned_at.is_not(None), box.is_not(None)
        boxes = select(Recipient.provider_id, box.label("box")).where(*is_said, *which).distinct().subquery()
        for column in (getattr(SPELLED, index), getattr(SPELLED, mailbox)):
            is_theirs = and_(SPELLED.provider_id == boxes.c.provider_id, column == boxes.c.box)
            found.append(select(SPELLED.id, boxes.c.provider_id, boxes.c.box).join(boxes, is_theirs))
    return union_all(*found)


def _select_moments(*which: ColumnElement[bool]) -> CompoundSelect[int, bytes, datetime]:
    """When it was said of which mailboxes."""
    found = []
    for index, mailbox in MAILBOX_COLUMNS.items():
        box = _box_of(index, mailbox)
        said = select(Recipient.provider_id, box, Recipient.reassigned_at)
        found.append(said.where(Recipient.reassigned_at.is_not(None), box.is_not(None), *which))
    return union_all(*found)


def _box_of(index: str, mailbox: str) -> ColumnElement[bytes]:
    return func.coalesce(getattr(Recipient, mailbox), getattr(Recipient, index))


def close_lines(session: Session, vault: Vault, closures: Mapping[str, datetime]) -> None:
    """Keep that these lines were closed then, for firms that get the number later; call with ≤ 5,000."""
    known = find_known_changes(session, vault, closures)
    before = {text: known.get(text, NOTHING_KNOWN).closed_at for text in closures}
    rows = [
        _sealed(vault, ClosedLine.PLACE, text) | {"closed_at": at}
        for text, at in closures.items()
        if (earlier := before[text]) is None or earlier < at
    ]
    insert_rows(session, ClosedLine, rows)
    journal.note(session, ClosedLine, rows)


def note_closures(session: Session, closed_at: Mapping[int, datetime]) -> None:
    """Note at these recipients, which are locked, when their lines were closed. Told again, or older than what is
    known, it leaves the present holder's reference."""
    theirs = select(Recipient).where(is_one_of(session, Recipient.id, closed_at))
    for recipient in session.scalars(theirs.execution_options(populate_existing=True)):
        since = latest(recipient.closed_at, closed_at[recipient.id])
        if since != recipient.closed_at:
            recipient.closed_at, recipient.reference = since, None


def lock_holders(
    session: Session, vault: Vault, whose: Sequence[Recipient], address: Address
) -> tuple[set[int], bool]:  # fmt: skip
    """Lock the recipients of this address's mailbox, before any other row: at all firms where what the firms of these
    hear counts at all of them, at these alone where all are in sandbox mode, in which anybody may say anything. Which
    they are, and whether it counts at all firms."""
    is_theirs = Provider.id.in_({each.provider_id for each in whose})
    admitted = select(Provider.id).where(is_theirs, Provider.admitted_at.is_not(None)).limit(1)
    is_for_all = session.scalar(admitted) is not None
    found = find_mailbox_holders(session, vault, address, None if is_for_all else is_theirs)
    holders = {each.id for each in (*whose, *found)}
    locking.lock_recipients(session, holders)
    return holders, is_for_all


def note_said(session: Session, whose: Collection[Recipient], holders: Collection[int], at: datetime) -> None:
    """Note at these recipients that who has them said "this is not me". What their firms' programs call the earlier
    holder names nobody any more, by whichever spelling of the mailbox, whose recipients (`holders`) are locked. Told
    again, or older than what is known, it leaves the present holder's reference."""
    news = [each for each in whose if each.reassigned_at is None or each.reassigned_at < at]
    for recipient in news:
        recipient.reassigned_at = at
    is_theirs = Recipient.id.in_(holders), Recipient.provider_id.in_({each.provider_id for each in news})
    session.execute(update(Recipient).where(*is_theirs, Recipient.reference.is_not(None)).values(reference=None))


def spread(session: Session, vault: Vault, address: Address, holders: Collection[int], at: datetime) -> None:
    """Note that the holder of an address said "this is not me": at these recipients, which are locked, and for firms
    that get the address later."""
    known = Recipient.reassigned_anywhere_at
    theirs = update(Recipient).where(Recipient.id.in_(holders), or_(known.is_(None), known < at))
    session.execute(theirs.values(reassigned_anywhere_at=at))
    box = address.reaches  # It changed hands, not one spelling of it.
    before = find_known_changes(session, vault, [box]).get(box, NOTHING_KNOWN).reassigned_anywhere_at
    if before is None or before < at:
        session.add(ReassignedAddress(**_sealed(vault, ReassignedAddress.PLACE, box), reassigned_at=at))


def unspread_recipients(at: datetime) -> Select[int]:
    """Ids of recipients whose "this is not me" other firms may not know: where a journal restored it, or another firm
    got the address in that very moment. What a firm heard in sandbox mode counts nowhere else, also once it is
    admitted."""
    heard = select(Recipient.id).join(Provider, Provider.id == Recipient.provider_id)
    is_settled = Recipient.reassigned_at < at - SETTLED
    return heard.where(is_unspread(), is_settled, Recipient.reassigned_at >= Provider.admitted_at)


def spread_again(session: Session, vault: Vault, recipient_id: int) -> None:
    """Spread what one of unspread_recipients says, which is none of them then; nothing where another process did."""
    recipient = session.scalar(select(Recipient).where(Recipient.id == recipient_id, is_unspread()))
    if recipient is None or (at := recipient.reassigned_at) is None:
        return
    try:
        text = vault.read(recipient.address, Recipient.PLACE, recipient.provider_id, recipient.id)
    except CannotOpen:  # Nothing can be sent there, and other firms' recipients are not found.
        recipient.reassigned_anywhere_at = at
        return
    address = read_canonical(text)
    holders, _ = lock_holders(session, vault, [recipient], address)
    spread(session, vault, address, holders, at)


def _sealed(vault: Vault, place: str, text: str) -> dict[str, Any]:
    its_id = new_id()
    return {"id": its_id, "address": vault.seal(text, place, NO_PROVIDER, its_id)} | vault.indexes(NO_PROVIDER, text)
