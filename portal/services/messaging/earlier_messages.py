"""What left for an address, in whose name and by which of our accounts; and which of it a reply may answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import aliased

from portal.core import address_holders, restores
from portal.core.addresses import Address
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    Brand,
    Campaign,
    Decision,
    DecisionOrigin,
    Message,
    MessageGateway,
    Provider,
    Receipt,
    ReceiptDecision,
    Recipient,
)
from portal.domain import address_proofs
from portal.domain.address_proofs import ANSWERED_WITHIN
from portal.domain.replies import fold
from portal.services.messaging.brand_names import brands_of_provider
from portal.services.messaging.gateways.protocol import InboundMessage

MOST_HOLDERS = 500  # Of one mailbox.
DAY = timedelta(days=1)
CLOCKS_DIFFER = timedelta(minutes=5)  # Our machines', or a vendor's, by which a reply is dated, to the minute at times.
LEFT_AT = func.coalesce(Message.called_at, Message.created_at)


@dataclass(frozen=True)
class EarlierMessage:
    """For one brand, or one of several that an act concerned."""

    at: datetime
    recipient_id: int | None  # None: İzinlink's own, in no firm's name.
    brand_id: int | None  # None: of the whole firm.
    gateway_id: int | None  # None: one of the operator's, not known which.


@dataclass(frozen=True)
class Answered:
    """What a reply may answer, the newest before it first."""

    messages: Sequence[EarlierMessage]
    is_of_two_threads: bool = False  # What accounts like this one sent, or what others sent, or may have, since then.
    may_be_lost: bool = False  # What it answers may have left after the backup that was restored.

    @property
    def is_izinlinks(self) -> bool:
        """Whether İzinlink's own came last, or may have in one of two threads, so that any firm may be meant, as where
        no firm wrote, or what one wrote may be lost."""
        last = self.messages if self.is_of_two_threads else self.messages[:1]
        return not self.messages or self.may_be_lost or any(each.recipient_id is None for each in last)

    @property
    def recipient_ids(self) -> set[int]:
        return {each.recipient_id for each in self.messages if each.recipient_id is not None}

    @property
    def last_recipient_ids(self) -> set[int]:
        """To whom the newest was, or what left within a day of it; where another one may be meant as well, all."""
        if self.is_of_two_threads:
            return self.recipient_ids
        return Answered([each for each in self.messages if abs(each.at - self.messages[0].at) < DAY]).recipient_ids

    def has_brand(self, brand: Brand, recipient_id: int | None) -> bool:
        """Whether one is for a brand of a recipient's firm, or for all of that firm."""
        return any(each.recipient_id == recipient_id and each.brand_id in (None, brand.id) for each in self.messages)


def find_messages(
    address: Address, recipients: Collection[Recipient], heard_at: datetime, reply: InboundMessage | None = None
) -> list[EarlierMessage]:  # fmt: skip
    """What left for these recipients of an address before a reply, or a vendor's word, was heard, whichever way the
    brand has by now; and in the week before it by the operator's accounts, what İzinlerim told of their acts, and
    codes; and as the last İzinlink's own that a reply surely answers. It is the same whenever somebody reads it."""
    until, ids = heard_at + CLOCKS_DIFFER, [each.id for each in recipients]
    sent = _sent(Message.recipient_id.in_(ids), Message.gateway_id.is_not(None), until >= LEFT_AT)
    own_codes = [code for code in find_codes(address, heard_at, reply) if code.brand is None]
    answered = [reply.received_at + CLOCKS_DIFFER] if reply and address.reaches in reply.izinlink_wrote_to else []
    return [
        *(EarlierMessage(*row) for row in db.session.execute(sent)),
        *_find_acts_and_codes(address, recipients, heard_at, reply),
        *(EarlierMessage(code.at, None, None, code.gateway_id) for code in own_codes),
        *(EarlierMessage(each, None, None, None) for each in answered),
    ]


def _find_acts_and_codes(
    address: Address, recipients: Collection[Recipient], heard_at: datetime, reply: InboundMessage | None
) -> list[EarlierMessage]:  # fmt: skip
    """In the name of these recipients' firms: what İzinlerim told of their acts, and codes of consent points."""
    until = heard_at + CLOCKS_DIFFER
    told = select(Decision.recorded_at, Decision.recipient_id, Decision.brand_id, _told_by(until)).where(
        Decision.recipient_id.in_([each.id for each in recipients]), Decision.origin == DecisionOrigin.MINE,
        Decision.recorded_at.between(_answered_since(heard_at, reply), until),
    )  # fmt: skip
    codes = [
        EarlierMessage(code.at, each.id, code.brand.id, code.gateway_id)
        for code in find_codes(address, heard_at, reply) if code.brand
        for each in recipients if each.provider_id == code.brand.provider_id
    ]  # fmt: skip
    return [*(EarlierMessage(*row) for row in db.session.execute(told)), *codes]


