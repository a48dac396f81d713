"""Making the personal links of a launched campaign, and leaving out whom it may not ask.

Asking is restricted (checklist C-4): once per address and channel, only with a contact that the person began, and never
after a refusal. A refusal is offered to a person once in 90 days.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, exists, func, select, update
from sqlalchemy.orm import Session

import shortlinks
from portal.core.database import is_one_of
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AudienceEntry,
    Brand,
    Campaign,
    CampaignKind,
    Consent,
    ConsentRequest,
    Decision,
    ExclusionReason,
    Recipient,
)
from portal.core.models.inserts import insert_missing
from portal.core.models.recipient import has_changed_hands_after, has_held_since
from portal.domain.campaigns import exclusion
from portal.domain.campaigns.exclusion import Standing

ENTRIES = AudienceEntry.__table__
WaitingEntry = Row[int, int, str | None, bool]  # Id, recipient and channels of one that has no link yet.
Offers = Mapping[int, Collection[Channel]]  # What the link of an entry offers, by the entry's id.
ALREADY_ASKED = ExclusionReason.ALREADY_ASKED


@dataclass(frozen=True)
class LinkedEntry:
    """An audience entry that has just got its link."""

    entry_id: int
    recipient_id: int
    link_id: int
    code: str


def create_next_links(
    session: Session, salt: str, campaign: Campaign, at: datetime, *, standing: Standing, limit: int = 5000
) -> list[LinkedEntry] | None:
    """Make the links of the next entries, or leave them out with a reason. None when no entry is left."""
    entries = _lock_next_entries(session, campaign, limit)
    if not entries:
        return None
    ids = [entry.recipient_id for entry in entries]
    if campaign.kind != CampaignKind.ASK:
        # Locked until the transaction ends, so that two such campaigns don't reach a person at once.
        session.execute(select(Brand.id).where(Brand.id == campaign.brand_id).with_for_update(key_share=True))
    excluded = exclusion.find_excluded(session, campaign, ids, standing, at)
    if campaign.kind == CampaignKind.ASK:
        contactless = {each.recipient_id for each in entries if not each.has_contact}
        excluded = dict.fromkeys(contactless, ExclusionReason.NO_CONTACT) | excluded
        offers = _claim_requests(session, campaign, [each for each in entries if each.recipient_id not in excluded])
        reason = ALREADY_ASKED
    elif campaign.kind == CampaignKind.RECONFIRM:
        open_entries = [each for each in entries if each.recipient_id not in excluded]
        offers, reason = _permitted_channels(session, campaign, open_entries, standing), ExclusionReason.NO_PERMISSION
    else:
        offers, reason = _unrefused_channels(session, campaign, entries, excluded), ExclusionReason.REFUSED
    _leave_out(session, [each for each in entries if each.id not in offers], excluded, reason)
    return _create_links(session, salt, campaign, [each for each in entries if each.id in offers], offers, at)


def _lock_next_entries(session: Session, campaign: Campaign, limit: int) -> Sequence[WaitingEntry]:
    """Before them their recipients, by id, as everywhere: whoever is about to refuse is seen, and at a consent point,
    too, the recipient is locked before the request, or each would wait for the other."""
    of_it = AudienceEntry.campaign_id == campaign.id
    waiting = of_it, AudienceEntry.link_id.is_(None), AudienceEntry.left_out.is_(None)
    if session.get_bind().dialect.name != "sqlite":  # Which has a single writer.
        theirs = select(AudienceEntry.recipient_id).where(*waiting).order_by(AudienceEntry.id).limit(limit)
        locked = select(Recipient.id).where(Recipient.id.in_(theirs)).order_by(Recipient.id)
        session.execute(locked.with_for_update(read=True)).all()
    entries = (
        select(
            AudienceEntry.id, AudienceEntry.recipient_id, AudienceEntry.channels,
            and_(*(column.is_not(None) for column in effective_contact())).label("has_contact"),
        )
        .join(Campaign, Campaign.id == AudienceEntry.campaign_id)
        .where(*waiting)
        .order_by(AudienceEntry.id)
        .limit(limit)
        .with_for_update(of=AudienceEntry)
    )  # fmt: skip
    return session.execute(entries).all()


def effective_contact() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Kind and day of the contact that makes asking a person lawful: their own, else the campaign's."""
    kind = func.coalesce(AudienceEntry.contact_kind, Campaign.contact_kind)
    return kind, func.coalesce(AudienceEntry.contact_date, Campaign.contact_date)


