"""Campaigns, the consent texts they show, their audiences, and public consent points."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Index, Integer, LargeBinary, String, Text, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, deferred, mapped_column

from portal.core.iys_protocol.enums import MESSAGE_CHANNELS, Channel
from portal.core.models.base import Base, BigId, Entity, foreign_key, partial_index


class CampaignKind(StrEnum):
    """A link that asks offers both choices and may expire; one that refuses offers refusal only and never expires."""

    ASK = "ask"
    REFUSE = "refuse"
    RECONFIRM = "reconfirm"  # Asks who may be messaged already to say so again, where that is hard to prove.

    @property
    def takes_grants(self) -> bool:
        return self != CampaignKind.REFUSE


class ContactKind(StrEnum):
    """The contact, initiated by the person, that makes asking lawful (Regulation art. 6, checklist C-4)."""

    PURCHASE = "purchase"
    MEMBERSHIP = "membership"
    VISIT = "visit"
    CALL = "call"
    FORM = "form"
    EVENT = "event"
    REQUEST = "request"
    OTHER = "other"


class ExclusionReason(StrEnum):
    """Why an address of the audience got no link."""

    REFUSED = "refused"
    ALREADY_ASKED = "already_asked"
    NO_CHANNEL = "no_channel"
    NO_CONTACT = "no_contact"  # Nobody said how or when the person began the contact, so it may not be asked.
    OFFERED_LATELY = "offered_lately"  # A refusing campaign of the brand made it a link in the last 90 days.
    CHANGED_HANDS = "changed_hands"  # Who has the address now is not the one who began the contact.
    UNREAD_REPLY = "unread_reply"  # may_have_refused().
    STOPPED = "stopped"  # The campaign was stopped before a message left: its link, if any, is revoked.
    NO_PERMISSION = "no_permission"  # Of whom a reconfirmation asks: no messages may be sent, or nothing was granted.
    NO_ADDRESS = "no_address"  # The last message to it came back: there is no such address.


class Delivery(StrEnum):
    """Who sends the links."""

    GATEWAY = "gateway"  # We do, through our message gateway.
    CSV = "csv"  # The provider, which downloads them as a CSV.
    POINT = "point"  # Nobody: people come to a consent point and get a link with their decision.


class CampaignState(StrEnum):
    DRAFT = "draft"
    PLANNED = "planned"  # Launched at a time; audience and texts stay as they are until then.
    RUNNING = "running"
    PAUSED = "paused"  # Messages wait; links go on working.
    FINISHED = "finished"  # Every link is made, and no message waits.
    CLOSED = "closed"
    STOPPED = "stopped"  # What had not left never leaves.


class PauseReason(StrEnum):
    PERSON = "person"
    BUDGET = "budget"  # The next message would pass a cap.


class ConsentText(Entity):
    """A version of the text that is shown. Never edited once shown; the Turkish one is authoritative."""

    __table_args__ = (UniqueConstraint("campaign_id", "version"),)

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    campaign_id: Mapped[int] = mapped_column(BigId)
    version: Mapped[int] = mapped_column(Integer)
    sender_title: Mapped[str] = mapped_column(String(255))
    sender_mersis: Mapped[str] = mapped_column(String(16))
    sender_contact: Mapped[str] = mapped_column(String(255))
    brand_name: Mapped[str] = mapped_column(String(255))
    title_tr: Mapped[str] = mapped_column(String(255))
    body_tr: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(String(255))
    body_en: Mapped[str] = mapped_column(Text)
    notice_url: Mapped[str] = mapped_column(String(500))
    digest: Mapped[bytes]  # SHA-256 of the fields shown.
    created_at: Mapped[datetime]


class Campaign(Entity):
    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id")
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[CampaignKind]
    channels: Mapped[str] = mapped_column(String(40))  # "MESAJ,ARAMA,EPOSTA"
    delivery: Mapped[Delivery]
    contact_kind: Mapped[ContactKind | None]
    contact_date: Mapped[date | None]
    contact_note: Mapped[str | None] = mapped_column(String(255))
    text_id: Mapped[int | None] = foreign_key("consent_text.id", index=False)
    expires_at: Mapped[datetime | None]
    tags: Mapped[str] = mapped_column(String(200), default="", server_default="")  # "spring,shops"
    note: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    created_at: Mapped[datetime]
    prepared_by: Mapped[int | None]  # The user who opened it; None: a shell.
    launched_by: Mapped[int | None]  # The user who launched it, or planned its launch.
    launch_at: Mapped[datetime | None]  # When it is to be launched; None once it is, or the plan was cancelled.
    launched_at: Mapped[datetime | None]  # From then on the audience is fixed.
    linked_at: Mapped[datetime | None]  # Every address has its link, or a reason why not.
    paused_at: Mapped[datetime | None]  # Nothing is sent; links go on working.
    pause_reason: Mapped[PauseReason | None]
    pause_told_at: Mapped[datetime | None]  # When people were mailed of a pause by the budget.
    stopped_at: Mapped[datetime | None]  # For good: what has not left is not needed any more.
    finished_at: Mapped[datetime | None]  # No message waits; of a stopped one, all that waited is settled.
    most_parts: Mapped[int | None]  # Caps: SMS parts,
    most_cost: Mapped[int | None]  # and kuruş.
    part_price: Mapped[int | None]  # Of an SMS part, in hundredths of a kuruş.
    parts_used: Mapped[int] = mapped_column(default=0, server_default="0")  # SMS parts accepted, or in a call.
    closed_at: Mapped[datetime | None]  # It asks no more; its links still show information and take refusals.
    lease_until: Mapped[datetime | None]

    @property
    def state(self) -> CampaignState:
        reached = {
            CampaignState.CLOSED: self.closed_at, CampaignState.STOPPED: self.stopped_at,
            CampaignState.PAUSED: self.paused_at, CampaignState.FINISHED: self.finished_at,
            CampaignState.RUNNING: self.launched_at, CampaignState.PLANNED: self.launch_at,
        }  # fmt: skip
        return next((state for state, at in reached.items() if at), CampaignState.DRAFT)

    @property
    def tag_list(self) -> list[str]:
        return self.tags.split(",") if self.tags else []

    @property
    def part_cap(self) -> int | None:
        """Most SMS parts that its budget pays for; None: any number."""
        caps = [] if self.most_parts is None else [self.most_parts]
        if self.most_cost is not None and self.part_price:
            caps.append(self.most_cost * 100 // self.part_price)
        return min(caps, default=None)

    @property
    def cost(self) -> float | None:
        """Lira that its SMS have cost so far by its own price."""
        return self.parts_used * self.part_price / 10_000 if self.part_price else None

    @property
    def offered(self) -> tuple[Channel, ...]:
        """The channels it asks for, in display order."""
        chosen = self.channels.split(",")
        return tuple(channel for channel in Channel if channel.value in chosen)

    @property
    def barring(self) -> set[Channel]:
        """The channels whose refusal bars an address from a link: what would carry it, and what it would ask for."""
        return {*MESSAGE_CHANNELS, *(self.offered if self.kind.takes_grants else ())}


class AudienceEntry(Entity):
    """An address in a campaign's audience, with its link or the reason why it got none. At a consent point each holder
    of an address has an entry."""

    __table_args__ = (
        Index(None, "campaign_id", "recipient_id"),
        partial_index("ix_audience_entry_waiting", "campaign_id", "recipient_id", where="link_id IS NULL", unique=True),
    )

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    campaign_id: Mapped[int] = foreign_key("campaign.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id", index=False)
    link_id: Mapped[int | None] = mapped_column(BigId, unique=True)
    left_out: Mapped[ExclusionReason | None]
    channels: Mapped[str | None] = mapped_column(String(40))  # Those of the link: an address may support fewer.
    contact_kind: Mapped[ContactKind | None]  # The person's own contact; None: that of the campaign.
    contact_date: Mapped[date | None]


class AudienceList(Entity):
    """A list of addresses for a campaign's audience: its content until it is read, then counts of its lines."""

    CONTENT = "audience_list.content"
    FILTER = "filter"  # The encoding of one that was chosen by what people said or got (imports.audience_filter).
    NO_ROOM = "no_room"  # The problem where the package takes no new addresses; refusals were read before.

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    campaign_id: Mapped[int] = foreign_key("campaign.id")
    user_id: Mapped[int | None] = mapped_column(BigId)
    encoding: Mapped[str] = mapped_column(String(20))
    separator: Mapped[str] = mapped_column(String(3))
    good: Mapped[int] = mapped_column(Integer, default=0)
    bad: Mapped[int] = mapped_column(Integer, default=0)
    repeated: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)  # Addresses of which the list itself says no.
    added: Mapped[int] = mapped_column(Integer, default=0)  # Good ones that are in the audience by now.
    # Encrypted, until the list is in the audience or could not be read.
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    problem: Mapped[str | None] = mapped_column(String(40))  # Why nothing of it was taken.
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)  # Of the worker.
    unread_confirmed_at: Mapped[datetime | None]  # When its author said that no refusals stand in columns not read.
    created_at: Mapped[datetime]

    @classmethod
    def is_unreadable(cls) -> ColumnElement[bool]:
        """The condition that it could not be read, so that nobody knows what it says."""
        return and_(cls.problem.is_not(None), cls.problem != cls.NO_ROOM)