def _told_by(until: datetime) -> ScalarSelect[int | None]:
    """By which account the one message left that tells of a decision's act, at whichever firms."""
    own, told = aliased(Receipt), aliased(Receipt)
    of_act = select(Message.gateway_id).join(told, told.id == Message.receipt_id).join(own, own.number == told.number)
    of_act = of_act.join(ReceiptDecision, ReceiptDecision.receipt_id == own.id)
    of_act = of_act.where(ReceiptDecision.decision_id == Decision.id, Message.called_at <= until)
    # As ix_message_confirmation has it.
    is_portals = Message.provider_id.is_(None), Message.receipt_id.is_not(None)
    told_at = Message.created_at == Decision.recorded_at
    return of_act.where(*is_portals, told_at).correlate(Decision).limit(1).scalar_subquery()


def find_codes(
    address: Address, heard_at: datetime, reply: InboundMessage | None = None
) -> Sequence[address_proofs.SentCode]:  # fmt: skip
    """Those that a reply, or what a vendor tells, may answer."""
    since, until = _answered_since(heard_at, reply), heard_at + CLOCKS_DIFFER
    return address_proofs.find_codes(db.session, vault(), address, since, until)


def said_at(heard_at: datetime, reply: InboundMessage | None) -> datetime:
    """When a reply was said, as far as that is told: before it was heard."""
    return min(reply.received_at, heard_at) if reply else heard_at


def _answered_since(heard_at: datetime, reply: InboundMessage | None) -> datetime:
    return said_at(heard_at, reply) - ANSWERED_WITHIN


def find_concerned(message: Message, address: Address) -> list[tuple[int, int | None]]:
    """In whose name a message to an address left: of recipients, each with the brand, or None where it is of the whole
    firm. A code is of its firm's brand, if that has the mailbox, and what told of an act at İzinlerim of those which it
    concerned. None: it is İzinlink's own."""
    if message.recipient_id is not None:
        campaign = db.session.get(Campaign, message.campaign_id) if message.campaign_id else None
        return [(message.recipient_id, campaign.brand_id if campaign else None)]
    found = _find_acts_and_codes(address, _find_mailbox(address), message.created_at, None)
    pairs = ((each.recipient_id, each.brand_id) for each in found if each.at == message.created_at)
    return list(dict.fromkeys((recipient, brand) for recipient, brand in pairs if recipient is not None))


def find_any_firms(address: Address, *, is_sure: bool = True) -> list[Recipient]:
    """Those that İzinlink's own message to an address may be of: of all admitted firms, however they spell it; not so
    where anybody may have named it."""
    is_admitted = Provider.admitted_at.is_not(None)
    if is_sure:
        return _find_mailbox(address, is_admitted)
    return address_holders.find_holders(db.session, vault(), address, is_admitted)


def _find_mailbox(address: Address, among: ColumnElement[bool] | None = None) -> list[Recipient]:
    holders = address_holders.find_mailbox_holders(db.session, vault(), address, among)
    return address_holders.take_turns(holders)[:MOST_HOLDERS]


def find_brands(messages: Collection[Message]) -> list[tuple[int, int]]:
    """To which recipients messages were written, and for which brands: all of a firm where it was for the whole."""
    whose = Message.id.in_([each.id for each in messages]), Message.recipient_id.is_not(None)
    found = list[tuple[int, int]]()
    for _, recipient_id, brand_id, _, provider_id in db.session.execute(_sent(*whose).add_columns(Message.provider_id)):
        brand_ids = [brand_id] if brand_id else [each.id for each in brands_of_provider(provider_id)]
        found += [(recipient_id, each) for each in brand_ids]
    return found


