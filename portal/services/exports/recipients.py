"""Export of recipients: each address, when it was added, and the channels on which messages may be sent."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.core.addresses import AddressKind
from portal.core.iys_protocol import Channel
from portal.core.models import (
    Brand,
    Consent,
    Decision,
    Difference,
    Recipient,
    has_mailbox_refusal,
    is_sandbox_recipient,
)
from portal.core.models.recipient import has_other_spelling
from portal.core.models.trial_refusals import NEW_BRAND, TRIAL, TRIAL_CONSENT, select_unrepeated
from portal.core.vault import Vault
from portal.domain.consents import reassigned_addresses
from portal.domain.consents.may_send import is_refused, may_send
from portal.services.exports.filters import SPELLED_DECISION, ExportFilter
from portal.services.exports.paging import AddressReader, read_pages

ChannelsOf = dict[int, set[Channel]]  # By recipient.


@dataclass(frozen=True, slots=True)
class ExportedRecipient:
    """A channel granted at one brand and refused at another stands in both lists."""

    address: str | None = field(repr=False)  # None: it cannot be opened.
    kind: AddressKind
    since: datetime
    may_send: tuple[Channel, ...]
    refused: tuple[Channel, ...]
    held_since: datetime | None  # What was before may be another person's (KnownChanges.own_held_since).


def count(session: Session, wanted: ExportFilter, at: datetime) -> int:
    return session.execute(select(func.count()).select_from(Recipient).where(*_conditions(wanted))).scalar_one()


def rows(session: Session, vault: Vault, wanted: ExportFilter, at: datetime) -> Iterator[ExportedRecipient]:
    """In the order in which they were added."""
    addresses = AddressReader(vault, wanted.provider_id)
    columns = select(Recipient.id, Recipient.address, Recipient.kind, Recipient.created_at)
    for page in read_pages(session, columns.where(*_conditions(wanted)), Recipient.id):
        ids = [each.id for each in page]
        may, refused = _channels(session, wanted, ids, at)
        changes = reassigned_addresses.find_own_changes(session, ids, [wanted.provider_id])
        for each in page:
            address = addresses.read(each.id, each.address)
            held_since = changes[each.id].own_held_since if each.id in changes else None
            channels = _ordered(may[each.id]), _ordered(refused[each.id])
            yield ExportedRecipient(address, each.kind, each.created_at, *channels, held_since)


def _channels(
    session: Session, wanted: ExportFilter, recipient_ids: list[int], at: datetime
) -> tuple[ChannelsOf, ChannelsOf]:
    consents = (
        select(
            Consent.recipient_id, Consent.channel, may_send(at).label("may_send"), is_refused(at).label("is_refused")
        )
        .join(Brand, Brand.id == Consent.brand_id)
        .where(Consent.recipient_id.in_(recipient_ids), *wanted.brand_conditions(Consent.brand_id))
    )  # fmt: skip
    may: ChannelsOf = defaultdict(set)
    refused: ChannelsOf = defaultdict(set)
    for consent in session.execute(consents):
        if consent.may_send:
            may[consent.recipient_id].add(consent.channel)
        if consent.is_refused:
            refused[consent.recipient_id].add(consent.channel)
    for recipient_id, channel in _refusals_elsewhere(session, wanted, recipient_ids):
        refused[recipient_id].add(channel)
    return may, refused


def _refusals_elsewhere(
    session: Session, wanted: ExportFilter, recipient_ids: list[int]
) -> Iterator[tuple[int, Channel]]:
    """What was refused without a consent of this recipient's: before the admission, where it is not repeated yet, or by
    another spelling of the mailbox, as campaigns exclude it."""
    before = select_unrepeated(TRIAL_CONSENT.recipient_id, TRIAL.channel).where(
        NEW_BRAND.provider_id == wanted.provider_id, TRIAL_CONSENT.recipient_id.in_(recipient_ids),
        *wanted.brand_conditions(NEW_BRAND.id),
    )  # fmt: skip
    for recipient_id, channel in session.execute(before):
        yield recipient_id, channel
    spelled = select(Recipient.id).where(
        Recipient.id.in_(recipient_ids), Recipient.kind == AddressKind.EMAIL, has_other_spelling(Recipient)
    )
    if found := session.scalars(spelled).all():
        theirs = Brand.provider_id == wanted.provider_id, *wanted.brand_conditions(Brand.id)
        by_mailbox = exists().where(*theirs, has_mailbox_refusal(Recipient, Brand.id)).correlate(Recipient)
        for recipient_id in session.scalars(select(Recipient.id).where(Recipient.id.in_(found), by_mailbox)):
            yield recipient_id, Channel.EMAIL


def _ordered(channels: set[Channel]) -> tuple[Channel, ...]:
    return tuple(each for each in Channel if each in channels)


def _conditions(wanted: ExportFilter) -> Iterator[ColumnElement[bool]]:
    yield Recipient.provider_id == wanted.provider_id
    told = aliased(Decision)
    decided = wanted.moments_of(told, told.recipient_id == Recipient.id, *wanted.brand_conditions(told.brand_id))
    of_brand = Consent.recipient_id == Recipient.id, *wanted.brand_conditions(Consent.brand_id)
    yield from wanted.day_conditions(
        Recipient.created_at, Recipient.reassigned_at, Recipient.closed_at, *decided,
        wanted.last_of(Consent.iys_as_of, *of_brand),
        wanted.last_of(Difference.found_at, Difference.consent_id == Consent.id, *of_brand),
        elsewhere=[wanted.is_in_days_of_mailbox(Recipient, *wanted.brand_conditions(SPELLED_DECISION.brand_id))],
    )  # fmt: skip
    if wanted.brand_id is not None:
        yield exists().where(Consent.recipient_id == Recipient.id, Consent.brand_id == wanted.brand_id)
    elif wanted.with_sandbox is False:
        yield ~is_sandbox_recipient(wanted.provider_id)
