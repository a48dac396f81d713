"""Campaigns: what is asked or offered, of whom, and the personal links that carry it.

Asking is restricted (checklist C-4): only with a recorded contact that the person began, once per address and channel,
never after a refusal. Nothing here commits.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

import shortlinks
from portal.core.addresses import Address
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AudienceEntry,
    Brand,
    Campaign,
    CampaignKind,
    Consent,
    ConsentRequest,
    ConsentText,
    ContactKind,
    Delivery,
    LeftOut,
    Provider,
    Recipient,
)
from portal.core.models.ids import new_id, new_ids
from portal.core.models.upsert import insert_missing


class CannotLaunch(Exception):
    """The campaign has no audience, or was launched before."""


class BrandClosed(CannotLaunch):
    """The brand is passive, or its provider suspended: nothing new begins."""


class AudienceClosed(Exception):
    """The campaign was launched; nobody comes into its audience any more."""


class ContactMissing(ValueError):
    """Asking needs a contact that the person began: its kind, and a date that is not in the future."""


@dataclass(frozen=True)
class Contact:
    """The lawful-contact basis of an asking campaign; `note` says more where the kind is OTHER."""

    kind: ContactKind
    date: date
    note: str = ""


@dataclass(frozen=True)
class Wording:
    """What people read, in both languages; the Turkish one rules."""

    title_tr: str
    body_tr: str
    title_en: str
    body_en: str
    notice_url: str


def open_campaign(
    session: Session, brand: Brand, *, name: str, kind: CampaignKind, channels: list[Channel], wording: Wording,
    contact: Contact | None, expires_at: datetime | None, delivery: Delivery, at: datetime, today: date,
) -> Campaign:  # fmt: skip
    """A campaign with the first version of its text. Raises ContactMissing."""
    if kind == CampaignKind.ASK and (contact is None or contact.date > today):
        raise ContactMissing
    campaign = Campaign(
        id=new_id(),
        provider_id=brand.provider_id,
        brand_id=brand.id,
        name=name,
        kind=kind,
        channels=",".join(channels),
        delivery=delivery,
        contact_kind=contact.kind if contact else None,
        contact_date=contact.date if contact else None,
        contact_note=contact.note if contact else None,
        expires_at=expires_at if kind == CampaignKind.ASK else None,
        created_at=at,
    )
    text = _first_text(session.get_one(Provider, brand.provider_id), brand, campaign, wording, at)
    session.add(text)
    session.flush()
    campaign.text_id = text.id
    session.add(campaign)
    session.flush()
    return campaign


def _first_text(provider: Provider, brand: Brand, campaign: Campaign, wording: Wording, at: datetime) -> ConsentText:
    contact = brand.contact or provider.contact
    shown = [provider.title, provider.number, contact, brand.name, *wording.__dict__.values()]
    return ConsentText(
        id=new_id(),
        provider_id=provider.id,
        campaign_id=campaign.id,
        version=1,
        sender_title=provider.title,
        sender_mersis=provider.number,
        sender_contact=contact,
        brand_name=brand.name,
        digest=hashlib.sha256("\x00".join(shown).encode()).digest(),
        created_at=at,
        **wording.__dict__,
    )


def add_audience(session: Session, campaign: Campaign, found: dict[str, int], addresses: list[Address]) -> None:
    """Put recipients ({address: recipient id}) into the audience, each with the channels its address can serve.

    Raises AudienceClosed.
    """
    add_known(session, campaign, {found[address.text]: address.channels for address in addresses})


def add_known(session: Session, campaign: Campaign, serves: Mapping[int, Collection[Channel]]) -> None:
    """Put recipients by id into the audience, each with those of the campaign's channels that serve them.

    Raises AudienceClosed.
    """
    keep_open(session, campaign)
    rows = []
    for recipient_id, entry_id in zip(sorted(serves), new_ids(len(serves)), strict=True):
        channels = [channel for channel in campaign.offered if channel in serves[recipient_id]]
        rows.append(
            {
                "id": entry_id,
                "provider_id": campaign.provider_id,
                "campaign_id": campaign.id,
                "recipient_id": recipient_id,
                "channels": ",".join(channels) or None,
                "left_out": None if channels else LeftOut.NO_CHANNEL,
            }
        )
    insert_missing(session, AudienceEntry, rows)


def keep_open(session: Session, campaign: Campaign) -> None:
    """Let nobody launch the campaign before this transaction ends. Raises AudienceClosed."""
    session.refresh(campaign, ["launched_at"], with_for_update=True)
    if campaign.launched_at:
        raise AudienceClosed


def launch(session: Session, campaign: Campaign, at: datetime) -> None:
    """Close the audience; links are made from now on. Raises CannotLaunch and BrandClosed."""
    session.refresh(campaign, ["launched_at"], with_for_update=True)
    passive = select(Brand.id).join(Provider, Provider.id == Brand.provider_id).where(
        Brand.id == campaign.brand_id, or_(Brand.closed_at.is_not(None), Provider.suspended_at.is_not(None))
    )  # fmt: skip
    if session.scalar(passive) is not None:
        raise BrandClosed
    somebody = select(AudienceEntry.id).where(AudienceEntry.campaign_id == campaign.id).limit(1)
    if campaign.launched_at or session.scalar(somebody) is None:
        raise CannotLaunch
    campaign.launched_at = at


@dataclass(frozen=True)
class Linked:
    """An audience entry that has just got its link."""

    entry_id: int
    recipient_id: int
    link_id: int
    code: str


def link_some(session: Session, salt: str, campaign: Campaign, at: datetime, limit: int = 5000) -> list[Linked] | None:
    """Make the links of the next entries, or leave them out with a reason. None when no entry is left."""
    entries = session.execute(
        select(AudienceEntry.id, AudienceEntry.recipient_id, AudienceEntry.channels)
        .where(
            AudienceEntry.campaign_id == campaign.id,
            AudienceEntry.link_id.is_(None),
            AudienceEntry.left_out.is_(None),
        )
        .order_by(AudienceEntry.id)
        .limit(limit)
        .with_for_update()
    ).all()
    if not entries:
        return None
    refused = _refused(session, campaign, [entry.recipient_id for entry in entries])
    if campaign.kind == CampaignKind.ASK:
        offers, reason = _ask(session, campaign, [each for each in entries if each.recipient_id not in refused])
    else:
        offers, reason = _offer_refusal(entries, refused)
    _leave_out(session, [each for each in entries if each.id not in offers], refused, reason)
    return _link(session, salt, campaign, [each for each in entries if each.id in offers], offers, at)


def _refused(session: Session, campaign: Campaign, recipient_ids: list[int]) -> dict[int, set[Channel]]:
    """The channels that recipients refused at this brand, among those the campaign offers."""
    rows = session.execute(
        select(Consent.recipient_id, Consent.channel).where(
            Consent.brand_id == campaign.brand_id,
            Consent.recipient_id.in_(recipient_ids),
            Consent.status == Status.REFUSED,
            Consent.channel.in_(campaign.offered),
        )
    )
    refused: dict[int, set[Channel]] = {}
    for recipient_id, channel in rows:
        refused.setdefault(recipient_id, set()).add(channel)
    if campaign.kind == CampaignKind.ASK:  # Whoever has the address now is not the one who began the contact.
        disowned = select(Recipient.id).where(Recipient.id.in_(recipient_ids), Recipient.reassigned_at.is_not(None))
        refused |= dict.fromkeys(session.scalars(disowned), set(campaign.offered))
    return refused


def _ask(session: Session, campaign: Campaign, entries: list) -> tuple[dict[int, str], LeftOut]:
    """Claim each (address, channel) for its one request; what another campaign claimed first is not asked again."""
    wanted = [
        {"brand_id": campaign.brand_id, "recipient_id": each.recipient_id, "channel": channel, "entry_id": each.id}
        for each in sorted(entries, key=lambda entry: entry.recipient_id)  # In one order, or two campaigns deadlock.
        for channel in map(Channel, each.channels.split(","))
    ]
    insert_missing(session, ConsentRequest, wanted)
    mine = select(ConsentRequest.entry_id, ConsentRequest.channel).where(
        ConsentRequest.entry_id.in_([each.id for each in entries])
    )
    claimed: dict[int, list[Channel]] = {}
    for entry_id, channel in session.execute(mine):
        claimed.setdefault(entry_id, []).append(channel)
    return {entry_id: _in_order(channels) for entry_id, channels in claimed.items()}, LeftOut.ALREADY_ASKED


def _offer_refusal(entries: list, refused: dict[int, set[Channel]]) -> tuple[dict[int, str], LeftOut]:
    """A refusing link offers what is not refused yet."""
    offers = {}
    for each in entries:
        left = [ch for ch in map(Channel, each.channels.split(",")) if ch not in refused.get(each.recipient_id, ())]
        if left:
            offers[each.id] = _in_order(left)
    return offers, LeftOut.REFUSED


def _leave_out(session: Session, entries: list, refused: dict, reason: LeftOut) -> None:
    rows = [{"entry": each.id, "why": LeftOut.REFUSED if each.recipient_id in refused else reason} for each in entries]
    if rows:
        table = AudienceEntry.__table__
        session.execute(update(table).where(table.c.id == bindparam("entry")).values(left_out=bindparam("why")), rows)


def _link(session: Session, salt: str, campaign: Campaign, entries: list, offers: dict[int, str], at) -> list[Linked]:
    if not entries:
        return []
    made = shortlinks.create_many(session, salt, campaign.provider_id, len(entries), at, campaign.expires_at)
    linked = [
        Linked(each.id, each.recipient_id, link_id, code) for each, (link_id, code) in zip(entries, made, strict=True)
    ]
    table = AudienceEntry.__table__
    session.execute(
        update(table)
        .where(table.c.id == bindparam("entry"))
        .values(link_id=bindparam("link"), channels=bindparam("ch")),
        [{"entry": each.entry_id, "link": each.link_id, "ch": offers[each.entry_id]} for each in linked],
    )
    return linked


def _in_order(channels: list[Channel]) -> str:
    return ",".join(channel for channel in Channel if channel in channels)


@dataclass(frozen=True)
class Progress:
    """How far a launch has come."""

    audience: int
    links: int
    left_out: dict[LeftOut, int]

    @property
    def waiting(self) -> int:
        return self.audience - self.links - sum(self.left_out.values())


def progress_of(session: Session, campaign: Campaign) -> Progress:
    """Counts of a campaign's audience: with a link, left out by reason, still waiting."""
    rows = session.execute(
        select(AudienceEntry.left_out, func.count(), func.count(AudienceEntry.link_id))
        .where(AudienceEntry.campaign_id == campaign.id)
        .group_by(AudienceEntry.left_out)
    ).all()
    left_out = {reason: count for reason, count, _ in rows if reason is not None}
    return Progress(sum(row[1] for row in rows), sum(row[2] for row in rows), left_out)
