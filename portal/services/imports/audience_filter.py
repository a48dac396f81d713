"""People whom a provider knows, chosen for a campaign's audience by what they said or got.

A filter waits for the worker like a list (AudienceList), so that 250,000 people hold up no page. Launch leaves out
whoever may not be asked by then (campaigns.exclusion).
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased

import shortlinks
from portal.core import clock
from portal.core.addresses import AddressKind, BadAddress
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AudienceEntry,
    AudienceList,
    Brand,
    Campaign,
    CampaignKind,
    Consent,
    ConsentRequest,
    Decision,
    Delivery,
    Message,
    MessageKind,
    MessageState,
    Receipt,
    Recipient,
    UnsentReason,
)
from portal.core.models.recipient import has_held_since
from portal.core.vault import CannotOpen, Vault
from portal.domain import audit, campaigns
from portal.domain.campaigns import exclusion
from portal.domain.campaigns.sending import were_links_taken
from portal.domain.consents import recipients
from portal.domain.consents.evidence import Strength, has_strength, late_grants
from portal.domain.consents.may_send import may_send, standing
from portal.services.imports.audience import CHUNK

MAX_PEOPLE = 250_000  # People at once.


class FilterKind(StrEnum):
    OTHER_CHANNEL = "other_channel"  # Granted one channel, usably (may_send), and was never asked for another.
    LATE = "late"  # A file's grant that came too late for İYS.
    EVIDENCE = "evidence"  # A grant of some strength, on which messages may be sent: to be confirmed.
    UNREACHED = "unreached"  # Of an earlier campaign, whose message verifiably never arrived.


@dataclass(frozen=True)
class AudienceFilter:
    """`granted` and `asked` are of OTHER_CHANNEL, `campaign_id` of UNREACHED, `strength` of EVIDENCE."""

    kind: FilterKind
    granted: Channel | None = None
    asked: Channel | None = None
    campaign_id: int | None = None
    strength: Strength | None = None

    def packed(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpacked(cls, content: bytes) -> "AudienceFilter":
        facts = json.loads(content)
        channels = {name: Channel(facts[name]) if facts[name] else None for name in ("granted", "asked")}
        strength = Strength(facts["strength"]) if facts["strength"] else None
        return cls(FilterKind(facts["kind"]), campaign_id=facts["campaign_id"], strength=strength, **channels)


def count_people(session: Session, campaign: Campaign, wanted: AudienceFilter) -> int:
    """How many a filter would add now, up to MAX_PEOPLE."""
    people = _people(campaign, wanted).order_by(None).subquery()
    return session.execute(select(func.count()).select_from(people)).scalar_one()


def unreached_campaigns(session: Session, campaign: Campaign) -> list[Campaign]:
    """Earlier asking campaigns of the brand that only our gateway sent, the newest first: whose message it could not
    deliver was not asked."""
    earlier = select(Campaign).where(
        Campaign.brand_id == campaign.brand_id, Campaign.id != campaign.id, Campaign.kind == CampaignKind.ASK,
        Campaign.delivery == Delivery.GATEWAY, Campaign.launched_at.is_not(None), ~were_links_taken(),
    )  # fmt: skip
    return list(session.scalars(earlier.order_by(Campaign.launched_at.desc()).limit(100)))


def fill_from_filter(
    session: Session, vault: Vault, audience_list: AudienceList, wanted: AudienceFilter, keep: Callable[[int], None]
) -> None:
    """Write a filter's people into the audience, a chunk a transaction; begun again it goes on. `keep` is told of each
    chunk. Requests that never arrived are freed: they asked nobody (checklist C-4 counts what arrived)."""
    campaign = session.get_one(Campaign, audience_list.campaign_id)
    found = session.execute(_people(campaign, wanted)).all()
    done = audience_list.added
    audience_list.good = done + len(found)
    keep(done)
    session.commit()
    for some in recipients.chunks(list(found), CHUNK):
        channels = {recipient_id: set(map(Channel, text.split(","))) for recipient_id, text in some}
        serves = {
            key: channels[key].intersection(each) for key, each in _served(session, vault, list(channels)).items()
        }
        if wanted.kind == FilterKind.UNREACHED:
            _free_requests(session, wanted, list(channels))
        campaigns.add_recipients(session, campaign, serves)
        done += len(some)
        keep(done)
        session.commit()
    audit.note(
        session, "audience.brought", "campaign", campaign.id, provider_id=campaign.provider_id, at=clock.now(),
        user_id=audience_list.user_id, facts={"good": done, "filter": wanted.kind},
    )  # fmt: skip
    audience_list.added, audience_list.content, audience_list.lease_until = done, None, None
    session.commit()


def _people(campaign: Campaign, wanted: AudienceFilter) -> Select[int, str]:
    """Recipients with their channels, joined by commas, that are not in the audience and might get a link now."""
    match wanted.kind:
        case FilterKind.OTHER_CHANNEL:
            found = _granted_another(campaign, wanted)
        case FilterKind.LATE:
            late = late_grants().where(Decision.brand_id == campaign.brand_id).distinct().subquery()
            found = _grouped(late.c.recipient_id, type_coerce(late.c.channel, String))
        case FilterKind.EVIDENCE:
            found = _grouped(Consent.recipient_id, type_coerce(Consent.channel, String)).where(
                *_is_proved(campaign, wanted)
            )
        case FilterKind.UNREACHED:
            found = _grouped(AudienceEntry.recipient_id, AudienceEntry.channels).where(*_never_arrived(wanted))
    chosen, at = found.subquery(), clock.now()
    is_in = exists().where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.recipient_id == Recipient.id)
    return (
        select(chosen.c.recipient_id, chosen.c.channels)
        .join(Recipient, Recipient.id == chosen.c.recipient_id)
        .where(
            Recipient.provider_id == campaign.provider_id,
            ~is_in.correlate(Recipient),
            ~exclusion.is_excluded(campaign, standing(at), at),
            ~has_held_since(),  # What chooses them may be of who had the address before.
        )
        .order_by(chosen.c.recipient_id)
        .limit(MAX_PEOPLE)
    )


def _grouped(recipient_id: SQLColumnExpression[int], channels: SQLColumnExpression[Any]) -> Select[int, str]:
    texts = func.aggregate_strings(channels, ",").label("channels")
    return select(recipient_id.label("recipient_id"), texts).group_by(recipient_id)


def _granted_another(campaign: Campaign, wanted: AudienceFilter) -> Select[int, str]:
    """Who granted one channel, at this address or at another on the same line of a file, so that messages may be sent
    there, and neither decided on the other one nor was asked for it."""
    is_mail = wanted.asked == Channel.EMAIL
    granted = *_is_usable(campaign), Consent.channel == wanted.granted
    own = select(Consent.recipient_id).where(*granted)
    theirs, beside = aliased(Decision), aliased(Decision)
    of_line = (
        select(theirs.recipient_id)
        .join(beside, theirs.is_of_one_line(beside))
        .join(Consent, Consent.decision_id == beside.id)
        .where(theirs.brand_id == campaign.brand_id, *granted)
    )
    known = exists().where(
        Consent.brand_id == campaign.brand_id, Consent.recipient_id == Recipient.id, Consent.channel == wanted.asked,
        or_(Consent.status.is_not(None), Consent.iys_status.is_not(None)),
    )  # fmt: skip
    was_asked = exists().where(
        ConsentRequest.brand_id == campaign.brand_id, ConsentRequest.recipient_id == Recipient.id,
        ConsentRequest.channel == wanted.asked,
    )  # fmt: skip
    asked = literal(wanted.asked.value if wanted.asked else "").label("channels")
    return select(Recipient.id.label("recipient_id"), asked).where(
        or_(Recipient.id.in_(own), Recipient.id.in_(of_line)),
        Recipient.kind == (AddressKind.EMAIL if is_mail else AddressKind.PHONE),
        ~known,
        ~was_asked,
    )


def _is_proved(campaign: Campaign, wanted: AudienceFilter) -> tuple[ColumnElement[bool], ...]:
    strength = has_strength(wanted.strength or Strength.WEAK)
    return *_is_usable(campaign), Decision.id == Consent.decision_id, strength


def _is_usable(campaign: Campaign) -> tuple[ColumnElement[bool], ...]:
    """The condition that a consent is a grant to the brand on which messages may be sent now."""
    consent = Consent.brand_id == campaign.brand_id, Consent.status == Status.GRANTED, Brand.id == Consent.brand_id
    return *consent, may_send(clock.now())


def _never_arrived(wanted: AudienceFilter) -> tuple[ColumnElement[bool], ...]:
    """The condition that an entry's message is known to have reached nobody: it failed, expired, was blocked or never
    left, and its link was neither opened nor answered. What is uncertain, or still waits, may arrive."""
    never_left = and_(Message.state == MessageState.NOT_NEEDED, Message.unsent_reason != UnsentReason.REFUSED)
    failed = Message.state.in_((MessageState.FAILED, MessageState.EXPIRED, MessageState.BLOCKED))
    message = exists().where(
        Message.campaign_id == wanted.campaign_id, Message.link_id == AudienceEntry.link_id,
        Message.kind == MessageKind.INVITATION, or_(failed, never_left),
    )  # fmt: skip
    opened = exists().where(shortlinks.Visit.link_id == AudienceEntry.link_id)
    answered = exists().where(Receipt.link_id == AudienceEntry.link_id)
    return AudienceEntry.campaign_id == wanted.campaign_id, message, ~opened, ~answered


def _free_requests(session: Session, wanted: AudienceFilter, recipient_ids: list[int]) -> None:
    entries = select(AudienceEntry.id).where(*_never_arrived(wanted), AudienceEntry.recipient_id.in_(recipient_ids))
    campaigns.free_requests(session, ConsentRequest.entry_id.in_(entries))


def _served(session: Session, vault: Vault, recipient_ids: list[int]) -> dict[int, tuple[Channel, ...]]:
    """The channels that each address can serve; damaged ones are left out."""
    served = {}
    for recipient in session.scalars(select(Recipient).where(Recipient.id.in_(recipient_ids))):
        try:
            served[recipient.id] = recipients.read_address(vault, recipient).channels
        except (CannotOpen, BadAddress):
            continue
    return served
