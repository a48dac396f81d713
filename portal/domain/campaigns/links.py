"""Making the personal links of a launched campaign, and leaving out whom it may not ask.

Asking is restricted (checklist C-4): once per address and channel, and never after a refusal. Nor is a refusal offered
over the channel that was refused: its link would be such a message.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

import shortlinks
from portal.core.iys_protocol import MESSAGE_CHANNELS, Channel, Status
from portal.core.models import (
    AudienceEntry,
    Brand,
    Campaign,
    CampaignKind,
    Consent,
    ConsentRequest,
    ExclusionReason,
    Recipient,
)
from portal.core.models.inserts import insert_missing
from portal.core.models.recipient import has_changed_hands

ENTRIES = AudienceEntry.__table__
WaitingEntry = Row[int, int, str | None]  # Id, recipient and channels of one that has no link yet.


@dataclass(frozen=True)
class LinkedEntry:
    """An audience entry that has just got its link."""

    entry_id: int
    recipient_id: int
    link_id: int
    code: str


def create_next_links(
    session: Session, salt: str, campaign: Campaign, at: datetime, *, refused: ColumnElement[bool], limit: int = 5000
) -> list[LinkedEntry] | None:
    """Make the links of the next entries, or leave them out with a reason. None when no entry is left.

    `refused` is the condition that a consent is refused, here or at İYS; the statement joins its brand.
    """
    waiting = (
        select(AudienceEntry.id, AudienceEntry.recipient_id, AudienceEntry.channels)
        .where(
            AudienceEntry.campaign_id == campaign.id,
            AudienceEntry.link_id.is_(None),
            AudienceEntry.left_out.is_(None),
        )
        .order_by(AudienceEntry.id)
        .limit(limit)
        .with_for_update()
    )
    entries = session.execute(waiting).all()
    if not entries:
        return None
    refusals = _find_refused(session, campaign, [entry.recipient_id for entry in entries], refused)
    if campaign.kind == CampaignKind.ASK:
        offers = _claim_requests(session, campaign, [each for each in entries if each.recipient_id not in refusals])
        reason = ExclusionReason.ALREADY_ASKED
    else:
        offers, reason = _unrefused_channels(entries, refusals), ExclusionReason.REFUSED
    _leave_out(session, [each for each in entries if each.id not in offers], refusals, reason)
    return _create_links(session, salt, campaign, [each for each in entries if each.id in offers], offers, at)


def find_excluded(
    session: Session, campaign: Campaign, serves: Mapping[int, Collection[Channel]], *, refused: ColumnElement[bool]
) -> dict[int, ExclusionReason]:
    """Which recipients a campaign would leave out, were it launched now; it need not be stored yet.

    Call with ≤ 5,000. The launch decides anew: another campaign may ask somebody first.
    """
    refusals = _find_refused(session, campaign, list(serves), refused)
    requests = select(ConsentRequest.recipient_id, ConsentRequest.channel).where(
        ConsentRequest.brand_id == campaign.brand_id, ConsentRequest.recipient_id.in_(list(serves))
    )
    is_asking = campaign.kind == CampaignKind.ASK
    asked = {(row.recipient_id, row.channel) for row in session.execute(requests)} if is_asking else set()
    excluded = {}
    for key, channels in serves.items():
        wanted = [channel for channel in campaign.offered if channel in channels]
        barred = refusals.get(key, set()) & campaign.barring
        if not wanted:
            excluded[key] = ExclusionReason.NO_CHANNEL
        elif barred or not set(wanted) - refusals.get(key, set()):
            excluded[key] = ExclusionReason.REFUSED
        elif all((key, channel) in asked for channel in wanted):
            excluded[key] = ExclusionReason.ALREADY_ASKED
    return excluded


def _find_refused(
    session: Session, campaign: Campaign, recipient_ids: Collection[int], is_refused: ColumnElement[bool]
) -> dict[int, set[Channel]]:
    """The channels that recipients refused at this brand, among those that the campaign offers or that carry its links.

    Whose refusal only İYS holds gets no link over that channel and is not asked, but may still refuse others here.
    """
    rows = session.execute(
        select(Consent.recipient_id, Consent.channel)
        .join(Brand, Brand.id == Consent.brand_id)
        .where(
            Consent.brand_id == campaign.brand_id,
            Consent.recipient_id.in_(recipient_ids),
            or_(
                and_(is_refused, Consent.channel.in_(campaign.barring)),
                and_(Consent.status == Status.REFUSED, Consent.channel.in_(campaign.offered)),
            ),
        )
    )
    refused: dict[int, set[Channel]] = {}
    for recipient_id, channel in rows:
        refused.setdefault(recipient_id, set()).add(channel)
    if campaign.kind == CampaignKind.ASK:  # Whoever has the address now is not the one who began the contact.
        reassigned = select(Recipient.id).where(Recipient.id.in_(recipient_ids), has_changed_hands())
        refused |= {key: set(campaign.offered) for key in session.scalars(reassigned)}
    return refused


def _claim_requests(session: Session, campaign: Campaign, entries: Sequence[WaitingEntry]) -> dict[int, list[Channel]]:
    """Claim each (address, channel) for its one request; what another campaign claimed first is not asked again."""
    wanted = [
        {"brand_id": campaign.brand_id, "recipient_id": each.recipient_id, "channel": channel, "entry_id": each.id}
        for each in sorted(entries, key=lambda entry: entry.recipient_id)  # In one order, or two campaigns deadlock.
        for channel in map(Channel, each.channels.split(","))
    ]
    insert_missing(session, ConsentRequest, wanted)
    claimed = select(ConsentRequest.entry_id, ConsentRequest.channel).where(
        ConsentRequest.entry_id.in_([each.id for each in entries])
    )
    offers: dict[int, list[Channel]] = {}
    for entry_id, channel in session.execute(claimed):
        offers.setdefault(entry_id, []).append(channel)
    return offers


def _unrefused_channels(
    entries: Sequence[WaitingEntry], refused: Mapping[int, Collection[Channel]]
) -> dict[int, list[Channel]]:
    offers = {}
    for each in entries:
        theirs = set(refused.get(each.recipient_id, ()))
        left = [channel for channel in map(Channel, each.channels.split(",")) if channel not in theirs]
        if left and theirs.isdisjoint(MESSAGE_CHANNELS):
            offers[each.id] = left
    return offers


def _leave_out(
    session: Session, entries: Sequence[WaitingEntry], refused: Collection[int], reason: ExclusionReason
) -> None:
    rows = [
        {"entry": each.id, "why": ExclusionReason.REFUSED if each.recipient_id in refused else reason}
        for each in entries
    ]
    if rows:
        by_id = update(ENTRIES).where(ENTRIES.c.id == bindparam("entry"))
        session.execute(by_id.values(left_out=bindparam("why")), rows)


def _create_links(
    session: Session, salt: str, campaign: Campaign, entries: Sequence[WaitingEntry],
    offers: Mapping[int, Collection[Channel]], at: datetime,
) -> list[LinkedEntry]:  # fmt: skip
    if not entries:
        return []
    links = shortlinks.create_many(session, salt, campaign.provider_id, len(entries), at, campaign.expires_at)
    rows = [
        {
            "entry": entry.id,
            "link": link_id,
            "ch": ",".join(channel for channel in Channel if channel in offers[entry.id]),
        }
        for entry, (link_id, _code) in zip(entries, links, strict=True)
    ]
    by_id = update(ENTRIES).where(ENTRIES.c.id == bindparam("entry"))
    session.execute(by_id.values(link_id=bindparam("link"), channels=bindparam("ch")), rows)
    return [
        LinkedEntry(entry.id, entry.recipient_id, link_id, code)
        for entry, (link_id, code) in zip(entries, links, strict=True)
    ]
