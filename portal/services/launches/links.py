"""The links of a campaign with their addresses, for whoever sends them on their own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

import shortlinks
from portal.core import clock
from portal.core.addresses import mask, read_canonical, without_plus
from portal.core.extensions import vault
from portal.core.lazy_text import N_
from portal.core.models import AudienceEntry, Brand, Campaign, CampaignKind, ExclusionReason, Recipient
from portal.core.word_pairs import word_pair
from portal.domain.campaigns import exclusion, text_reviews
from portal.domain.consents.may_send import is_unpulled, standing
from portal.domain.providers.brands import link_base_url
from portal.services.launches.invitation_text import text_writer

CHUNK = 2000
PART = 500  # Links whose codes are printed in one file: each code takes milliseconds to draw.
HAS_LINK = AudienceEntry.link_id.is_not(None), AudienceEntry.left_out.is_(None)  # And it was not withdrawn.
LinkedAddress = tuple[str, int, int]  # Address, link id and nonce.


WAITS_FOR_IYS = N_(
    "İYS üç iş günüdür değişiklikleri bildirmiyor; kimin reddettiği bilinmiyor. Bildirene kadar teyit bağlantıları "
    "gönderilmez ve indirilmez; İYS bağlantınızı denetleyin."
)


class LinkLine(NamedTuple):
    """A link with its address, for whoever sends it."""

    address: str
    link: str
    words: str
    text: str
    subject: str


COLUMNS = LinkLine._fields


@dataclass(frozen=True)
class LinkCount:
    """How many links of a campaign may be sent now, and how many no more, by the reason that came since the launch."""

    links: int
    left_out: dict[ExclusionReason, int]


def waits_for_iys(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Whether nobody gets a link of a campaign for now: only who may be messaged confirms a consent, which nobody knows
    while İYS tells no changes of the brand."""
    brand = session.get_one(Brand, campaign.brand_id)
    return campaign.kind == CampaignKind.RECONFIRM and is_unpulled(session, brand, at)


def count_links(session: Session, campaign: Campaign) -> LinkCount:
    at = clock.now()
    linked = select(exclusion.exclusion_reason(campaign, standing(at), at).label("reason"))
    linked = linked.select_from(AudienceEntry).join(Recipient, Recipient.id == AudienceEntry.recipient_id)
    found = linked.where(AudienceEntry.campaign_id == campaign.id, *HAS_LINK).subquery()
    is_approved = not text_reviews.list_unapproved(session, campaign)
    rows = session.execute(select(found.c.reason, func.count()).group_by(found.c.reason)).all() if is_approved else []
    left_out = {ExclusionReason(reason): count for reason, count in rows if reason}
    return LinkCount(sum(count for reason, count in rows if not reason), left_out)


def excluded_since(session: Session, campaign: Campaign, limit: int) -> list[tuple[Recipient, ExclusionReason]]:
    """Recipients whose links may not be sent any more, with the reason, in the order of the audience."""
    at = clock.now()
    excluded = (
        select(Recipient, exclusion.exclusion_reason(campaign, standing(at), at))
        .join(AudienceEntry, AudienceEntry.recipient_id == Recipient.id)
        .where(AudienceEntry.campaign_id == campaign.id, *HAS_LINK)
        .where(exclusion.is_excluded(campaign, standing(at), at))
    )
    rows = session.execute(excluded.order_by(AudienceEntry.id).limit(limit))
    return [(recipient, ExclusionReason(reason)) for recipient, reason in rows]


def links_of(session: Session, campaign: Campaign, salt: str, link_base: str) -> Iterator[tuple[str, str]]:
    """(address, link) of every entry that has one and may still be sent it."""
    link_base = link_base_url(session, campaign.brand_id, link_base)
    for address, link_id, nonce in _linked_addresses(session, campaign):
        yield address, f"{link_base}/{shortlinks.code_of(salt, link_id, nonce)}"


def link_lines(
    session: Session, campaign: Campaign, salt: str, link_base: str, part: int | None = None
) -> Iterator[LinkLine]:
    """The same as lines under COLUMNS; of the n-th PART of the links, from 0, or of all."""
    write_line = line_writer(session, campaign, salt, link_base)
    first, following = (0, None) if part is None else _bounds(session, campaign, part)
    return (
        write_line(*linked)
        for linked in (_linked_addresses(session, campaign, first, following) if first is not None else ())
    )


def line_writer(session: Session, campaign: Campaign, salt: str, link_base: str) -> Callable[[str, int, int], LinkLine]:
    """A function from (address, link id, nonce) to its line: with the link's two words, and the text that our own
    gateway would send. A landline takes no message, so its text is empty; an SMS has no subject."""
    write_text = text_writer(session, campaign, salt, link_base)
    link_base = link_base_url(session, campaign.brand_id, link_base)

    def write_line(address: str, link_id: int, nonce: int) -> LinkLine:
        code, is_mail = shortlinks.code_of(salt, link_id, nonce), "@" in address
        text = write_text(code, is_mail) if read_canonical(address).takes_messages else ""
        subject, _, body = text.partition("\n") if is_mail else ("", "", text)
        words = word_pair(salt, link_id, nonce)
        return LinkLine(without_plus(address), f"{link_base}/{code}", words, body.strip(), subject)

    return write_line


def part_lines(
    session: Session, campaign: Campaign, salt: str, link_base: str, part: int
) -> Iterator[tuple[str, str, str]]:
    """(masked address, link, two words) of the n-th PART of the links, from 0, for printing.

    A part has the same links each time, less those that may not be sent any more.
    """
    link_base = link_base_url(session, campaign.brand_id, link_base)
    first, following = _bounds(session, campaign, part)
    for address, link_id, nonce in _linked_addresses(session, campaign, first, following) if first else ():
        link = f"{link_base}/{shortlinks.code_of(salt, link_id, nonce)}"
        yield mask(address), link, word_pair(salt, link_id, nonce)


def has_part(session: Session, campaign: Campaign, part: int) -> bool:
    """Whether there is an n-th PART of the links, from 0."""
    return _bounds(session, campaign, part)[0] is not None


def _bounds(session: Session, campaign: Campaign, part: int) -> tuple[int | None, int | None]:
    """The first entry of a part, and that of the next."""
    has_link = AudienceEntry.campaign_id == campaign.id, AudienceEntry.link_id.is_not(None)
    linked = select(AudienceEntry.id).where(*has_link).order_by(AudienceEntry.id)
    first, following = (session.scalar(linked.offset(begin * PART).limit(1)) for begin in (part, part + 1))
    return first, following


def _linked_addresses(
    session: Session, campaign: Campaign, first: int = 0, following: int | None = None
) -> Iterator[LinkedAddress]:
    """Read in chunks, from the entry `first` to the one before `following`; none where the approval of the text was
    taken back."""
    if text_reviews.list_unapproved(session, campaign):
        return
    last = first - 1
    end, at = true() if following is None else AudienceEntry.id < following, clock.now()
    may_get = ~exclusion.is_excluded(campaign, standing(at), at)
    while True:
        rows = session.execute(
            select(AudienceEntry.id, AudienceEntry.link_id, shortlinks.Link.nonce, Recipient)
            .join(shortlinks.Link, shortlinks.Link.id == AudienceEntry.link_id)
            .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
            .where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.id > last, end, may_get, *HAS_LINK)
            .order_by(AudienceEntry.id)
            .limit(CHUNK)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            address = vault().read(row.Recipient.address, Recipient.PLACE, campaign.provider_id, row.Recipient.id)
            yield address, row.link_id, row.nonce
