"""Why links exist: a campaign, the text it shows, and the audience it was made for."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.iys_protocol.enums import Channel
from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class CampaignKind(StrEnum):
    """An asking link offers both choices and expires; a refusing link offers refusal only and never does."""

    ASK = "ask"
    REFUSE = "refuse"


class ContactKind(StrEnum):
    """The contact, begun by the person, that makes it lawful to ask them (Regulation art. 6, checklist C-4)."""

    PURCHASE = "purchase"
    MEMBERSHIP = "membership"
    VISIT = "visit"
    CALL = "call"
    FORM = "form"
    EVENT = "event"
    REQUEST = "request"
    OTHER = "other"


class ExclusionReason(StrEnum):
    """Why an address of the audience gets no link."""

    REFUSED = "refused"
    ALREADY_ASKED = "already_asked"
    NO_CHANNEL = "no_channel"


class Delivery(StrEnum):
    """Who carries the links: our message gateway, the provider with a CSV, or nobody: people come to a consent point,
    and get a link of their own with their decision."""

    GATEWAY = "gateway"
    CSV = "csv"
    POINT = "point"


class ConsentText(Base):
    """A version of what is shown. Never edited once shown; the Turkish one rules."""

    __tablename__ = "consent_text"
    __table_args__ = (UniqueConstraint("campaign_id", "version"),)

    id: Mapped[PrimaryKey]
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
    digest: Mapped[bytes]
    created_at: Mapped[datetime]


class Campaign(Base):
    __tablename__ = "campaign"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id")
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[CampaignKind] = mapped_column(enum_type(CampaignKind, "kind"))
    channels: Mapped[str] = mapped_column(String(40))  # "MESAJ,ARAMA,EPOSTA"
    delivery: Mapped[Delivery] = mapped_column(enum_type(Delivery, "delivery"))
    contact_kind: Mapped[ContactKind | None] = mapped_column(enum_type(ContactKind, "contact_kind"))
    contact_date: Mapped[date | None]
    contact_note: Mapped[str | None] = mapped_column(String(255))
    text_id: Mapped[int | None] = foreign_key("consent_text.id", index=False)
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    launched_at: Mapped[datetime | None]  # Somebody pressed launch; from then on the audience is closed.
    linked_at: Mapped[datetime | None]  # Every address has its link or its reason.
    closed_at: Mapped[datetime | None]  # Asks no more; its links explain themselves and take refusals.
    lease_until: Mapped[datetime | None]

    @property
    def offered(self) -> tuple[Channel, ...]:
        """The channels it asks for, in the order in which pages show them."""
        chosen = self.channels.split(",")
        return tuple(channel for channel in Channel if channel.value in chosen)


class AudienceEntry(Base):
    """One address of a campaign's audience: with its link, or with the reason why it got none."""

    __tablename__ = "audience_entry"
    __table_args__ = (UniqueConstraint("campaign_id", "recipient_id"),)

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    campaign_id: Mapped[int] = foreign_key("campaign.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id", index=False)
    link_id: Mapped[int | None] = mapped_column(BigId, unique=True)
    left_out: Mapped[ExclusionReason | None] = mapped_column(enum_type(ExclusionReason, "left_out"))
    channels: Mapped[str | None] = mapped_column(String(40))  # What this link offers: an address may serve fewer.


class AudienceList(Base):
    """A list that was brought into a campaign's audience."""

    __tablename__ = "audience_list"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    campaign_id: Mapped[int] = foreign_key("campaign.id")
    user_id: Mapped[int | None] = mapped_column(BigId)
    encoding: Mapped[str] = mapped_column(String(20))
    separator: Mapped[str] = mapped_column(String(3))
    good: Mapped[int] = mapped_column(Integer)
    bad: Mapped[int] = mapped_column(Integer)
    repeated: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]


class AudienceLine(Base):
    """A bad line: what stood there, what is wrong with it, and (by the problem) how to cure it."""

    __tablename__ = "audience_line"

    PLACE = "audience_line.value"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    list_id: Mapped[int] = foreign_key("audience_list.id")
    line: Mapped[int] = mapped_column(Integer)
    value: Mapped[bytes]  # Sealed.
    problem: Mapped[str] = mapped_column(String(40))


class ConsentRequest(Base):
    """An address was asked for a channel by a brand. The key lets it happen once (checklist C-4)."""

    __tablename__ = "consent_request"

    brand_id: Mapped[int] = foreign_key("brand.id", primary_key=True, index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id", primary_key=True, index=False)
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"), primary_key=True)
    entry_id: Mapped[int] = foreign_key("audience_entry.id")