def _sent(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """EarlierMessage's fields of messages."""
    brand_id = func.coalesce(Message.brand_id, Campaign.brand_id, Decision.brand_id)
    return (
        select(LEFT_AT, Message.recipient_id, brand_id, Message.gateway_id)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .outerjoin(ReceiptDecision, ReceiptDecision.receipt_id == Message.receipt_id)
        .outerjoin(Decision, Decision.id == ReceiptDecision.decision_id)
        .where(*conditions)
    )


def of_recipient(messages: Sequence[EarlierMessage], recipient_id: int) -> list[EarlierMessage]:
    return [each for each in messages if each.recipient_id == recipient_id]


def left_by_owner(gateway: MessageGateway, messages: Sequence[EarlierMessage]) -> list[EarlierMessage]:
    """Those of messages that the owner of an account sent, by any account."""
    owners: set[int | None] = set(db.session.scalars(select(MessageGateway.id).where(_is_of_owner(gateway))))
    if gateway.provider_id is None:
        owners.add(None)
    return [each for each in messages if each.gateway_id in owners]


def find_answered(gateway: MessageGateway, messages: Sequence[EarlierMessage], said_at: datetime) -> Answered:
    """Which of these messages a word that came by an account, a reply's or a vendor's, may answer, by when it was said:
    what its owner sent, by any account. At the operator's, where several firms wrote, what left by accounts alike
    within ANSWERED_WITHIN before it; or else what left by these at any time, and by others within that; or else all.
    What left after it, or by an account that is not known, is no reason to leave out what left before, or by others.
    Nor is it known there what left between a backup and its restore."""

    def is_earlier(each: EarlierMessage) -> bool:
        return each.at <= said_at + CLOCKS_DIFFER

    found, is_of_two_threads, may_be_lost = left_by_owner(gateway, messages), False, False
    if gateway.provider_id is None:
        alike, earlier = set(_alike(gateway)), [each for each in found if is_earlier(each)]
        by_alike = [each for each in earlier if each.gateway_id in alike]
        late = [each for each in earlier if each.at >= said_at - ANSWERED_WITHIN]
        if any(each.gateway_id in alike for each in late):
            meant = [each for each in late if each.gateway_id in {None, *alike}]
        else:
            meant = [*by_alike, *late] or earlier
        is_of_two_threads, may_be_lost = _are_of_two_threads(meant, alike), _may_be_lost(meant, said_at)
        found = [*meant, *(each for each in found if not is_earlier(each))]
    newest_first = sorted(found, key=lambda each: (is_earlier(each), each.at), reverse=True)
    return Answered(newest_first, is_of_two_threads, may_be_lost)


def _may_be_lost(messages: Sequence[EarlierMessage], said_at: datetime) -> bool:
    """Whether a word may answer what a restored backup lacks: it was said within ANSWERED_WITHIN after the restore (or
    before it), and all that is known left earlier than that."""
    restored_at = restores.restored_at(db.session)
    if restored_at is None or said_at - ANSWERED_WITHIN > restored_at:
        return False
    return all(each.at < restored_at for each in messages)


def _are_of_two_threads(messages: Sequence[EarlierMessage], alike: Collection[int]) -> bool:
    """Whether some left by accounts alike, others by others, or by ones that are not known; and not the last one by an
    account alike."""
    by_time = sorted(messages, key=lambda each: each.at)
    are_alike = [None if each.gateway_id is None else each.gateway_id in alike for each in by_time]
    return len(set(are_alike)) > 1 and are_alike[-1] is not True


def channels_offered_to(recipient_id: int | None, brands: Collection[Brand] | None) -> set[Channel]:
    """The channels about which campaigns (of these brands) wrote to a recipient."""
    wrote = Message.campaign_id == Campaign.id, Message.recipient_id == recipient_id, Message.gateway_id.is_not(None)
    theirs = select(Campaign).where(select(Message.id).where(*wrote).exists())
    if brands is not None:
        theirs = theirs.where(Campaign.brand_id.in_([brand.id for brand in brands]))
    return set().union(*(each.offered for each in db.session.scalars(theirs)))


def left_by(gateway: MessageGateway) -> ColumnElement[bool]:
    """The condition that a message left by an account, or by one alike."""
    return Message.gateway_id.in_(_alike(gateway))


def headers_of(gateway: MessageGateway) -> set[str]:
    """Also former ones, folded."""
    return set(map(fold, (gateway.header, *gateway.former_headers.splitlines())))


def _alike(gateway: MessageGateway) -> list[int]:
    """An account, and those of the same owner that had the same header at some time, which a phone cannot tell from it,
    or that were removed: one may have been added again, or its number be at another vendor."""
    is_of_kind = _is_of_owner(gateway), MessageGateway.carries == gateway.carries
    theirs, own = db.session.scalars(select(MessageGateway).where(*is_of_kind)).all(), headers_of(gateway)
    return [each.id for each in theirs if each.removed_at or each.id == gateway.id or own & headers_of(each)]


def _is_of_owner(gateway: MessageGateway) -> ColumnElement[bool]:
    """The condition that an account is the same owner's, whatever it carries."""
    return MessageGateway.provider_id == gateway.provider_id
