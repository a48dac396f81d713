"""The audience of a campaign: recipients enter it until the campaign is launched."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.database import is_one_of
from portal.core.ids import new_ids
from portal.core.iys_protocol import Channel
from portal.core.models import (
    AudienceEntry,
    AudienceLine,
    AudienceList,
    Brand,
    Campaign,
    ContactKind,
    ExclusionReason,
    Provider,
)
from portal.core.models.inserts import insert_missing


class CannotLaunch(Exception):
    """The campaign has nobody to ask, or was launched before."""


class BrandClosed(CannotLaunch):
    """The brand is passive, or its provider suspended: nothing new begins."""


class ListsWaiting(CannotLaunch):
    """A list of the audience is being read."""


class UnreadColumns(CannotLaunch):
    """A list has columns of yes and no that were not read, and nobody has said that no refusals stand there."""


class AudienceClosed(Exception):
    """The campaign was launched, or will be at its time: whoever plans that has seen its audience and its texts."""


@dataclass(frozen=True)
class Progress:
    """How many recipients of a launched campaign have a link, or were left out."""

    audience: int
    links: int
    left_out: dict[ExclusionReason, int]

    @property
    def waiting(self) -> int:
        return self.audience - self.links - sum(self.left_out.values())


class OwnContact(NamedTuple):
    """The contact that a person began, as far as it is said of them alone; where it is not, the campaign's counts."""

    kind: ContactKind | None = None
    day: date | None = None


def add_addresses(
    session: Session, campaign: Campaign, found: Mapping[str, int], addresses: Sequence[Address],
    contacts: Mapping[str, OwnContact],
) -> None:  # fmt: skip
    """Put recipients ({address: recipient id}) into the audience, each with the channels its address can serve, and
    those of `contacts`, by address, with a contact of their own.

    Raises AudienceClosed.
    """
    own = {found[address.text]: contacts[address.text] for address in addresses if address.text in contacts}
    add_recipients(session, campaign, {found[address.text]: address.channels for address in addresses}, own)


def add_recipients(
    session: Session, campaign: Campaign, serves: Mapping[int, Collection[Channel]],
    contacts: Mapping[int, OwnContact] | None = None,
) -> None:  # fmt: skip
    """Put recipients by id into the audience, each with those of the campaign's channels that serve them.

    Raises AudienceClosed.
    """
    lock_audience(session, campaign)
    insert_entries(session, campaign, serves, contacts)


def bar_recipients(session: Session, campaign: Campaign, recipient_ids: Collection[int]) -> None:
    """Leave recipients by id out of the audience, of whom a list says no: also where another one has them, before it
    or after it.

    Raises AudienceClosed.
    """
    add_recipients(session, campaign, dict.fromkeys(recipient_ids, ()))
    theirs = AudienceEntry.campaign_id == campaign.id, AudienceEntry.recipient_id.in_(recipient_ids)
    barred = update(AudienceEntry).where(*theirs).values(left_out=ExclusionReason.REFUSED, channels=None)
    session.execute(barred.execution_options(synchronize_session=False))


def find_barred(session: Session, campaign: Campaign, recipient_ids: Collection[int]) -> set[int]:
    """Those of the recipients of whom a list said no. Call with ≤ 10,000."""
    theirs = AudienceEntry.campaign_id == campaign.id, is_one_of(session, AudienceEntry.recipient_id, recipient_ids)
    barred = select(AudienceEntry.recipient_id).where(*theirs, AudienceEntry.left_out == ExclusionReason.REFUSED)
    return set(session.scalars(barred))


def insert_entries(
    session: Session, campaign: Campaign, serves: Mapping[int, Collection[Channel]],
    contacts: Mapping[int, OwnContact] | None = None,
) -> None:  # fmt: skip
    """The same, also where it was launched: of a consent point, to which people come one by one."""
    rows = []
    for recipient_id, entry_id in zip(sorted(serves), new_ids(len(serves)), strict=True):
        own = (contacts or {}).get(recipient_id, OwnContact())
        channels = [channel for channel in campaign.offered if channel in serves[recipient_id]]
        rows.append({
            "id": entry_id,
            "provider_id": campaign.provider_id,
            "campaign_id": campaign.id,
            "recipient_id": recipient_id,
            "channels": ",".join(channels) or None,
            "left_out": None if channels else ExclusionReason.NO_CHANNEL,
            "contact_kind": own.kind,
            "contact_date": own.day,
        })  # fmt: skip
    insert_missing(session, AudienceEntry, rows)


