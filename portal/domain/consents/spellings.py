"""By which other spellings firms have one's mailbox: what a person refuses is refused by each, also by those that the
firm gets later, and a firm that has very many keeps nobody waiting."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from portal.core import address_holders
from portal.core.addresses import Address, AddressKind, find_mailbox
from portal.core.database import is_one_of
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Brand, Consent, Recipient, mailbox_refused_at
from portal.core.models.recipient import MAILBOX_COLUMNS
from portal.core.models.trial_refusals import unrepeated_at
from portal.core.vault import Vault, index_column
from portal.domain.consents.recipients import Indexes, blind_indexes

MOST_KEYS = 1000  # Consents at other spellings than the said one, in one act.
MOST_KNOWN = 5000  # Recipients that are looked at.


def find_everywhere(
    session: Session, vault: Vault, address: Address, own: Collection[Recipient]
) -> tuple[list[Recipient], int]:  # fmt: skip
    """The recipients of an address's mailbox at all firms beside these, in turns; how many there are beyond. None of a
    telephone, which has one spelling."""
    if address.kind != AddressKind.EMAIL:
        return [], 0
    ids = {each.id for each in own}
    holders = address_holders.find_mailbox_holders(session, vault, address)
    others = address_holders.take_turns(each for each in holders if each.id not in ids)
    return others[:MOST_KNOWN], len(others[MOST_KNOWN:])


def find_at(session: Session, vault: Vault, provider_id: int, address: Address) -> list[Recipient]:
    """A provider's recipients of an address's mailbox by other spellings than this, in one statement; of a telephone
    in none."""
    if address.kind != AddressKind.EMAIL:
        return []
    box = vault.indexes(provider_id, address.reaches)
    spelled_otherwise = {MAILBOX_COLUMNS[name]: index for name, index in box.items()}
    is_theirs = Recipient.has_index(box) | Recipient.has_index(spelled_otherwise)
    found = session.scalars(select(Recipient).where(Recipient.provider_id == provider_id, is_theirs)).all()
    said = vault.indexes(provider_id, address.text).items()
    others = [each for each in found if all(getattr(each, name) != index for name, index in said)]
    return address_holders.take_turns(others)[:MOST_KNOWN]


def find_refusals(
    session: Session, vault: Vault, brand: Brand, addresses: Indexes, at: datetime
) -> dict[str, datetime]:  # fmt: skip
    """When the people of these e-mail addresses, by canonical address, last refused a brand by another spelling of
    their mailbox (mailbox_refused_at, or unrepeated_at), as of `at`. One statement a key generation: call with ≤ 5,000.
    """
    boxes, found = {text: find_mailbox(text) for text in addresses}, dict[str, datetime]()
    indexes = blind_indexes(vault, brand.provider_id, set(boxes.values()).difference(boxes)) | addresses
    for column in map(index_column, vault.keys) if boxes else ():
        own = {each: its[column] for each, its in indexes.items()}
        # Of each mailbox the two spellings that were refused last: one of them is not the text's own.
        newest = defaultdict[bytes, dict[bytes, datetime]](dict)
        refusals = [
            (max(times), box, spelling)
            for box, spelling, *found_at in session.execute(_refusals_of(session, brand, column, boxes, own, at))
            if (times := [each for each in found_at if each is not None])
        ]
        for refused_at, box, spelling in sorted(refusals, reverse=True):
            if len(newest[box]) < 2:
                newest[box].setdefault(spelling, refused_at)
        for text, box in boxes.items():
            others = [each for spelling, each in newest.get(own[box], {}).items() if spelling != own[text]]
            if others:
                found[text] = max(*others, found.get(text, others[0]))
    return found


def find_refusals_at(
    session: Session, vault: Vault, brand: Brand, mails: Mapping[str, int], at: datetime
) -> dict[int, datetime]:  # fmt: skip
    """The same by recipient; `mails` are the recipients' ids by canonical address."""
    found = find_refusals(session, vault, brand, blind_indexes(vault, brand.provider_id, mails), at)
    return {mails[text]: refused_at for text, refused_at in found.items()}


def _refusals_of(
    session: Session, brand: Brand, column: str, boxes: Mapping[str, str], own: Mapping[str, bytes],
    at: datetime,
) -> Select[*tuple[Any, ...]]:  # fmt: skip
    """The mailboxes' spellings, by one generation's indexes, with when each refused the brand and, unrepeated there,
    before the admission, if it did."""
    index, mailbox = getattr(Recipient, column), getattr(Recipient, MAILBOX_COLUMNS[column])
    is_theirs = and_(mailbox.is_not(None), is_one_of(session, mailbox, {own[box] for box in boxes.values()}))
    if spelled_otherwise := {own[box] for text, box in boxes.items() if text != box}:
        is_theirs = or_(is_theirs, is_one_of(session, index, spelled_otherwise))
    refused_at = mailbox_refused_at(Recipient.id, brand.id, at), unrepeated_at(brand.id, Recipient.id, Channel.EMAIL)
    columns = select(func.coalesce(mailbox, index), index, *refused_at)
    return columns.where(Recipient.provider_id == brand.provider_id, is_theirs)


def choose_for_one_act(
    session: Session, others: Sequence[Recipient], brands: Mapping[int, Sequence[Brand]]
) -> tuple[list[Recipient], int]:  # fmt: skip
    """Those of a mailbox's recipients at which one act refuses these brands, by provider: first those where something
    is not refused yet, then those whose firm has not heard that it is somebody else's. And how many it leaves at which
    something is not refused."""
    counts = {each: len(brands[each.provider_id]) for each in others}
    if sum(counts.values()) <= MOST_KEYS:
        return list(others), 0
    refused = _find_refused(session, counts, {brand.id for some in brands.values() for brand in some})
    chosen = take_first(sorted(others, key=lambda each: (each in refused, each.reassigned_at is not None)), counts)
    return chosen, len(set(others).difference(refused, chosen))


def take_first(ordered: Iterable[Recipient], counts: Mapping[Recipient, int]) -> list[Recipient]:
    """The first ones, as far as one act goes, by how many consents are refused at each; one at least."""
    taken: list[Recipient] = []
    keys = 0
    for each in ordered:
        keys += counts[each]
        if taken and keys > MOST_KEYS:
            break
        taken.append(each)
    return taken


def _find_refused(session: Session, counts: Mapping[Recipient, int], brand_ids: Collection[int]) -> set[Recipient]:
    """Those at which as many of these brands are refused, for every recipient type."""
    by_id = {each.id: each for each in counts}
    is_refused = func.min(case((Consent.status == Status.REFUSED, 1), else_=0)) == 1
    refused = select(Consent.recipient_id, Consent.brand_id).where(
        is_one_of(session, Consent.recipient_id, list(by_id)), is_one_of(session, Consent.brand_id, brand_ids),
        Consent.channel == Channel.EMAIL,
    )  # fmt: skip
    keys = refused.group_by(Consent.recipient_id, Consent.brand_id).having(is_refused).subquery()
    rows = session.execute(select(keys.c.recipient_id, func.count()).group_by(keys.c.recipient_id))
    return {by_id[recipient_id] for recipient_id, count in rows if count == counts[by_id[recipient_id]]}