def find_excluded(
    session: Session, campaign: Campaign, serves: Mapping[int, Collection[Channel]], *,
    standing: Standing, at: datetime,
) -> dict[int, ExclusionReason]:  # fmt: skip
    """Which recipients a campaign would leave out, were it launched now; it need not be stored yet.

    Call with ≤ 5,000. The launch decides anew: another campaign may ask somebody first.
    """
    excluded = exclusion.find_excluded(session, campaign, list(serves), standing, at)
    if campaign.kind == CampaignKind.ASK:
        requests = select(ConsentRequest.recipient_id, ConsentRequest.channel).where(
            ConsentRequest.brand_id == campaign.brand_id, ConsentRequest.recipient_id.in_(list(serves)),
            ~_is_request_of_earlier_holder(),
        )  # fmt: skip
        taken, reason = {(row.recipient_id, row.channel) for row in session.execute(requests)}, ALREADY_ASKED
    else:
        taken, reason = _refused_here(session, campaign, list(serves)), ExclusionReason.REFUSED
    for key, channels in serves.items():
        wanted = [channel for channel in campaign.offered if channel in channels]
        if not wanted:
            excluded[key] = ExclusionReason.NO_CHANNEL
        elif key not in excluded and all((key, channel) in taken for channel in wanted):
            excluded[key] = reason
    return excluded


def _claim_requests(session: Session, campaign: Campaign, entries: Sequence[WaitingEntry]) -> Offers:
    """Claim each (address, channel) for its one request; what another campaign claimed first is not asked again."""
    free_earlier_requests(session, campaign.brand_id, [each.recipient_id for each in entries])
    wanted = [
        {"brand_id": campaign.brand_id, "recipient_id": each.recipient_id, "channel": channel, "entry_id": each.id}
        for each in sorted(entries, key=lambda entry: entry.recipient_id)  # In one order, or two campaigns deadlock.
        for channel in _split(each.channels)
    ]
    if insert_missing(session, ConsentRequest, wanted) == len(wanted):
        return {each.id: _split(each.channels) for each in entries}
    claimed = select(ConsentRequest.entry_id, ConsentRequest.channel).where(
        is_one_of(session, ConsentRequest.entry_id, [each.id for each in entries])
    )
    offers: dict[int, list[Channel]] = {}
    for entry_id, channel in session.execute(claimed):
        offers.setdefault(entry_id, []).append(channel)
    return offers


def free_earlier_requests(session: Session, brand_id: int, recipient_ids: Collection[int]) -> None:
    """Forget whom of these a brand asked before somebody else got their address, who may be asked for all of it."""
    free_requests(
        session, ConsentRequest.brand_id == brand_id, is_one_of(session, ConsentRequest.recipient_id, recipient_ids),
        _is_request_of_earlier_holder(),
    )  # fmt: skip


def free_requests(session: Session, *conditions: ColumnElement[bool]) -> None:
    """Forget these requests, locked in one order: whoever had them may be asked again."""
    key = ConsentRequest.recipient_id, ConsentRequest.channel
    if session.execute(select(*key).where(*conditions).order_by(*key).with_for_update()).all():
        session.execute(delete(ConsentRequest).where(*conditions).execution_options(synchronize_session=False))


def _is_request_of_earlier_holder() -> ColumnElement[bool]:
    """The condition that a request's link was made for who had the address before (Recipient.held_since)."""
    return (
        exists()
        .where(Recipient.id == ConsentRequest.recipient_id, AudienceEntry.id == ConsentRequest.entry_id)
        .where(shortlinks.Link.id == AudienceEntry.link_id, has_changed_hands_after(shortlinks.Link.created_at))
        .correlate(ConsentRequest)
    )


@lru_cache(maxsize=16)
def _split(channels: str) -> tuple[Channel, ...]:
    return tuple(map(Channel, channels.split(",")))