def lock_audience(session: Session, campaign: Campaign) -> None:
    """Keep the campaign from being launched until this transaction ends. Raises AudienceClosed."""
    session.refresh(campaign, ["launched_at", "launch_at"], with_for_update=True)
    if campaign.launched_at or campaign.launch_at:
        raise AudienceClosed


def launch(session: Session, campaign: Campaign, at: datetime, by: int | None = None) -> None:
    """Close the audience; links are made from now on. `by` is the user who launches it, or planned that.

    Raises CannotLaunch, BrandClosed, ListsWaiting and UnreadColumns.
    """
    session.refresh(campaign, ["launched_at"], with_for_update=True)
    passive = select(Brand.id).join(Provider, Provider.id == Brand.provider_id).where(
        Brand.id == campaign.brand_id, or_(Brand.closed_at.is_not(None), Provider.suspended_at.is_not(None))
    )  # fmt: skip
    if session.scalar(passive) is not None:
        raise BrandClosed
    waiting = select(AudienceList.id).where(AudienceList.campaign_id == campaign.id, AudienceList.content.is_not(None))
    if session.scalar(waiting.limit(1)) is not None:
        raise ListsWaiting
    if unread_token(session, campaign):
        raise UnreadColumns
    open_entry = AudienceEntry.campaign_id == campaign.id, AudienceEntry.left_out.is_(None)
    first_entry = select(AudienceEntry.id).where(*open_entry).limit(1)
    if campaign.launched_at or session.scalar(first_entry) is None:
        raise CannotLaunch
    campaign.launched_at, campaign.launch_at, campaign.launched_by = at, None, by


def unread_token(session: Session, campaign: Campaign) -> str:
    """What somebody must still look at, since it was not read or not understood and may hold refusals: a token that
    changes with each that comes; empty where there is nothing."""
    of_lists = AudienceList.campaign_id == campaign.id, AudienceList.unread_confirmed_at.is_(None)
    unread = select(func.count(), func.max(AudienceLine.id)).join(AudienceList, AudienceList.id == AudienceLine.list_id)
    unread = unread.where(*of_lists, AudienceLine.problem.in_((AudienceLine.COLUMN, AudienceLine.SHEET)))
    failed = select(func.count(), func.max(AudienceList.id)).where(*of_lists, AudienceList.is_unreadable())
    lines, lists = session.execute(unread).one(), session.execute(failed).one()
    return f"{lines[0]}-{lines[1]}-{lists[0]}-{lists[1]}" if lines[0] or lists[0] else ""


def confirm_unread(session: Session, campaign: Campaign, at: datetime, *, seen: str | None = None) -> bool:
    """Take a person's word that no refusals stand in what was not read or not understood of the lists so far; False
    where more came than they have `seen` (unread_token; None: whoever brought the lists has)."""
    are_open = AudienceList.campaign_id == campaign.id, AudienceList.unread_confirmed_at.is_(None)
    read = session.scalars(select(AudienceList.id).where(*are_open, AudienceList.content.is_(None))).all()
    # After them: what is read meanwhile is none of them.
    if seen is not None and unread_token(session, campaign) not in (seen, ""):
        return False
    lists = update(AudienceList).where(is_one_of(session, AudienceList.id, read)).values(unread_confirmed_at=at)
    session.execute(lists.execution_options(synchronize_session=False))
    return True


def count_progress(session: Session, campaign: Campaign) -> Progress:
    """Count a campaign's audience: with a link, left out by reason, still waiting."""
    rows = session.execute(
        select(AudienceEntry.left_out, func.count(), func.count(AudienceEntry.link_id))
        .where(AudienceEntry.campaign_id == campaign.id)
        .group_by(AudienceEntry.left_out)
    ).all()
    left_out = {reason: count for reason, count, _ in rows if reason is not None}
    links = sum(linked for reason, _, linked in rows if reason is None)
    return Progress(sum(row[1] for row in rows), links, left_out)
