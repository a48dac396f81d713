"""Export of recipients: each address, when it was added, and the channels on which messages may be sent."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.core.addresses import AddressKind
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Brand, Consent, Decision, Difference, Recipient, is_sandbox_recipient
from portal.core.models.recipient import latest
from portal.core.vault import Vault
from portal.domain.consents.may_send import may_send
from portal.services.exports.filters import ExportFilter
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
    held_since: datetime | None  # What was before may be another person's (Recipient.own_held_since).


def count(session: Session, wanted: ExportFilter, at: datetime) -> int:
    return session.execute(select(func.count()).select_from(Recipient).where(*_conditions(wanted))).scalar_one()


def rows(session: Session, vault: Vault, wanted: ExportFilter, at: datetime) -> Iterator[ExportedRecipient]:
    """In the order in which they were added."""
    addresses = AddressReader(vault, wanted.provider_id)
    columns = select(
        Recipient.id, Recipient.address, Recipient.kind, Recipient.created_at, Recipient.reassigned_at,
        Recipient.closed_at,
    )  # fmt: skip
    for page in read_pages(session, columns.where(*_conditions(wanted)), Recipient.id):
        may, refused = _channels(session, wanted, [each.id for each in page], at)
        for each in page:
            address = addresses.read(each.id, each.address)
            held_since = latest(each.reassigned_at, each.closed_at)
            channels = _ordered(may[each.id]), _ordered(refused[each.id])
            yield ExportedRecipient(address, each.kind, each.created_at, *channels, held_since)


def _channels(
    session: Session, wanted: ExportFilter, recipient_ids: list[int], at: datetime
) -> tuple[ChannelsOf, ChannelsOf]:
    consents = (
        select(Consent.recipient_id, Consent.channel, Consent.status, may_send(at).label("may_send"))
        .join(Brand, Brand.id == Consent.brand_id)
        .where(Consent.recipient_id.in_(recipient_ids), *wanted.brand_conditions(Consent.brand_id))
    )
    may: ChannelsOf = defaultdict(set)
    refused: ChannelsOf = defaultdict(set)
    for consent in session.execute(consents):
        if consent.may_send:
            may[consent.recipient_id].add(consent.channel)
        if consent.status == Status.REFUSED:
            refused[consent.recipient_id].add(consent.channel)
    return may, refused


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
    )  # fmt: skip
    if wanted.brand_id is not None:
        yield exists().where(Consent.recipient_id == Recipient.id, Consent.brand_id == wanted.brand_id)
    elif wanted.with_sandbox is False:
        yield ~is_sandbox_recipient(wanted.provider_id)
