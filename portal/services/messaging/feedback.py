"""Refusals that vendors of SMS and mail systems tell us of: their lists, complaints about mails, refusals by mail."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from portal.core.addresses import Address, AddressKind
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import (
    Brand,
    Consent,
    Decision,
    DecisionOrigin,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    Recipient,
    is_own_word,
)
from portal.domain.consents import recipients
from portal.domain.consents.refusals import RefusalScope
from portal.domain.notifications.gateways import GENERIC
from portal.domain.replies import ReplyOutcome
from portal.services.messaging import earlier_messages, mail_answers, meant_brands, replies
from portal.services.messaging.gateways.protocol import ANSWER, DOUBTFUL_ANSWER, BlockedAddress, InboundMessage
from portal.services.messaging.gateways.refusal_times import latest_moment, tells_time
from portal.services.messaging.meant_brands import Meant

TOLD_WITHIN = timedelta(minutes=10)  # Of a refusal; after that, what has no time is another one.


class NotCertain(ValueError):
    """What may be a refusal, though not certainly this person's."""


def take_blocked(event: GatewayEvent, gateway: MessageGateway, blocked: BlockedAddress, at: datetime) -> None:
    """Refuse the channel that somebody left: once, however many tell of it. The event is locked; nothing here commits.

    A message of ours that is named refuses its brand alone, or its firm if no campaign sent it; otherwise the mailbox
    or number refuses all brands that send that way. Of a mailbox each spelling counts. Raises NotCertain where a person
    has to read it: also what a vendor says whose words we know by a description alone, or a relay, and may have
    guessed, and, at the operator's account, where any firm may be meant, such as after İzinlink's own message; unless
    all of it is refused since."""
    message = _named_message(gateway, blocked)
    address = mail_answers.address_of_message(message) or meant_brands.address_of(blocked.address)
    is_of_relay = blocked.source == ANSWER and gateway.carries == AddressKind.EMAIL
    is_doubtful = blocked.source == DOUBTFUL_ANSWER or gateway.vendor == GENERIC or is_of_relay
    if address is None or not meant_brands.is_carried(gateway, address):
        raise NotCertain
    if message is not None:
        meant_brands.make_holder_of_code(message, address, at)
    concerned = earlier_messages.find_concerned(message, address) if message else []
    own = (address.reaches,) if message and not concerned else ()
    reply = InboundMessage("", address.text, "", "RET", _said_until(event, blocked), izinlink_wrote_to=own)
    if concerned:
        meant = Meant(meant_brands.with_spellings(db.session.get_one(Recipient, each) for each, _ in concerned))
    else:
        meant = _find_meant(event, gateway, address, reply, at)
    parts = _refused_parts(event, gateway, concerned, address, reply, meant.recipients)
    is_refused = bool(parts) and _are_refused(parts, _refused_since(event, blocked))
    if (is_doubtful and not is_refused) or (parts and not meant.is_certain and not is_refused):
        raise NotCertain
    if not parts and gateway.provider_id is not None:
        raise NotCertain
    if parts and not is_refused:
        replies.refuse(event, gateway, parts, DecisionOrigin.FEEDBACK, at)
        return
    event.recipient_id = parts[0].recipient.id if parts else None  # Else somebody to whom no firm wrote through it.
    event.outcome, event.due_at, event.settled_at = EventOutcome.REFUSED if parts else EventOutcome.READ, None, at


def _refused_since(event: GatewayEvent, blocked: BlockedAddress) -> datetime:
    """From when on a refusal that is known may be the one that is told."""
    if blocked.at is not None and tells_time(blocked):
        return blocked.at
    return _said_until(event, blocked) - TOLD_WITHIN


def _said_until(event: GatewayEvent, blocked: BlockedAddress) -> datetime:
    """The latest moment at which it may have been said."""
    return min(latest_moment(blocked) or event.received_at, event.received_at)