class AudienceLine(Entity):
    """A line of an audience list that was not taken, with its problem (AddressProblem) or one of REASONS; or what was
    not read: with SHEET, by its name, or with COLUMN, whatever nobody understands (imports.unread.Mark)."""

    PLACE = "audience_line.value"
    # The line says no, or may say it: its address is not asked.
    REFUSED, UNCLEAR, NOTED, ENDED, LISTED = "refused", "refused_word", "refused_note", "refused_date", "refused_list"
    REASONS = (REFUSED, UNCLEAR, NOTED, ENDED, LISTED)
    SHEET, COLUMN = "sheet", "column"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    list_id: Mapped[int] = foreign_key("audience_list.id")
    line: Mapped[int] = mapped_column(Integer)
    value: Mapped[bytes]  # Encrypted.
    problem: Mapped[str] = mapped_column(String(40))


class ConsentRequest(Base):
    """A brand asked an address for a channel. The primary key allows it only once (checklist C-4)."""

    __table_args__ = ({"sqlite_with_rowid": False},)  # As in ReceiptDecision.

    brand_id: Mapped[int] = foreign_key("brand.id", primary_key=True, index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id", primary_key=True, index=False)
    channel: Mapped[Channel] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = foreign_key("audience_entry.id")


class ConsentPoint(Entity):
    """A brand's page behind a QR code or an embedded form. Texts and channels are those of its campaign;
    whoever decides here joins the campaign's audience."""

    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id")
    campaign_id: Mapped[int] = foreign_key("campaign.id", unique=True, index=False)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    daily_budget: Mapped[int] = mapped_column(Integer)  # Most codes a day by SMS, and by mail (SMS pumping).
    warned_on: Mapped[date | None]  # When the provider was last told that the budget is nearly used,
    alarmed_on: Mapped[date | None]  # and that it is used up.
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