def _permitted_channels(
    session: Session, campaign: Campaign, entries: Sequence[WaitingEntry], standing: Standing
) -> Offers:
    """What a link may ask to confirm: what was granted, and may be used. It asks for nothing new."""
    consents = select(Consent.recipient_id, Consent.channel).join(Brand, Brand.id == Consent.brand_id)
    rows = consents.join(Recipient, Recipient.id == Consent.recipient_id).where(
        Consent.brand_id == campaign.brand_id, Consent.recipient_id.in_([each.recipient_id for each in entries]),
        Consent.status == Status.GRANTED, Consent.channel.in_(campaign.offered), standing[1],
        ~has_changed_hands_after(Consent.effective_at),  # Nor what the holder before granted.
    )  # fmt: skip
    held = {(recipient_id, channel) for recipient_id, channel in session.execute(rows)}
    offers: dict[int, list[Channel]] = {}
    for each in entries:
        theirs = [every for every in _split(each.channels) if (each.recipient_id, every) in held]
        if theirs:
            offers[each.id] = theirs
    return offers


def _unrefused_channels(
    session: Session, campaign: Campaign, entries: Sequence[WaitingEntry], excluded: Collection[int]
) -> Offers:
    """What a refusing link may still offer. Whose refusal only İYS holds may say it here, too."""
    refused = _refused_here(session, campaign, [each.recipient_id for each in entries])
    offers: dict[int, list[Channel]] = {}
    for each in entries:
        left = [every for every in _split(each.channels) if (each.recipient_id, every) not in refused]
        if left and each.recipient_id not in excluded:
            offers[each.id] = left
    return offers


def _refused_here(session: Session, campaign: Campaign, recipient_ids: Collection[int]) -> set[tuple[int, Channel]]:
    """What recipients refused at this brand of what the campaign offers; nothing that the one before them did."""
    key = Consent.recipient_id, Consent.channel
    refused = (
        Consent.brand_id == campaign.brand_id, Consent.recipient_id.in_(recipient_ids),
        Consent.status == Status.REFUSED, Consent.channel.in_(campaign.offered), Recipient.id == Consent.recipient_id,
    )  # fmt: skip
    rows = session.execute(select(*key).where(*refused, ~has_held_since()))
    those = select(*key, Decision, Recipient).where(*refused, has_held_since(), Decision.id == Consent.decision_id)
    own = (each for each in session.execute(those) if each.Decision.was_made_since(each.Recipient.held_since))
    return {(row.recipient_id, row.channel) for row in (*rows, *own)}


def _leave_out(
    session: Session, entries: Sequence[WaitingEntry], excluded: Mapping[int, ExclusionReason], reason: ExclusionReason
) -> None:
    rows = [{"entry": each.id, "why": excluded.get(each.recipient_id, reason)} for each in entries]
    if rows:
        by_id = update(ENTRIES).where(ENTRIES.c.id == bindparam("entry"))
        session.execute(by_id.values(left_out=bindparam("why")), rows)


def _create_links(
    session: Session, salt: str, campaign: Campaign, entries: Sequence[WaitingEntry],
    offers: Offers, at: datetime,
) -> list[LinkedEntry]:  # fmt: skip
    if not entries:
        return []
    links = shortlinks.create_many(session, salt, campaign.provider_id, len(entries), at, campaign.expires_at)
    place = func.row_number().over(order_by=ENTRIES.c.id).label("place")
    theirs = is_one_of(session, AudienceEntry.id, [each.id for each in entries])
    linked = select(ENTRIES.c.id, place).where(theirs).subquery()
    link_id = links[0][0] - 1 + linked.c.place  # Ids follow each other, in the order of the entries.
    session.execute(update(ENTRIES).where(ENTRIES.c.id == linked.c.id).values(link_id=link_id))
    fewer = [
        {"entry": each.id, "ch": ",".join(channel for channel in Channel if channel in offers[each.id])}
        for each in entries if len(offers[each.id]) != len(_split(each.channels))
    ]  # fmt: skip
    if fewer:
        by_id = update(ENTRIES).where(ENTRIES.c.id == bindparam("entry"))
        session.execute(by_id.values(channels=bindparam("ch")), fewer)
    return [
        LinkedEntry(entry.id, entry.recipient_id, link_id, code)
        for entry, (link_id, code) in zip(entries, links, strict=True)
    ]