def _find_meant(
    event: GatewayEvent, gateway: MessageGateway, address: Address, reply: InboundMessage, at: datetime
) -> Meant:  # fmt: skip
    """Whose word it is that is told of a number, a mailbox or İzinlink's own message: at the operator's account what a
    RET of that moment, `reply`, means. Nobody's, rather than maybe anybody's, where it is older than the account."""
    others = mail_answers.find_spellings(gateway, address, event.received_at, reply)
    spelled = list(dict.fromkeys([address, *others]))
    if gateway.provider_id is not None:
        found = meant_brands.find_recipients(event, gateway, spelled, reply, at)
        return Meant(meant_brands.with_spellings(dict.fromkeys(found)))
    of_mailbox = replace(reply, others=[each.text for each in spelled[1:]])
    meant = meant_brands.find_meant(event, gateway, address, of_mailbox, ReplyOutcome.REFUSAL, at)
    return meant if meant.is_certain or not _is_before_us(gateway, reply.received_at) else Meant([])


def _refused_parts(
    event: GatewayEvent, gateway: MessageGateway, concerned: Sequence[tuple[int, int | None]], address: Address,
    reply: InboundMessage, found: Sequence[Recipient],
) -> list[RefusalScope]:  # fmt: skip
    """Only of the channel of which it tells, whatever a RET would refuse; and of the brands that are concerned, if any
    are."""
    channel = meant_brands.channel_of(gateway.carries)
    if not (brand_ids := {brand_id for _, brand_id in concerned if brand_id is not None}):
        refused = meant_brands.scopes(gateway, address, found, event.received_at, reply)
        return [replace(each, channels=(channel,)) for each in refused]
    brands = db.session.scalars(select(Brand).where(Brand.id.in_(brand_ids)).order_by(Brand.id)).all()
    parts = (
        RefusalScope(each, its, [brand for brand in brands if brand.provider_id == each.provider_id], (channel,))
        for each, its in recipients.read_addresses(vault(), found).items()
    )
    return [part for part in parts if part.brands]


def _is_before_us(gateway: MessageGateway, said_until: datetime) -> bool:
    """Whether it was said before the account's owner had one at that vendor, and so in answer to nothing of ours."""
    theirs = MessageGateway.provider_id == gateway.provider_id, MessageGateway.vendor == gateway.vendor
    first_added_at = db.session.scalars(select(func.min(MessageGateway.created_at)).where(*theirs)).one()
    return said_until < first_added_at


def _are_refused(parts: Sequence[RefusalScope], since: datetime) -> bool:
    """Whether all of it is refused here by the person's own word, of that moment or later, and İYS is not known to hold
    a grant that is younger. What a file says of them is no such word: it can be taken back, or be older; nor is what
    the firm decided itself, of one address."""
    is_granted_since = and_(Consent.iys_status == Status.GRANTED.value, Consent.iys_as_of > Consent.effective_at)
    is_own = and_(Decision.status == Status.REFUSED, is_own_word())
    is_open = or_(Decision.id.is_(None), ~is_own, is_granted_since, Consent.effective_at < since)
    theirs = select(Consent.recipient_id, Consent.brand_id, Consent.channel, is_open).where(
        Consent.recipient_id.in_([part.recipient.id for part in parts])
    )
    theirs = theirs.outerjoin(Decision, Decision.id == Consent.decision_id)
    held = [(tuple(row[:3]), bool(row[3])) for row in db.session.execute(theirs)]
    keys = {key for part in parts for key in part.keys}
    return keys <= {key for key, _ in held} - {key for key, is_still_open in held if is_still_open}


def _named_message(gateway: MessageGateway, blocked: BlockedAddress) -> Message | None:
    """The message that is named, if it went to the mailbox that is named, by whichever spelling."""
    message = mail_answers.find_sent(gateway, blocked.message_id)
    named, sent_to = meant_brands.address_of(blocked.address), mail_answers.address_of_message(message)
    return message if named is None or sent_to is None or named.reaches == sent_to.reaches else None
